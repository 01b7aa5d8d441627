"""A ScenarioRun that has ended: its disk waits for its snapshot, is opened or deleted; links to later scores.

No I/O.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.reasons import DiskSnapshotReason, ScenarioRunReason
from assay.api.scenariorun import LaterScore, ScenarioRun
from assay.api.unparsed import is_finished, is_live
from assay.kube_object import KubeObject
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.decision import ChildRejected, Event
from assay.specs import devbox as devbox_spec

from . import disk, limits
from .observed import RunDecision, RunView

SNAPSHOT_PATIENCE = 3600.0
"""Seconds that the disk of a finished run waits for its snapshot."""
RESCORES_MAX = 32
_HOPELESS = {
    DiskSnapshotReason.SNAPSHOTS_UNAVAILABLE,
    DiskSnapshotReason.HIDDEN_REFERENCE,
    DiskSnapshotReason.DISK_LOST,
}


def needs_whole(view: RunView) -> bool:
    """Whether the decision needs all fields of the run: the cache keeps few of a run that has ended."""
    return _has_news(view) or _is_to_be_opened(view)


def decide(view: RunView) -> RunDecision:
    """What is left to do for the run."""
    status = disk.report(view)
    status.rescore_runs = _later_scores(view.observed.rescore_runs)
    decision = RunDecision(status, write=_has_news(view), delete=view.observed.leftovers)
    if not view.children():
        return decision

    # Pods of a run that was stopped may work on: they end first, whatever its disk waits for.
    if limits.is_stopped(view.run.status) and (working := _working(view)):
        decision.delete = [*decision.delete, *working]
        return decision

    age = _age(view)
    missing = _missing_snapshot(view) if view.observed.has_disk else ""
    if missing and age < SNAPSHOT_PATIENCE:
        decision.optional = disk.keep(view, status) if disk.is_due(view, status) else None
        decision.requeue = SNAPSHOT_PATIENCE - age
        return decision

    if (left := _seconds_left(view)) > 0:
        decision.requeue = left
        return _open(view, decision) if _is_to_be_opened(view) else decision

    decision.delete = [*decision.delete, *view.children()]
    if missing:
        message = f"no snapshot within {SNAPSHOT_PATIENCE:.0f} s; the disk is deleted ({missing})"
        decision.event = Event("Warning", ScenarioRunReason.DISK_NOT_KEPT, message)
    return decision


def _has_news(view: RunView) -> bool:
    """Whether the status has to change, or the DiskSnapshot has to be created."""
    return (
        view.run.is_changed
        or disk.is_due(view, view.run.status)
        or disk.changed_condition(view) is not None
        or _later_scores(view.observed.rescore_runs) != view.run.status.rescore_runs
    )


def _working(view: RunView) -> list[KubeObject]:
    """Jobs that have not ended, and that nobody has deleted."""
    return [job.obj for job in view.observed.jobs if job.may_work and is_live(job.obj)]


def _age(view: RunView) -> float:
    return (view.now - _end(view.run)).total_seconds()


def _seconds_left(view: RunView) -> float:
    """For how long the disk stays, when nothing waits for a snapshot of it."""
    keep = 0 if limits.is_stopped(view.run.status) else view.settings.keep_seconds
    return max(_seconds_open(view), keep) - _age(view)


def _seconds_open(view: RunView) -> int:
    return disk.open_seconds(view.run.spec, view.run.status)


def _is_to_be_opened(view: RunView) -> bool:
    """Whether people may look around on the disk, and cannot yet."""
    devbox = view.observed.live_devbox
    is_open = devbox is not None and devbox.spec.operating_mode == "Idle"
    return view.observed.has_disk and _seconds_open(view) > _age(view) and not is_open


def _open(view: RunView, decision: RunDecision) -> RunDecision:
    """Set the devbox idle; the disk of a run without one gets one, once the agent's pod has left it."""
    devbox, pinned, job = view.observed.live_devbox, view.run.status.pinned, view.observed.own_job
    if devbox:
        decision.patch = [(devbox.identity(), {"spec": {"operatingMode": "Idle"}})]
    elif job and job.pod_works:
        decision.delete = [*decision.delete, *([job.obj] if is_live(job.obj) else [])]
    elif pinned:
        decision.create = [devbox_spec.opened(view.run, pinned)]
        decision.on_rejection = functools.partial(_not_opened, decision)
    return decision


async def _not_opened(decision: RunDecision, rejected: ChildRejected) -> RunDecision:
    """The run stays as it ended, whatever keeps its disk from being opened."""
    message = f"the disk cannot be opened: {rejected.message}"
    event = Event("Warning", rejected.reason, message)
    requeue = min(RETRY_SECONDS, decision.requeue or RETRY_SECONDS)
    return replace(decision, create=[], event=event, requeue=requeue, on_rejection=None)


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
    ended = [run for run in runs if is_finished(run)]
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
