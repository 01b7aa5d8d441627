"""Between kopf and the reconcilers: kopf watches, handlers take in what it sees, the queue calls back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import kopf

from assay.api import KINDS
from assay.crdgen.kind import GROUP, VERSION
from assay.engine.cache import Cache, Key
from assay.engine.queue import WorkQueue
from assay.engine.relist import Watched
from assay.kube.errors import Conflict
from assay.kube.resources import (
    CONFIG_MAPS,
    JOBS,
    NETWORK_POLICIES,
    NODES,
    PODS,
    VOLUME_SNAPSHOTS,
    Resource,
    register,
)
from assay.reconcile.benchmarkrun.reconcile import reconcile as reconcile_benchmark_run
from assay.reconcile.blueprint.reconcile import reconcile as reconcile_blueprint
from assay.reconcile.common.context import Context
from assay.reconcile.definitions.agent import reconcile as reconcile_agent
from assay.reconcile.definitions.benchmark import reconcile as reconcile_benchmark
from assay.reconcile.definitions.scorer import reconcile as reconcile_scorer
from assay.reconcile.devbox.reconcile import reconcile as reconcile_devbox
from assay.reconcile.disksnapshot.reconcile import reconcile as reconcile_disk_snapshot
from assay.reconcile.scenario.reconcile import reconcile as reconcile_scenario
from assay.reconcile.scenariorun.reconcile import reconcile as reconcile_scenario_run
from assay.reconcile.watch.routing import keys_for

from .specs import names

log = logging.getLogger(__name__)

CONFLICT_RETRY_SECONDS = 0.1  # the watch is about to show what we missed

OURS: Mapping[str, Resource] = {
    kind.name: register(Resource(GROUP, VERSION, kind.plural, kind.name)) for kind in KINDS
}
CHILDREN = tuple(Watched(one, names.MANAGED_SELECTOR) for one in (PODS, JOBS, NETWORK_POLICIES))
WATCHED = (
    *(Watched(resource) for resource in OURS.values()),
    *CHILDREN,
    Watched(CONFIG_MAPS, f"{names.BUILD_CONTEXT}=true"),
    Watched(VOLUME_SNAPSHOTS),  # others' too, which may be imported; clusters without the CRD have none
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
    """Takes in objects, from wherever they are seen, and marks dirty whom they concern."""

    def __init__(self, cache: Cache, queue: WorkQueue[Key]) -> None:
        self._cache = cache
        self._queue = queue

    def observe(self, kind: str, obj: dict[str, Any]) -> None:
        """An object as it is now."""
        if self._cache.put(kind, obj):
            self.changed(kind, obj)

    def forget(self, kind: str, obj: dict[str, Any]) -> None:
        """An object that was deleted."""
        self._cache.remove(kind, obj)
        self.changed(kind, obj)

    def changed(self, kind: str, obj: dict[str, Any]) -> None:
        """Reconcile everything that the object concerns."""
        for key in keys_for(kind, obj, self._cache):
            self._queue.add(key)


def reconciler(ctx: Context) -> Callable[[Key], Awaitable[float | None]]:
    """The queue's handler."""

    async def reconcile(key: Key) -> float | None:
        try:
            return await RECONCILERS[key.kind](ctx, key)
        except Conflict:
            return CONFLICT_RETRY_SECONDS

    return reconcile


def watch(registry: kopf.OperatorRegistry, intake: Intake) -> None:
    """Register one handler of one line for each watched kind."""
    for watched in WATCHED:
        resource = watched.resource
        key, _, value = (watched.label_selector or "").partition("=")
        kopf.on.event(
            group=resource.group,
            version=resource.version,
            plural=resource.plural,
            id=f"watch-{resource.plural}",
            labels={key: value} if key else None,
            registry=registry,
        )(_handler(resource.kind, intake))


def _handler(kind: str, intake: Intake) -> Callable[..., Awaitable[None]]:
    async def seen(type: str | None, body: Mapping[str, Any], **_: Any) -> None:
        obj = {**body}
        (intake.forget if type == "DELETED" else intake.observe)(kind, obj)

    return seen


def configure(settings: kopf.OperatorSettings) -> None:
    """kopf as a shell: it writes nothing and holds little (docs: kopf.readthedocs.io/en/stable/configuration)."""
    settings.queueing.idle_timeout = 0.1  # a worker per object is memory; we have our own queue
    settings.queueing.worker_limit = None
    settings.watching.chunk_size = 500
    for watched in WATCHED:
        if watched.label_selector:
            resource = watched.resource
            path = (
                (resource.group, resource.version, resource.plural)
                if resource.group
                else (
                    resource.version,
                    resource.plural,
                )
            )
            settings.watching.label_selectors[path] = watched.label_selector
    settings.networking.request_timeout = 30
    settings.networking.error_backoffs = (1, 1, 2, 3, 5, 8, 13, 21, 34, 34, 34, 34)
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.execution.max_workers = 1
    settings.persistence.finalizer = f"{names.GROUP}/cleanup"
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=names.GROUP, v1=False)


class NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no copy of an object's last state: we compare with the world, not with the past."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        """Nothing to compare."""
        return {}

    def fetch(self, *, body: Any) -> Any:
        """Nothing was kept."""
        return {}

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        """Keep nothing."""
