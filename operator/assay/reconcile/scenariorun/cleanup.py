"""A ScenarioRun that has ended: its devbox waits for its snapshot, is opened or deleted; links to later scores.

No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.reasons import DiskSnapshotReason, ScenarioRunReason
from assay.api.scenariorun import LaterScore, ScenarioRun
from assay.kube_object import KubeObject
from assay.reconcile.common import objects
from assay.reconcile.common.decision import Event

from . import disk
from .observed import RunDecision, RunView

SNAPSHOT_PATIENCE = 3600.0
"""Seconds that the disk of a finished run waits for its snapshot."""
RESCORES_MAX = 32
_HOPELESS = {DiskSnapshotReason.SNAPSHOTS_UNAVAILABLE, DiskSnapshotReason.DISK_LOST}


def has_news(view: RunView) -> bool:
    """Whether the status has to change, or the DiskSnapshot has to be created."""
    return (
        disk.is_due(view, view.run.status)
        or disk.changed_condition(view) is not None
        or _later_scores(view.observed.rescore_runs) != view.run.status.rescore_runs
    )


def decide(view: RunView) -> RunDecision:
    """What is left to do for the run."""
    status = disk.report(view)
    status.rescore_runs = _later_scores(view.observed.rescore_runs)
    decision = RunDecision(status, write=has_news(view))
    devbox = view.observed.live_devbox
    if devbox is None:
        return decision

    age = (view.now - _end(view.run)).total_seconds()
    missing = _missing_snapshot(view)
    if missing and age < SNAPSHOT_PATIENCE:
        decision.optional = disk.keep(view, status) if disk.is_due(view, status) else None
        decision.requeue = SNAPSHOT_PATIENCE - age
        return decision

    opened = disk.open_seconds(view.run.spec, is_passed=bool(status.passed))
    if (left := max(opened, view.settings.keep_seconds) - age) > 0:
        decision.requeue = left
        if opened > age and devbox.spec.operating_mode != "Idle":
            decision.patch = [(devbox.identity(), {"spec": {"operatingMode": "Idle"}})]
        return decision

    decision.delete = [devbox.identity()]
    if missing:
        message = f"no snapshot within {SNAPSHOT_PATIENCE:.0f} s; the disk is deleted ({missing})"
        decision.event = Event("Warning", ScenarioRunReason.DISK_NOT_KEPT, message)
    return decision


def _missing_snapshot(view: RunView) -> str:
    """Why the disk has no snapshot yet, although it is to have one; empty where the disk is not needed for one."""
    run, snapshot = view.run, view.observed.disk_snapshot
    if disk.is_due(view, run.status):
        tried = conditions.find(run.status.conditions, ConditionType.DISK_KEPT)
        return f"{tried.reason}: {tried.message}" if tried else "it is not created yet"
    if run.status.disk_snapshot is None or snapshot is None or not view.has_agent:
        return ""
    kept = disk.state(snapshot)
    return "" if kept.status == "True" or kept.reason in _HOPELESS else f"{kept.reason}: {kept.message}"


def _end(run: ScenarioRun) -> datetime:
    ends = (ConditionType.COMPLETE, ConditionType.FAILED)
    return max(one.last_transition_time for one in run.status.conditions if one.type in ends)


def _later_scores(runs: Sequence[KubeObject]) -> list[LaterScore] | None:
    """The scores of later runs, in the order in which these ended."""
    ended = [run for run in runs if objects.is_finished(run)]
    ended.sort(key=lambda run: (run["status"].get("completionTime") or "", run["metadata"]["name"]))
    later = [
        LaterScore(
            scenario_run=run["metadata"]["name"],
            score=run["status"].get("score"),
            passed=run["status"].get("passed"),
        )
        for run in ended[-RESCORES_MAX:]
    ]
    return later or None
