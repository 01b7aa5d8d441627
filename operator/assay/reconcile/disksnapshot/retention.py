"""When DiskSnapshots are deleted: after their time, or when newer ones of their BenchmarkRun and scenario are enough;
never while something needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRun
from assay.api.condition_types import ConditionType
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotSpec, DiskSnapshotStatus, Lineage
from assay.api.scenariorun import ScenarioRun
from assay.api.unparsed import controller, holds, is_controlled_by, is_finished
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.specs import run_tries, scenario_run

HELD_RETRY_SECONDS = 60.0
"""After how long to look again whether a snapshot whose time is over is still needed."""


def time_left(spec: DiskSnapshotSpec, status: DiskSnapshotStatus, now: datetime) -> float | None:
    """Seconds until its time is over; None: never, or not known before the disk is cut."""
    if spec.ttl_seconds is None or status.creation_time is None:
        return None
    end = status.creation_time + timedelta(seconds=spec.ttl_seconds)
    return max(0.0, (end - now).total_seconds())


def surplus(snapshots: Iterable[KubeObject]) -> Sequence[KubeObject]:
    """Of the snapshots of one BenchmarkRun and scenario: those beyond the keepPerScenario of the newest one.

    They count once they are ready: a failed one must not displace a good one.
    """
    ready = [one for one in snapshots if _is_ready(one)]
    ready.sort(
        key=lambda one: (one["status"].get("creationTime") or "", one["metadata"]["name"]), reverse=True
    )
    keep = ready[0]["spec"].get("keepPerScenario") if ready else None
    return ready[keep:] if keep else ()


def surplus_beside(ctx: Context, snapshot: DiskSnapshot) -> list[KubeObject]:
    """The surplus among the snapshots of the same BenchmarkRun and scenario, without those that are still needed.

    What other people's runs kept, and what is kept by hand, does not count: a new run must not delete it.
    """
    # Most snapshots have no keepPerScenario. For these the others need not be looked through.
    if not snapshot.spec.keep_per_scenario or not conditions.is_true(
        snapshot.status.conditions, ConditionType.READY
    ):
        return []
    scenario = snapshot.status.lineage.scenario if snapshot.status.lineage else None
    benchmark_run = _benchmark_run(ctx, snapshot)
    if not scenario or benchmark_run is None:
        return []
    beside = [
        one
        for one in ctx.cache.find("DiskSnapshot", "scenario", (snapshot.namespace, scenario))
        if (run := _run(ctx, one)) and _is_made(benchmark_run, run)
    ]
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


def _benchmark_run(ctx: Context, snapshot: DiskSnapshot) -> BenchmarkRun | None:
    """The BenchmarkRun that made the run that left the snapshot."""
    run = _run(ctx, snapshot.identity())
    owner = controller(run) if run else None
    if run is None or owner is None or owner["kind"] != "BenchmarkRun":
        return None
    found = ctx.cache.get("BenchmarkRun", snapshot.namespace, owner["name"])
    made_by = BenchmarkRun.parse(found) if found else None
    return made_by if made_by and _is_made(made_by, run) else None


def _is_made(benchmark_run: BenchmarkRun, run: KubeObject) -> bool:
    return is_controlled_by(run, benchmark_run.uid) and scenario_run.is_made(benchmark_run, run)


def _run(ctx: Context, snapshot: KubeObject) -> KubeObject | None:
    """The run that left a snapshot: a snapshot of its own that has the name of its present try."""
    metadata, owner = snapshot["metadata"], controller(snapshot)
    run = ctx.cache.get("ScenarioRun", metadata["namespace"], owner["name"]) if owner else None
    if run is None or not is_controlled_by(snapshot, run["metadata"]["uid"]):
        return None
    return run if run_tries.name(ScenarioRun.parse(run)) == metadata["name"] else None


def _is_ready(snapshot: KubeObject) -> bool:
    return holds(snapshot, ConditionType.READY) and not snapshot["metadata"].get("deletionTimestamp")
