"""When DiskSnapshots go: after their time, or when newer ones of their scenario are enough; never while needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assay.api.disksnapshot import DiskSnapshotSpec, DiskSnapshotStatus
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import controller, holds, is_finished

Obj = dict[str, Any]
HELD_RETRY = 60.0
"""Seconds after which to look whether a snapshot whose time is over is still needed."""


def time_left(spec: DiskSnapshotSpec, status: DiskSnapshotStatus, now: datetime) -> float | None:
    """Seconds until its time is over; None: never, or not known before the disk is cut. Pure."""
    if spec.ttl_seconds is None or status.creation_time is None:
        return None
    end = status.creation_time + timedelta(seconds=spec.ttl_seconds)
    return max(0.0, (end - now).total_seconds())


def surplus(snapshots: Iterable[Obj]) -> Sequence[Obj]:
    """Of the snapshots of a scenario those that the newest one's keepPerScenario leaves no room for. Pure.

    Only what runs left counts, and only once it is ready: a failed one must not push out a good one.
    """
    ready = [one for one in snapshots if _is_left_by_a_run(one) and _is_ready(one)]
    ready.sort(
        key=lambda one: (one["status"].get("creationTime") or "", one["metadata"]["name"]), reverse=True
    )
    keep = ready[0]["spec"].get("keepPerScenario") if ready else None
    return ready[keep:] if keep else ()


def surplus_beside(ctx: Context, snapshot: Mapping[str, Any]) -> list[Obj]:
    """The surplus among the snapshots of the same scenario, without what is needed."""
    scenario = ((snapshot.get("status") or {}).get("lineage") or {}).get("scenario")
    asks = snapshot["spec"].get("keepPerScenario")  # most do not: the others need not be looked through
    if not (asks and scenario and _is_left_by_a_run(snapshot) and _is_ready(snapshot)):
        return []
    beside = ctx.cache.find("DiskSnapshot", "scenario", (snapshot["metadata"]["namespace"], scenario))
    return [one for one in surplus(beside) if not holders(ctx, one)]


def needed_by(
    scenarios: Iterable[Obj], devboxes: Iterable[Obj], runs: Iterable[Obj], benchmark_runs: Iterable[Obj]
) -> list[str]:
    """Which of those that refer to a snapshot need it still, as `Kind name`. Pure.

    A devbox that has started has a disk of its own.
    """
    waiting = [
        one for one in devboxes if not ({"startTime", "finishTime"} & (one.get("status") or {}).keys())
    ]
    unfinished = [one for one in (*runs, *benchmark_runs) if not is_finished(one)]
    return sorted(
        f"{one['kind']} {one['metadata']['name']}"
        for one in (*scenarios, *waiting, *unfinished)
        if not one["metadata"].get("deletionTimestamp")
    )


def holders(ctx: Context, snapshot: Mapping[str, Any]) -> list[str]:
    """Who needs a snapshot, as `Kind name`."""
    cache, metadata = ctx.cache, snapshot["metadata"]
    namespace, own = metadata["namespace"], (metadata["namespace"], metadata["name"])
    origin = (snapshot.get("status") or {}).get("lineage") or {}
    runs = cache.find("ScenarioRun", "snapshot", own)
    if run := origin.get("scenarioRun"):
        runs = [*runs, *cache.find("ScenarioRun", "rescore", (namespace, run))]
    rescoring = [
        one
        for one in cache.all("BenchmarkRun", namespace)
        if origin.get("benchmarkRun")
        and ((one["spec"].get("rescore") or {}).get("benchmarkRunRef") or {}).get("name")
        == origin["benchmarkRun"]
    ]
    return needed_by(
        cache.find("Scenario", "snapshot", own), cache.find("Devbox", "snapshot", own), runs, rescoring
    )


def _is_left_by_a_run(snapshot: Mapping[str, Any]) -> bool:
    owner = controller(snapshot)
    return owner is not None and owner["kind"] == "ScenarioRun"


def _is_ready(snapshot: Mapping[str, Any]) -> bool:
    return holds(snapshot, "Ready") and not snapshot["metadata"].get("deletionTimestamp")
