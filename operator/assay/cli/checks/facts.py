"""What doctor asks the cluster."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import yaml

from assay.cli.cluster import Cluster
from assay.kube.client import Selection
from assay.kube.errors import ApiError, NotFound
from assay.kube.resources import CONFIG_MAPS, NODES, Resource
from assay.kube_object import KubeObject
from assay.our_resources import OURS
from assay.specs import names, probe_pod

from .check import Fact, T

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
STORAGE_CLASSES = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
SNAPSHOT_CLASSES = Resource(
    "snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", "VolumeSnapshotClass", namespaced=False
)
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
OPERATOR = f"app.kubernetes.io/name={names.OPERATOR},app.kubernetes.io/component=operator"

Right = tuple[str, str, str]
"""Verb, API group, resource with its subresource."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the cluster answered."""

    namespace_name: str
    version: Fact[str]
    kinds: dict[str, Fact[bool]]
    """Which of our kinds can be listed."""
    nodes: Fact[list[KubeObject]]
    namespace: Fact[KubeObject]
    storage_classes: Fact[list[KubeObject]]
    snapshot_classes: Fact[list[KubeObject]]
    operators: Fact[list[KubeObject]]
    settings: Fact[dict[str, Any]]
    """The operator's configuration; empty where no operator was found."""
    probes: Fact[KubeObject]
    """The ConfigMap with what nodes can mount."""
    rights: dict[Right, Fact[bool | None]]
    """What the caller may do; None where the cluster does not say."""


async def gather(there: Cluster, rights: tuple[Right, ...]) -> Facts:
    """Ask everything. Raises Unavailable if the cluster does not answer at all."""
    client = there.client
    version = await client.version()
    operators = await _asked(_all(there, Selection(DEPLOYMENTS, None, OPERATOR)))
    home = operators[0]["metadata"]["namespace"] if isinstance(operators, list) and operators else None
    return Facts(
        namespace_name=there.namespace,
        version=version,
        kinds={name: await _asked(_can_list(there, resource)) for name, resource in OURS.items()},
        nodes=await _asked(_all(there, Selection(NODES))),
        namespace=await _asked(client.get(NAMESPACES, None, there.namespace)),
        storage_classes=await _asked(_all(there, Selection(STORAGE_CLASSES))),
        snapshot_classes=await _asked(_all(there, Selection(SNAPSHOT_CLASSES))),
        operators=operators,
        settings=await _asked(_settings(there, home)),
        probes=await _asked(client.get(CONFIG_MAPS, home or "", probe_pod.CONFIG_MAP)) if home else {},
        rights={right: await _asked(_may(there, right)) for right in rights},
    )


async def _asked(answer: Awaitable[T]) -> Fact[T]:
    try:
        return await answer
    except ApiError as error:
        return error


async def _all(there: Cluster, selection: Selection) -> list[KubeObject]:
    return [one async for page in there.client.pages(selection) for one in page["items"]]


async def _can_list(there: Cluster, resource: Resource) -> bool:
    async for _ in there.client.list(resource, there.namespace, limit=1):
        break
    return True


async def _settings(there: Cluster, home: str | None) -> dict[str, Any]:
    if home is None:
        return {}
    for one in await _all(there, Selection(CONFIG_MAPS, home, OPERATOR)):
        if text := (one.get("data") or {}).get("config.yaml"):
            return dict(yaml.safe_load(text) or {})
    raise NotFound(404, "NotFound", f"no configuration of the operator in namespace {home}")


async def _may(there: Cluster, right: Right) -> bool | None:
    verb, group, name = right
    resource, _, subresource = name.partition("/")
    attributes = {"namespace": there.namespace, "verb": verb, "group": group, "resource": resource}
    if subresource:
        attributes["subresource"] = subresource
    review = {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.kind,
        "metadata": {},
        "spec": {"resourceAttributes": attributes},
    }
    answer = await there.client.create(review, resource=ACCESS_REVIEWS)
    allowed: bool | None = (answer.get("status") or {}).get("allowed")
    return allowed
