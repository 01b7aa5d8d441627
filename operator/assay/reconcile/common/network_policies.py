"""The NetworkPolicies of a namespace: those that it lacks, and those that are out of date. Reads the cache."""

from __future__ import annotations

from collections.abc import Iterator

from assay.kube_object import KubeObject
from assay.specs import names, network_policies

from .context import Context


def missing(ctx: Context, namespace: str) -> list[KubeObject]:
    """Policies that the namespace lacks: create them before a pod with the label assay.dev/egress."""
    return [wanted for wanted, found in _policies(ctx, namespace) if found is None]


def outdated(ctx: Context, namespace: str) -> list[tuple[KubeObject, KubeObject]]:
    """Policies made from earlier settings, each with the merge patch that makes it fit the present ones."""
    return [
        (
            found,
            {"metadata": {"annotations": wanted["metadata"]["annotations"]}, "spec": wanted["spec"]},
        )
        for wanted, found in _policies(ctx, namespace)
        if found is not None and _content(found) != _content(wanted)
    ]


def _policies(ctx: Context, namespace: str) -> Iterator[tuple[KubeObject, KubeObject | None]]:
    for wanted in network_policies.policies(namespace, ctx.settings):
        yield wanted, ctx.cache.get("NetworkPolicy", namespace, wanted["metadata"]["name"])


def _content(policy: KubeObject) -> str | None:
    annotations: dict[str, str] = policy["metadata"].get("annotations") or {}
    return annotations.get(names.CONTENT_HASH)
