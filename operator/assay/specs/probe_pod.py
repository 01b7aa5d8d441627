"""A pod that tries on a node whether root file systems can be overlays there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.settings import Settings

from . import names, pod_parts

CONTAINER = "probe"
CONFIG_MAP = "assay-root-filesystems"
NODES_MAX = 20  # of one class to choose from


def pod(
    devbox: Mapping[str, Any], class_hash: str, hosts: Sequence[str], settings: Settings
) -> dict[str, Any]:
    """Boots a devbox on an empty volume of one of these hosts, and ends. Owned by the devbox that has to know."""
    container = {
        "name": CONTAINER,
        "image": settings.toolbox_image,
        "imagePullPolicy": "IfNotPresent",
        "command": pod_parts.script("boot.sh", "0", "/", pod_parts.BUSYBOX, "true"),
        "securityContext": pod_parts.SECURITY_CONTEXT,
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount()],
    }
    spec = pod_parts.pod_spec([container], [{"name": "disk", "emptyDir": {}}], settings)
    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(hosts)[:NODES_MAX]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [hostname]}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": names.metadata(devbox, f"assay-probe-{class_hash}", "probe", {names.PROBE: class_hash}),
        "spec": {
            **spec,
            "activeDeadlineSeconds": 300,
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
            "tolerations": [{"operator": "Exists"}],
        },
    }


def config_map(namespace: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Where the results are kept: hash of the class of nodes → JSON."""
    labels = names.labels("probe", {})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": namespace, "labels": labels},
        "data": dict(data),
    }
