"""Classes of nodes, and what their probes mean."""

from __future__ import annotations

from typing import Any

import pytest

from assay.reconcile.devbox import node_classes, node_probe
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


def test_equal_nodes_are_one_class() -> None:
    found = node_classes.classes([node("b"), node("a"), node("c", kernelVersion="5.4")])
    assert {one.kernel: hosts for one, hosts in found.items()} == {
        "6.12": ["host-a", "host-b"],
        "5.4": ["host-c"],
    }
    assert len({one.hash for one in found}) == 2


@pytest.mark.parametrize("field", INFO)
def test_whatever_decides_over_mounts_makes_another_class(field: str) -> None:
    other: dict[str, Any] = {field: "other"}
    assert len(node_classes.classes([node("a"), node("b", **other)])) == 2


def test_where_no_pod_comes_is_not_asked() -> None:
    master = node("master", {"taints": [TAINT]}, kernelVersion="5.4")
    cordoned = node("old", {"unschedulable": True}, kernelVersion="5.4")
    preferred = node("soft", {"taints": [{"key": "x", "effect": "PreferNoSchedule"}]})
    assert [one.kernel for one in node_classes.classes([master, cordoned, preferred])] == ["6.12"]
    assert [one.kernel for one in node_classes.classes([master, cordoned])] == ["5.4"], "all are tainted"
    assert node_classes.classes([cordoned]) == {}


def result(overlay: bool, error: str = "") -> dict[str, Any]:
    return {"overlay": overlay, "error": error, "probedAt": "2026-01-02T10:00:00+00:00"}


def test_one_class_that_cannot_decides_for_all() -> None:
    classes = node_classes.classes([node("a"), node("b", kernelVersion="5.4")])
    good = {one.hash: result(True) for one in classes}
    assert node_probe.verdict(classes, good).mode == "Overlay"
    old = next(one for one in classes if one.kernel == "5.4")
    root = node_probe.verdict(
        classes, {**good, old.hash: result(False, "assay-boot: no userxattr " + "x" * 2000)}
    )
    assert root.mode == "Copy"
    assert "kernel 5.4" in root.reason
    assert "no userxattr" in root.reason
    assert len(root.reason) <= 1024, "the limit of the status"
