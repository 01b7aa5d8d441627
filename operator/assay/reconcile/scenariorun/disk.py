"""The disk of a ScenarioRun: whether it is kept as a DiskSnapshot, and how that snapshot is. No I/O."""

from __future__ import annotations

from typing import Literal

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false
from assay.api.disksnapshot import DiskSnapshot
from assay.api.reasons import DiskSnapshotReason, EndReason, ForeignReason, ScenarioRunReason
from assay.api.scenariorun import ScenarioRunSpec, ScenarioRunStatus
from assay.reconcile.common.decision import OptionalChild
from assay.specs import disk_snapshot as disk_snapshot_spec
from assay.specs import run_tries

from .observed import RunView

When = Literal["Always", "OnFailure", "Never"]
HIDDEN = (
    "the reference output on this disk is from a Secret, and people who may use kept disks need not be those who may "
    "read it: the disk is neither kept nor opened, whatever snapshotPolicy and keepDevbox say"
)


def is_due(view: RunView, status: ScenarioRunStatus) -> bool:
    """Whether to create the DiskSnapshot now: an agent left a disk, and it is not kept yet."""
    if not view.observed.has_disk or not view.has_agent or status.disk_snapshot or is_hidden(status):
        return False
    is_finished = conditions.is_finished(status.conditions)
    left_a_disk = bool(status.scorer_jobs) or (is_finished and _has_worked(status))
    has_failed = is_finished and not status.passed
    return left_a_disk and _is_wanted(view.run.spec.snapshot_policy, has_failed=has_failed)


def keep(view: RunView, status: ScenarioRunStatus) -> OptionalChild:
    """The DiskSnapshot to create, with the status that names it."""
    status = status.model_copy()
    status.disk_snapshot = run_tries.name(view.run)
    view.set(status, false(ConditionType.DISK_KEPT, DiskSnapshotReason.CREATING))
    return OptionalChild(disk_snapshot_spec.disk_snapshot(view.run), status, ConditionType.DISK_KEPT)


def report(view: RunView) -> ScenarioRunStatus:
    """The run's status, with the condition DiskKept as its DiskSnapshot is now."""
    status = view.run.status.model_copy()
    if changed := changed_condition(view):
        view.set(status, changed)
    return status


def changed_condition(view: RunView) -> NewCondition | None:
    """The condition DiskKept, if it has to change."""
    if view.run.status.disk_snapshot is None or not view.has_agent:
        return None
    new = state(view.observed.disk_snapshot)
    old = conditions.find(view.run.status.conditions, ConditionType.DISK_KEPT)
    if old is None:
        return new
    if new.reason == DiskSnapshotReason.DISK_LOST and old.status == "False":
        # We delete a disk that cannot be kept: the older reason says why.
        return new if old.reason == DiskSnapshotReason.CREATING else None
    return None if (old.status, old.reason) == (new.status, new.reason) else new


def state(disk_snapshot: DiskSnapshot | None) -> NewCondition:
    """The condition DiskKept that goes with a DiskSnapshot; None: it was deleted."""
    if disk_snapshot is None:
        message = "the disk that the agent left is gone: it cannot be scored again"
        return false(ConditionType.DISK_KEPT, ScenarioRunReason.DISK_SNAPSHOT_DELETED, message)
    ready = conditions.find(disk_snapshot.status.conditions, ConditionType.READY)
    if ready is None:
        return false(ConditionType.DISK_KEPT, DiskSnapshotReason.CREATING)
    value: Literal["True", "False"] = "True" if ready.status == "True" else "False"
    return NewCondition(ConditionType.DISK_KEPT, value, ForeignReason(ready.reason), ready.message)


def open_seconds(run: ScenarioRunSpec, status: ScenarioRunStatus) -> int:
    """How long the disk of a run with this status stays open after its end."""
    keep = run.keep_devbox
    is_open = keep and not is_hidden(status) and _is_wanted(keep.when, has_failed=not status.passed)
    return keep.ttl_seconds if keep and is_open else 0


def is_hidden(status: ScenarioRunStatus) -> bool:
    """Whether the run's disk has what people who may use kept disks must not read."""
    kept = conditions.find(status.conditions, ConditionType.DISK_KEPT)
    return kept is not None and kept.reason == DiskSnapshotReason.HIDDEN_REFERENCE


def _is_wanted(when: When, *, has_failed: bool) -> bool:
    """Whether a policy asks for the disk of a run."""
    return when == "Always" or (when == "OnFailure" and has_failed)


def _has_worked(status: ScenarioRunStatus) -> bool:
    """Whether the agent of a run that is not scored began to work."""
    agent = status.agent
    return agent is not None and agent.start_time is not None and agent.reason != EndReason.BOOT_FAILED
