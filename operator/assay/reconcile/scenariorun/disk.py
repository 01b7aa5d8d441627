"""What becomes of a run's disk: kept as a DiskSnapshot, opened for a while, deleted; links to later scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from assay.api import conditions
from assay.api.devbox import DevboxStatus
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.runtemplate import RunTemplate
from assay.api.scenariorun import LaterScore, ScenarioRunSpec, ScenarioRunStatus
from assay.reconcile.common import objects
from assay.reconcile.common.apply import RETRY_SECONDS, create_all
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import ChildRejected, Decision, Event
from assay.reconcile.common.objects import set_raw_condition
from assay.settings import Settings
from assay.specs import disk_snapshot as disk_snapshot_spec

from .observed import COMPLETE, DISK_KEPT, FAILED, Observed, exists, has_agent, is_finished

SNAPSHOT_PATIENCE = 3600.0
"""Seconds that the disk of a finished run waits for its snapshot."""
RESCORES_MAX = 32
_HOPELESS = {"SnapshotsUnavailable", "DiskLost"}  # no disk waits for these


def is_wanted(when: Literal["Always", "OnFailure", "Never"], status: ScenarioRunStatus) -> bool:
    """Whether a policy asks for the disk of the run as far as it has come."""
    return when == "Always" or (when == "OnFailure" and is_finished(status) and not status.passed)


def is_due(spec: ScenarioRunSpec, status: ScenarioRunStatus, devbox: Mapping[str, Any] | None) -> bool:
    """Whether to create the DiskSnapshot now: an agent left a disk, and it is not kept yet. Pure."""
    if devbox is None or not exists(devbox) or not has_agent(spec) or status.disk_snapshot:
        return False
    left_a_disk = bool(status.scorer_jobs) or (is_finished(status) and _is_booted(devbox))
    return left_a_disk and is_wanted(spec.snapshot_policy, status)


async def snapshot(
    ctx: Context, run: Mapping[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus
) -> None:
    """Create the DiskSnapshot. A refusal is told and delays nothing."""
    manifest = disk_snapshot_spec.disk_snapshot(run, spec)
    try:
        await create_all(ctx, [manifest])
    except ChildRejected as refused:
        set_raw_condition(run, status, DISK_KEPT, "False", refused.reason, refused.message, ctx.now())
        return
    status.disk_snapshot = manifest["metadata"]["name"]
    set_raw_condition(run, status, DISK_KEPT, "False", "Creating", "", ctx.now())


def mirror(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    disk_snapshot: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Say how the run's DiskSnapshot is. Pure."""
    if status.disk_snapshot is None or not has_agent(spec):
        return
    value, reason, message = _state(disk_snapshot)
    said = conditions.find(status.conditions, DISK_KEPT)
    if (
        said
        and reason == "DiskLost"
        and said.status == "False"
        and said.reason not in ("Creating", "DiskLost")
    ):
        return  # the devbox went by our own hand: what was said before is why
    if said is None or (said.status, said.reason) != (value, reason):
        set_raw_condition(run, status, DISK_KEPT, value, reason, message, now)


def announce(
    run: Mapping[str, Any], spec: ScenarioRunSpec, decision: Decision, devbox: Mapping[str, Any] | None
) -> None:
    """Say at the end of a run how to enter its disk, if it stays open. Pure."""
    status = decision.status
    assert isinstance(status, ScenarioRunStatus)
    seconds = _open_seconds(spec, status)
    if not seconds or not exists(devbox) or status.completion_time is None or decision.event is None:
        return
    metadata, until = run["metadata"], status.completion_time + timedelta(seconds=seconds)
    command = f"kubectl exec -it {metadata['name']} -n {metadata['namespace']} -- /.assay/shell"
    decision.event.message += f"; its devbox stays until {until:%Y-%m-%d %H:%M:%S} UTC: {command}"
    verdict = COMPLETE if status.phase == COMPLETE else FAILED
    set_raw_condition(
        run, status, verdict, "True", decision.event.reason, decision.event.message, status.completion_time
    )


def after(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    observed: Observed,
    settings: Settings,
    now: datetime,
) -> Decision:
    """What is left to do of a run that has ended. Pure."""
    before = status.model_copy(deep=True)
    mirror(run, spec, status, observed.disk_snapshot, now)
    status.rescore_runs = _later(observed.rescore_runs)
    decision = Decision(status, write=status != before)
    devbox = observed.devbox
    if devbox is None or not exists(devbox):
        return decision
    age = (now - _ended(status)).total_seconds()
    if why := _awaited(spec, status, observed):
        if age < SNAPSHOT_PATIENCE:
            left = SNAPSHOT_PATIENCE - age
            decision.requeue = min(left, RETRY_SECONDS) if status.disk_snapshot is None else left
            return decision
        decision.event = Event(
            "Warning", "DiskNotKept", f"no snapshot within {SNAPSHOT_PATIENCE:.0f} s; the disk goes ({why})"
        )
    opened = _open_seconds(spec, status)
    if (left := max(opened, settings.keep_seconds) - age) <= 0:
        decision.delete = [devbox]
        return decision
    decision.event, decision.requeue = None, left
    if opened > age and devbox["spec"].get("operatingMode") != "Idle":
        decision.patch = [(devbox, {"spec": {"operatingMode": "Idle"}})]
    return decision


def _awaited(spec: ScenarioRunSpec, status: ScenarioRunStatus, observed: Observed) -> str:
    """Why the disk is still needed for its snapshot; empty when it is not."""
    if is_due(spec, status, observed.devbox):
        said = conditions.find(status.conditions, DISK_KEPT)
        return f"{said.reason}: {said.message}" if said else "it is not created yet"
    if status.disk_snapshot is None or observed.disk_snapshot is None or not has_agent(spec):
        return ""
    value, reason, message = _state(observed.disk_snapshot)
    return "" if value == "True" or reason in _HOPELESS else f"{reason}: {message}"


def _state(disk_snapshot: Mapping[str, Any] | None) -> tuple[Literal["True", "False"], str, str]:
    if disk_snapshot is None:
        return "False", "DiskSnapshotDeleted", "the disk this run left is gone: it cannot be scored again"
    status = DiskSnapshotStatus.model_validate(disk_snapshot.get("status") or {})
    ready = conditions.find(status.conditions, "Ready")
    if ready is None:
        return "False", "Creating", ""
    return ("True" if ready.status == "True" else "False"), ready.reason, ready.message


def _open_seconds(spec: RunTemplate, status: ScenarioRunStatus) -> int:
    """How long the devbox stays open after the run's end."""
    keep = spec.keep_devbox
    return keep.ttl_seconds if keep and is_wanted(keep.when, status) else 0


def _is_booted(devbox: Mapping[str, Any]) -> bool:
    """Whether a devbox that is not scored began to work."""
    status = DevboxStatus.model_validate(devbox.get("status") or {})
    finished = conditions.find(status.conditions, "Finished")
    return status.start_time is not None and not (finished and finished.reason == "BootFailed")


def _ended(status: ScenarioRunStatus) -> datetime:
    return max(c.last_transition_time for c in status.conditions if c.type in (COMPLETE, FAILED))


def _later(runs: Sequence[Mapping[str, Any]]) -> list[LaterScore] | None:
    """The scores of later runs, by the order in which they ended."""
    over = [run for run in runs if objects.is_finished(run)]
    over.sort(key=lambda run: (run["status"].get("completionTime") or "", run["metadata"]["name"]))
    later = [
        LaterScore(
            scenario_run=run["metadata"]["name"],
            score=run["status"].get("score"),
            passed=run["status"].get("passed"),
        )
        for run in over[-RESCORES_MAX:]
    ]
    return later or None
