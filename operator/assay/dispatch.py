"""From a watched object to the reconcile of every object that it concerns."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from assay.engine.cache import Cache, Key
from assay.engine.queue import WorkQueue
from assay.engine.relist import Watched
from assay.kube.errors import Conflict
from assay.kube.resources import (
    CONFIG_MAPS,
    JOBS,
    NETWORK_POLICIES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    VOLUME_SNAPSHOTS,
)
from assay.kube_object import KubeObject
from assay.logs import about
from assay.our_resources import OURS
from assay.reconcile.benchmarkrun.reconcile import reconcile as reconcile_benchmark_run
from assay.reconcile.blueprint.reconcile import reconcile as reconcile_blueprint
from assay.reconcile.common import internal_error
from assay.reconcile.common.context import Context
from assay.reconcile.definitions.agent import reconcile as reconcile_agent
from assay.reconcile.definitions.benchmark import reconcile as reconcile_benchmark
from assay.reconcile.definitions.scorer import reconcile as reconcile_scorer
from assay.reconcile.devbox.reconcile import reconcile as reconcile_devbox
from assay.reconcile.disksnapshot.reconcile import reconcile as reconcile_disk_snapshot
from assay.reconcile.scenario.reconcile import reconcile as reconcile_scenario
from assay.reconcile.scenariorun.reconcile import reconcile as reconcile_scenario_run
from assay.reconcile.watch.routing import keys_for
from assay.specs import names

log = logging.getLogger(__name__)

CONFLICT_RETRY_SECONDS = 0.1  # the watch is about to show the newer version

WATCHED = (
    *(Watched(resource) for resource in OURS.values()),
    *(
        Watched(resource, names.MANAGED_SELECTOR)
        for resource in (PODS, JOBS, PERSISTENT_VOLUME_CLAIMS, NETWORK_POLICIES)
    ),
    Watched(CONFIG_MAPS, f"{names.BUILD_CONTEXT}=true"),
    Watched(VOLUME_SNAPSHOTS),  # also those of others, which may be imported; a cluster may lack the CRD
    Watched(NODES),
)

RECONCILERS: Mapping[str, Callable[[Context, Key], Awaitable[float | None]]] = {
    "Blueprint": reconcile_blueprint,
    "Devbox": reconcile_devbox,
    "Scenario": reconcile_scenario,
    "Agent": reconcile_agent,
    "Scorer": reconcile_scorer,
    "Benchmark": reconcile_benchmark,
    "DiskSnapshot": reconcile_disk_snapshot,
    "ScenarioRun": reconcile_scenario_run,
    "BenchmarkRun": reconcile_benchmark_run,
}


class Intake:
    """Puts observed objects into the cache, and the keys that they concern into the queue."""

    def __init__(self, cache: Cache, queue: WorkQueue[Key]) -> None:
        self._cache = cache
        self._queue = queue

    def event(self, kind: str, type_: str | None, body: Mapping[str, Any]) -> None:
        """Take in an event of a watch; `type_` is DELETED, another type, or None from the first listing."""
        (self.forget if type_ == "DELETED" else self.observe)(kind, {**body})

    def observe(self, kind: str, obj: KubeObject) -> None:
        """Take in an object as it is now."""
        if self._cache.put(kind, obj):
            self.changed(kind, obj)

    def forget(self, kind: str, obj: KubeObject) -> None:
        """Take in the deletion of an object."""
        self._cache.remove(kind, obj)
        self.changed(kind, obj)

    def changed(self, kind: str, obj: KubeObject) -> None:
        """Queue every key that the object concerns. What it raises is logged: it must not stop who saw the object."""
        try:
            for key in keys_for(kind, obj, self._cache):
                self._queue.add(key)
        except Exception:
            meta = obj["metadata"]
            where = about(kind, meta.get("namespace", ""), meta["name"])
            log.exception("an object was not followed to those that it concerns", extra=where)


def reconciler(ctx: Context) -> Callable[[Key], Awaitable[float | None]]:
    """The queue's handler: calls the reconciler of the key's kind."""

    async def reconcile(key: Key) -> float | None:
        try:
            if fault := ctx.cache.fault(key.kind, key.namespace, key.name):
                await internal_error.unusable(ctx, OURS[key.kind], key, fault)
                return None
            again = await RECONCILERS[key.kind](ctx, key)
            await internal_error.clear(ctx, OURS[key.kind], key)
            return again
        except Conflict:
            return CONFLICT_RETRY_SECONDS

    return reconcile


def reporter(ctx: Context) -> Callable[[Key, Exception], Awaitable[None]]:
    """What the queue calls for a key that fails again and again: a condition says so."""

    async def report(key: Key, error: Exception) -> None:
        await internal_error.failed(ctx, OURS[key.kind], key, error)

    return report
