"""A pod that tries whether a class of nodes can mount root file systems as overlays, and the ConfigMap of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.api.object import ApiObject
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import names, pod_parts

CONTAINER = "probe"
CONFIG_MAP = "assay-root-filesystems"
NODES_MAX = 20  # how many nodes of a class the scheduler may choose from


def pod(owner: ApiObject[Any, Any], class_hash: str, hosts: Sequence[str], settings: Settings) -> KubeObject:
    """Boots into an empty volume on one of these hosts, and ends. What waits for the result owns it."""
    container = {
        "name": CONTAINER,
        "image": settings.toolbox_image,
        "imagePullPolicy": "IfNotPresent",
        "command": [*pod_parts.runner("boot", user="0"), "--", pod_parts.BUSYBOX, "true"],
        "securityContext": pod_parts.SECURITY_CONTEXT,
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount()],
    }
    spec = pod_parts.pod_spec([container], [{"name": "disk", "emptyDir": {}}], settings)
    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(hosts)[:NODES_MAX]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [hostname]}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": names.metadata(owner, f"assay-probe-{class_hash}", "probe", {names.PROBE: class_hash}),
        "spec": {
            **spec,
            "activeDeadlineSeconds": 300,
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
            "tolerations": [{"operator": "Exists"}],
        },
    }


def config_map(namespace: str, data: Mapping[str, str]) -> KubeObject:
    """The ConfigMap of results: hash of the class of nodes → JSON."""
    labels = names.labels("probe", {})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": namespace, "labels": labels},
        "data": dict(data),
    }
