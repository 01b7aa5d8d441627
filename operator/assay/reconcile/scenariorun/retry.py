"""A try that the infrastructure ended is begun anew, on a fresh disk: whether, and after how long. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from assay.api.blame import blame
from assay.api.condition_types import ConditionType
from assay.api.conditions import false
from assay.api.reasons import ScenarioRunReason
from assay.api.retry import Retry
from assay.api.runrecord import LOST_TRIES_MAX, MESSAGE_MAX, LostTry
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common.decision import Event
from assay.specs import run_tries

from . import disk
from .ending import fail
from .observed import RunDecision, StartedRunView
from .scorer_jobs import Failure

BACKOFF_SECONDS, BACKOFF_SECONDS_MAX = 10.0, 360.0
"""The pause after the first lost try, which doubles, and the longest: those of the Job controller."""
_OF_A_TRY = (
    "devbox",
    "scorer_jobs",
    "disk_used_percent",
    "agent",
    "scores",
    "environment",
    "durations",
    "scoring_start_time",
)
"""What a try leaves in a status: the next one begins without it."""


def unscored(view: StartedRunView, status: ScenarioRunStatus, failure: Failure) -> RunDecision:
    """The try has no score: begin anew, or end the run with this status."""
    lost = view.run.status.lost_tries or ()
    if is_due(view.run.spec.retry, lost, failure.reason):
        return _begin_anew(view, failure)
    if not lost:
        return fail(view, status, failure)
    before = ", ".join(one.reason for one in lost)
    return fail(view, status, failure._replace(message=f"{failure.message}; lost tries before: {before}"))


def is_due(retry: Retry | None, lost: Sequence[LostTry], reason: str) -> bool:
    """Whether a run is begun anew whose try had this end, and that has lost these tries before."""
    if blame(reason) != "Infrastructure" or len(lost) >= LOST_TRIES_MAX:
        return False
    policy = retry or Retry()
    own = {one.cause: one.limit for one in policy.per_cause or ()}
    if reason in own:
        return sum(one.reason == reason for one in lost) < own[reason]
    return sum(one.reason not in own for one in lost) < policy.limit


def backoff(lost: int) -> float:
    """Seconds from the end of the last of so many lost tries to the next."""
    return float(min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** (lost - 1)))


def due(lost: Sequence[LostTry]) -> datetime | None:
    """When the next try begins after these lost ones; None: it is the first."""
    return lost[-1].finish_time + timedelta(seconds=backoff(len(lost))) if lost else None


def wait(view: StartedRunView) -> RunDecision | None:
    """The decision while the next try is not due, or something of an earlier one is to be deleted; None: go on."""
    lost, observed = view.run.status.lost_tries, view.observed
    if observed.leftovers:  # first: a quota may have no room for the next try beside them
        return RunDecision(view.run.status, delete=observed.leftovers, requeue=0, write=False)
    begins = due(lost or ())
    if begins is None or observed.jobs or observed.devbox:
        return None
    left = (begins - view.now).total_seconds()
    return RunDecision(view.run.status, requeue=left, write=False) if left > 0 else None


def _begin_anew(view: StartedRunView, failure: Failure) -> RunDecision:
    """Everything of the lost try is deleted once the status lists it. Killed in between, we find it by its label."""
    lost = [*(view.run.status.lost_tries or ()), _lost(view, failure)]
    status = view.run.status.model_copy(update=dict.fromkeys(_OF_A_TRY))
    status.lost_tries, status.phase = lost, "Pending"
    forgotten = [ConditionType.AGENT_FINISHED.value]
    if view.has_agent:  # else the run began with that disk
        status.disk_snapshot = None
        forgotten += [] if disk.is_hidden(status) else [ConditionType.DISK_KEPT.value]
    status.conditions = [one for one in status.conditions if one.type not in forgotten]
    message = (
        f"{failure.reason}: {failure.message}; try {len(lost) + 1} begins {backoff(len(lost)):.0f} s later, "
        "on a fresh disk"
    )
    view.set(status, false(ConditionType.COMPLETE, ScenarioRunReason.RETRYING, message))
    event = Event("Warning", ScenarioRunReason.RETRYING, message)
    return RunDecision(status, delete=view.children(), event=event, requeue=backoff(len(lost)))


def _lost(view: StartedRunView, failure: Failure) -> LostTry:
    return LostTry(
        number=run_tries.number(view.run),
        reason=failure.reason,
        message=failure.message[:MESSAGE_MAX],
        node=view.observed.node_name,
        start_time=view.observed.created_at,
        finish_time=view.now,
    )
