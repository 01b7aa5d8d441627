"""Nodes that cannot differ in what they can mount, taken together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from assay.specs import names

_KEEPS_OUT = ("NoSchedule", "NoExecute")
HOSTNAME = "kubernetes.io/hostname"
_FIELDS = ("osImage", "kernelVersion", "containerRuntimeVersion", "kubeletVersion", "architecture")


class NodeClass(NamedTuple):
    """What decides over mounts."""

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
        """As the API calls it."""
        return dict(zip(_FIELDS, self, strict=True))

    def __str__(self) -> str:
        """For people."""
        return f"{self.os_image}, kernel {self.kernel}, {self.runtime}, kubelet {self.kubelet}, {self.architecture}"


def classes(found: Iterable[Mapping[str, Any]]) -> dict[NodeClass, list[str]]:
    """The classes of nodes where pods may come, with host names. Tainted ones count where all are."""
    open_ = [node for node in found if not (node.get("spec") or {}).get("unschedulable")]
    grouped: dict[NodeClass, list[str]] = {}
    for node in [node for node in open_ if not _is_tainted(node)] or open_:
        metadata = node["metadata"]
        host = (metadata.get("labels") or {}).get(HOSTNAME, metadata["name"])
        grouped.setdefault(_class(node), []).append(host)
    return {one: sorted(grouped[one]) for one in sorted(grouped)}


def _is_tainted(node: Mapping[str, Any]) -> bool:
    return any(taint.get("effect") in _KEEPS_OUT for taint in (node.get("spec") or {}).get("taints") or ())


def _class(node: Mapping[str, Any]) -> NodeClass:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return NodeClass(*(str(info.get(field, "")) for field in _FIELDS))
