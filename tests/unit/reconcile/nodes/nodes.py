"""Nodes of a cluster."""

from __future__ import annotations

from tests.unit.specs.objects import Obj

INFO = {
    "osImage": "Debian 13",
    "kernelVersion": "6.12",
    "containerRuntimeVersion": "containerd://2.1",
    "kubeletVersion": "v1.36.0",
    "architecture": "amd64",
}
TAINT = {"key": "dedicated", "effect": "NoSchedule"}


def node(name: str, spec: Obj | None = None, **info: str) -> Obj:
    labels = {"kubernetes.io/hostname": f"host-{name}"}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": spec or {},
        "status": {"nodeInfo": {**INFO, **info, "bootID": name}},
    }
