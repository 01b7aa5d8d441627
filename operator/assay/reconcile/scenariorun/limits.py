"""What ends a ScenarioRun before it has a score: it is canceled, or a time is over. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import is_finished
from assay.api.reasons import ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.specs import devbox_container

from . import retry, suspension
from .ending import fail
from .observed import RunDecision, RunView, StartedRunView
from .scorer_jobs import Failure

STOPPED = (
    ScenarioRunReason.CANCELED,
    ScenarioRunReason.RUN_DEADLINE_EXCEEDED,
    ScenarioRunReason.PROVISIONING_DEADLINE_EXCEEDED,
)
"""The ends of runs whose pods may still work then."""
_CANCELED = Failure(ScenarioRunReason.CANCELED, "spec.cancel was set")


class _Deadline(NamedTuple):
    """When a run fails, unless it has got further by then."""

    seconds_left: float
    failure: Failure
    is_final: bool
    """Whether it is the end of the run, and not only of a try."""


def before_start(view: RunView) -> RunDecision | None:
    """The decision about a run that has not started, and is not to; None: it may."""
    if view.run.spec.cancel:
        return fail(view, view.run.status, _CANCELED)
    if view.run.spec.suspend:
        return suspension.suspend(view, view.run.status)
    return suspension.start(view)


def within(view: StartedRunView, step: RunDecision) -> RunDecision:
    """The next step of a run, or its end if that is due. A run that ends by this step has its score, if it has one."""
    if is_finished(step.status.conditions):
        return step
    if view.run.spec.cancel:
        return fail(view, step.status, _CANCELED)
    if view.run.spec.suspend:
        return suspension.suspend(view, step.status)
    deadlines = sorted(_deadlines(view, step.status))
    if not deadlines:
        return step
    left, failure, is_final = deadlines[0]
    if left <= 0:
        return (fail if is_final else retry.unscored)(view, step.status, failure)
    step.requeue = left if step.requeue is None else min(step.requeue, left)
    return step


def is_stopped(status: ScenarioRunStatus) -> bool:
    """Whether the run has ended while its pods may still have worked."""
    failed = conditions.find(status.conditions, ConditionType.FAILED)
    return failed is not None and failed.status == "True" and failed.reason in STOPPED


def _deadlines(view: StartedRunView, status: ScenarioRunStatus) -> Iterator[_Deadline]:
    has_begun = bool(status.scorer_jobs) or _has_begun(view)
    begun, seconds = view.run.status.start_time, view.run.spec.active_deadline_seconds
    if begun and seconds:
        over = f"activeDeadlineSeconds ({seconds} s) are over"
        why = Failure(ScenarioRunReason.RUN_DEADLINE_EXCEEDED, f"{over}, and the run has no score")
        yield _Deadline(_left(view, begun, seconds), why if has_begun else _not_begun(status, over), True)
    if status.lost_tries != view.run.status.lost_tries:  # the try has just ended, and by another cause
        return
    since, seconds = _provisioned_since(view), view.settings.provisioning_seconds
    if since and seconds and not has_begun:
        over = f"settings.provisioningSeconds ({seconds} s) are over"
        yield _Deadline(_left(view, since, seconds), _not_begun(status, over), False)


def _not_begun(status: ScenarioRunStatus, over: str) -> Failure:
    doing = conditions.find(status.conditions, ConditionType.COMPLETE)
    cause = f"{doing.reason}: {doing.message}" if doing and doing.message else "nothing says why"
    return Failure(
        ScenarioRunReason.PROVISIONING_DEADLINE_EXCEEDED, f"{over}, and the work had not begun: {cause}"
    )


def _left(view: StartedRunView, since: datetime, seconds: int) -> float:
    return seconds - (view.now - since).total_seconds()


def _has_begun(view: StartedRunView) -> bool:
    """Whether the agent has begun to work, by its container or by its devbox."""
    if view.pinned.same_pod:
        pod = view.observed.own_job.newest_pod if view.observed.own_job else None
        return pod is not None and pod_view.view(pod, devbox_container.CONTAINER).started_at is not None
    devbox = view.observed.devbox
    return devbox is not None and devbox.status.start_time is not None


def _provisioned_since(view: StartedRunView) -> datetime | None:
    """Since when a pod, or a disk, is being provided; None while the run's Job waits in a queue."""
    job = view.observed.own_job
    if job is None:
        return _try_begun(view)
    if job.is_suspended:
        return None
    started = pod_view.timestamp((job.obj.get("status") or {}).get("startTime"))
    return started or _try_begun(view)  # Kubernetes sets it anew when the Job is resumed


def _try_begun(view: StartedRunView) -> datetime | None:
    """When the present try was due, or the run was resumed."""
    begun, due = view.run.status.start_time, retry.due(view.run.status.lost_tries or ())
    return max(begun, due) if begun and due else begun
