"""When DiskSnapshots are deleted: after their time, or when newer ones of their scenario are enough; never while
something needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotSpec, DiskSnapshotStatus, Lineage
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import controller, holds, is_finished

HELD_RETRY_SECONDS = 60.0
"""After how long to look again whether a snapshot whose time is over is still needed."""


def time_left(spec: DiskSnapshotSpec, status: DiskSnapshotStatus, now: datetime) -> float | None:
    """Seconds until its time is over; None: never, or not known before the disk is cut."""
    if spec.ttl_seconds is None or status.creation_time is None:
        return None
    end = status.creation_time + timedelta(seconds=spec.ttl_seconds)
    return max(0.0, (end - now).total_seconds())


def surplus(snapshots: Iterable[KubeObject]) -> Sequence[KubeObject]:
    """Of a scenario's snapshots: those beyond the keepPerScenario of the newest one.

    Only snapshots that runs left count, and only once they are ready: a failed one must not displace a good one.
    """
    ready = [one for one in snapshots if _is_left_by_a_run(one) and _is_ready(one)]
    ready.sort(
        key=lambda one: (one["status"].get("creationTime") or "", one["metadata"]["name"]), reverse=True
    )
    keep = ready[0]["spec"].get("keepPerScenario") if ready else None
    return ready[keep:] if keep else ()


def surplus_beside(ctx: Context, snapshot: DiskSnapshot) -> list[KubeObject]:
    """The surplus among the snapshots of the same scenario, without those that are still needed."""
    owner, status = snapshot.controller, snapshot.status
    scenario = status.lineage.scenario if status.lineage else None
    # Most snapshots have no keepPerScenario. For these the others need not be looked through.
    if not snapshot.spec.keep_per_scenario or not scenario or owner is None or owner.kind != "ScenarioRun":
        return []
    if not conditions.is_true(status.conditions, ConditionType.READY):
        return []
    beside = ctx.cache.find("DiskSnapshot", "scenario", (snapshot.namespace, scenario))
    return [one for one in surplus(beside) if not needed_by(ctx, DiskSnapshot.parse(one))]


def needed_by(ctx: Context, snapshot: DiskSnapshot) -> list[str]:
    """What needs a snapshot, as `Kind name`."""
    own, lineage = (snapshot.namespace, snapshot.name), snapshot.status.lineage or Lineage()
    runs = ctx.cache.find("ScenarioRun", "snapshot", own)
    if run := lineage.scenario_run:
        runs = [*runs, *ctx.cache.find("ScenarioRun", "rescore", (snapshot.namespace, run))]
    rescoring = [
        one
        for one in ctx.cache.all("BenchmarkRun", snapshot.namespace)
        if lineage.benchmark_run and _rescored(one) == lineage.benchmark_run
    ]
    return still_needing(
        ctx.cache.find("Scenario", "snapshot", own),
        ctx.cache.find("Devbox", "snapshot", own),
        [*runs, *rescoring],
    )


def still_needing(
    scenarios: Iterable[KubeObject], devboxes: Iterable[KubeObject], runs: Iterable[KubeObject]
) -> list[str]:
    """Which of the objects that refer to a snapshot still need it, as `Kind name`.

    A devbox that has started has a disk of its own. `runs` are ScenarioRuns and BenchmarkRuns.
    """
    started = {"startTime", "finishTime"}
    waiting = [one for one in devboxes if not (started & (one.get("status") or {}).keys())]
    unfinished = [one for one in runs if not is_finished(one)]
    return sorted(
        f"{one['kind']} {one['metadata']['name']}"
        for one in (*scenarios, *waiting, *unfinished)
        if not one["metadata"].get("deletionTimestamp")
    )


def _rescored(benchmark_run: KubeObject) -> str | None:
    """The BenchmarkRun whose runs a BenchmarkRun scores again."""
    rescore = benchmark_run["spec"].get("rescore") or {}
    name: str | None = (rescore.get("benchmarkRunRef") or {}).get("name")
    return name


def _is_left_by_a_run(snapshot: KubeObject) -> bool:
    owner = controller(snapshot)
    return owner is not None and owner["kind"] == "ScenarioRun"


def _is_ready(snapshot: KubeObject) -> bool:
    return holds(snapshot, ConditionType.READY) and not snapshot["metadata"].get("deletionTimestamp")
