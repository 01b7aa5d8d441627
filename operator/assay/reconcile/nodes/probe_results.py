"""What probes of nodes found: kept in a ConfigMap of the operator's namespace, and in memory."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from assay.kube.errors import AlreadyExists, ApiError, NotFound
from assay.kube.resources import CONFIG_MAPS
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.specs import probe_pod

from .node_classes import NodeClass

log = logging.getLogger(__name__)

MEMORY = "RootFilesystems"  # kind in the cache: the ConfigMap, as we read and write it
REPEAT_AFTER = timedelta(hours=1)  # people may mend nodes
ERROR_MAX = 1024


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Whether a class of nodes can mount overlays."""

    error: str
    """Why it cannot; empty if it can."""
    probed_at: datetime

    @property
    def overlay(self) -> bool:
        """Whether it can."""
        return not self.error

    def is_current(self, now: datetime) -> bool:
        """Whether it still counts: a success for ever, a failure until it is time to probe again."""
        return self.overlay or now < self.probed_at + REPEAT_AFTER

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """A result as the ConfigMap holds it; None if we did not write it."""
        try:
            found = json.loads(text)
            error = "" if found["overlay"] else str(found["error"] or "unknown")
            return cls(error, datetime.fromisoformat(found["probedAt"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def dump(self, node_class: NodeClass) -> str:
        """The result of this class as the ConfigMap holds it."""
        found = {**node_class.describe(), "overlay": self.overlay, "error": self.error}
        return json.dumps({**found, "probedAt": self.probed_at.isoformat()})


async def read(ctx: Context, classes: Iterable[NodeClass]) -> dict[str, ProbeResult]:
    """The results by hash of the class: those in memory, or the cluster's where memory is empty or in doubt."""
    found = _remembered(ctx)
    if found is None or _is_doubtful(found, classes, ctx.now()):
        namespace = ctx.settings.operator_namespace
        try:
            found = await ctx.client.get(CONFIG_MAPS, namespace, probe_pod.CONFIG_MAP)
        except NotFound:
            found = probe_pod.config_map(namespace, {})
        ctx.cache.put(MEMORY, found)
    return _parse(found)


async def keep(ctx: Context, node_class: NodeClass, error: str) -> None:
    """Keep a result in memory and in the cluster; if the cluster refuses it, in memory alone."""
    result = ProbeResult(error[:ERROR_MAX], ctx.now())
    entry = {node_class.hash: result.dump(node_class)}
    namespace = ctx.settings.operator_namespace
    known = (_remembered(ctx) or {}).get("data") or {}
    manifest = probe_pod.config_map(namespace, {**known, **entry})
    try:
        written = await _write(ctx, manifest, entry)
    except ApiError as failure:
        log.warning("cannot keep the probe's result in %s/%s: %s", namespace, probe_pod.CONFIG_MAP, failure)
        written = manifest
    ctx.cache.put(MEMORY, written)


async def _write(ctx: Context, manifest: KubeObject, entry: Mapping[str, str]) -> KubeObject:
    try:
        return await ctx.client.create(manifest)
    except AlreadyExists:
        return await ctx.client.patch(manifest, {"data": entry})  # of any version: it has none


def _remembered(ctx: Context) -> KubeObject | None:
    return ctx.cache.get(MEMORY, ctx.settings.operator_namespace, probe_pod.CONFIG_MAP)


def _is_doubtful(remembered: KubeObject, classes: Iterable[NodeClass], now: datetime) -> bool:
    """Whether a remembered failure decides: an admin may have mended the nodes and deleted its key.

    Not while a class is still to be probed, since many devboxes look again every second then. Not if the result
    could not be written (it has no resourceVersion): nothing can be deleted, and reading would forget it.
    """
    if "resourceVersion" not in remembered["metadata"]:
        return False
    known = _parse(remembered)
    results = [known.get(one.hash) for one in classes]
    if not all(one and one.is_current(now) for one in results):
        return False
    return any(one and not one.overlay for one in results)


def _parse(config_map: KubeObject) -> dict[str, ProbeResult]:
    parsed = {key: ProbeResult.parse(text) for key, text in (config_map.get("data") or {}).items()}
    return {key: result for key, result in parsed.items() if result}
