"""Groups nodes by what decides whether they can mount overlays. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from assay.kube_object import KubeObject
from assay.specs import names

_KEEPS_OUT = ("NoSchedule", "NoExecute")
HOSTNAME = "kubernetes.io/hostname"
_FIELDS = ("osImage", "kernelVersion", "containerRuntimeVersion", "kubeletVersion", "architecture")


class NodeClass(NamedTuple):
    """What nodes have in common that can all mount overlays, or all not."""

    os_image: str
    kernel: str
    runtime: str
    kubelet: str
    architecture: str

    @property
    def hash(self) -> str:
        """A short name of the class."""
        return names.content_hash(list(self))[:8]

    def describe(self) -> dict[str, str]:
        """Its fields by the names that they have in the API."""
        return dict(zip(_FIELDS, self, strict=True))

    def __str__(self) -> str:
        """One line for messages."""
        return f"{self.os_image}, kernel {self.kernel}, {self.runtime}, kubelet {self.kubelet}, {self.architecture}"


def classes(nodes: Iterable[KubeObject]) -> dict[NodeClass, list[str]]:
    """The classes of schedulable nodes, each with its host names.

    Nodes whose taints keep pods away do not count, unless all nodes have such taints.
    """
    schedulable = [node for node in nodes if not (node.get("spec") or {}).get("unschedulable")]
    grouped: dict[NodeClass, list[str]] = {}
    for node in [node for node in schedulable if not _is_tainted(node)] or schedulable:
        metadata = node["metadata"]
        host = (metadata.get("labels") or {}).get(HOSTNAME, metadata["name"])
        grouped.setdefault(_class(node), []).append(host)
    return {one: sorted(grouped[one]) for one in sorted(grouped)}


def _is_tainted(node: KubeObject) -> bool:
    return any(taint.get("effect") in _KEEPS_OUT for taint in (node.get("spec") or {}).get("taints") or ())


def _class(node: KubeObject) -> NodeClass:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return NodeClass(*(str(info.get(field, "")) for field in _FIELDS))
