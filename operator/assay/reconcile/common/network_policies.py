"""The NetworkPolicies of a namespace are there before the pods that need them, and say what the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.specs import names, network_policies

from .context import Context

Manifest = dict[str, Any]


def missing(ctx: Context, namespace: str) -> list[Manifest]:
    """Policies to create before a pod with label assay.dev/egress."""
    return [wanted for wanted, found in _policies(ctx, namespace) if found is None]


def outdated(ctx: Context, namespace: str) -> list[tuple[Manifest, Manifest]]:
    """Policies of earlier settings, each with the merge patch that renews it."""
    return [
        (
            found,
            {"metadata": {"annotations": wanted["metadata"]["annotations"]}, "spec": wanted["spec"]},
        )
        for wanted, found in _policies(ctx, namespace)
        if found is not None and _content(found) != _content(wanted)
    ]


def _policies(ctx: Context, namespace: str) -> Iterator[tuple[Manifest, Manifest | None]]:
    for wanted in network_policies.policies(namespace, ctx.settings):
        yield wanted, ctx.cache.get("NetworkPolicy", namespace, wanted["metadata"]["name"])


def _content(policy: Manifest) -> str | None:
    annotations: dict[str, str] = policy["metadata"].get("annotations") or {}
    return annotations.get(names.CONTENT_HASH)
