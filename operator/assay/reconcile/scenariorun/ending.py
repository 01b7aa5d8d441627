"""The end of a ScenarioRun: with a score or without. No I/O."""

from __future__ import annotations

from datetime import timedelta

from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.reasons import ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common.decision import Event
from assay.specs import run_tries

from . import disk
from .observed import RunDecision, RunView
from .scorer_jobs import Failure


def fail(view: RunView, status: ScenarioRunStatus, failure: Failure) -> RunDecision:
    """The run ends without a score."""
    status = status.model_copy()
    status.phase, status.completion_time = "Failed", view.now
    reason, told = failure.reason, f"{failure.message}. {failure.cure}" if failure.cure else failure.message
    message = told + _how_to_enter(view, status)
    view.set(
        status,
        false(ConditionType.COMPLETE, reason, "the run has no score"),
        true(ConditionType.FAILED, reason, message),
    )
    return RunDecision(status, event=Event("Warning", reason, message), requeue=0)


def complete(view: RunView, status: ScenarioRunStatus, message: str) -> RunDecision:
    """The run ends with the score that `status` has."""
    status = status.model_copy()
    status.phase, status.completion_time = "Complete", view.now
    reason, message = ScenarioRunReason.SCORED, message + _how_to_enter(view, status)
    view.set(status, true(ConditionType.COMPLETE, reason, message))
    # The disk goes with the next reconcile, once the score is safe in the status.
    return RunDecision(status, event=Event("Normal", reason, message), requeue=0)


def _how_to_enter(view: RunView, status: ScenarioRunStatus) -> str:
    """The end of a message: how to look around on the disk of the ended run, if it stays open."""
    seconds = disk.open_seconds(view.run.spec, status)
    is_lost = status.lost_tries != view.run.status.lost_tries  # its try has just ended: it goes
    if not seconds or not view.observed.has_disk or is_lost:
        return ""
    until = view.now + timedelta(seconds=seconds)
    command = f"kubectl exec -it {run_tries.name(view.run)} -n {view.run.namespace} -- /.assay/shell"
    return f"; its devbox stays until {until:%Y-%m-%d %H:%M:%S} UTC: {command}"
