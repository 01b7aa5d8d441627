"""The pod that runs a devbox's command: how it starts, runs and ends. No I/O.

Each policy is for one state of the pod: it returns a decision, or None if the pod is not in that state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from assay.api import conditions
from assay.api.conditions import false
from assay.api.devbox import DevboxStatus
from assay.api.reasons import DevboxReason, EndReason
from assay.reconcile.common.command_end import BACKSTOP, command_end, stopped
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.pod_view import DISRUPTIONS, OUTPUT_MAX, Cause, PodView
from assay.specs import devbox_pod

from .observed import Observed
from .status import READY, finish, nothing, put, resumed, starting, up

Policy = Callable[[Observed, PodView], Decision | None]


def decide(seen: Observed, pod: PodView) -> Decision:
    """The decision of the first policy that fits; if none does, the pod is starting."""
    decisions = (policy(seen, pod) for policy in POLICIES)
    return next((decision for decision in decisions if decision), None) or starting(seen, pod)


def lost(seen: Observed) -> Decision:
    """The pod is gone; why so, by what was reported while it was there."""
    status, ready = seen.devbox.status.model_copy(), conditions.find(seen.devbox.status.conditions, READY)
    if ready and ready.reason == EndReason.DEADLINE_EXCEEDED:
        return finish(seen, status, stopped(seen.spec.active_deadline_seconds))
    if ready and (disruption := next((one for one in DISRUPTIONS if one == ready.reason), None)):
        return finish(seen, status, Cause(disruption, ready.message))
    return finish(seen, status, Cause(EndReason.POD_LOST, "the pod was deleted while its command ran"))


def _command_ended(seen: Observed, pod: PodView) -> Decision | None:
    end = pod.terminated
    if end is None or pod.deleting:
        return None
    status = _status(seen, pod)
    resumed(seen, status)
    root = devbox_pod.mount_of(pod.obj).root_filesystem
    ended = command_end(end, root, seen.spec.active_deadline_seconds)
    status.exit_code, status.finish_time = ended.exit_code, end.finished_at
    status.message = (seen.output or ended.message)[-OUTPUT_MAX:] or None
    return finish(seen, status, pod.killed_by or ended.cause)


def _ended_before_the_command(seen: Observed, pod: PodView) -> Decision | None:
    if not (pod.ended and pod.killed_by) or pod.deleting:
        return None
    return finish(seen, _status(seen, pod), pod.killed_by)


def _being_evicted(seen: Observed, pod: PodView) -> Decision | None:
    """Report it now: the pod takes its condition along when it goes."""
    if not (pod.deleting and pod.killed_by):
        return None
    status = _status(seen, pod)
    status.phase, status.pod_name = "Running", seen.devbox.name
    put(seen, status, false(READY, *pod.killed_by))
    return Decision(status)


def _being_deleted(seen: Observed, pod: PodView) -> Decision | None:
    """Its end is known, and the disk free, once the object is gone."""
    return nothing(seen) if pod.deleting else None


def _past_its_deadline(seen: Observed, pod: PodView) -> Decision | None:
    deadline = _deadline(seen, pod)
    if deadline is None or seen.now < deadline:
        return None
    status = _status(seen, pod)
    status.pod_name = seen.devbox.name
    why = "stopping: activeDeadlineSeconds is over"
    put(seen, status, false(READY, DevboxReason.DEADLINE_EXCEEDED, why))
    return Decision(status, delete=[pod.obj])


def _running(seen: Observed, pod: PodView) -> Decision | None:
    if pod.started_at is None:
        return None
    status, deadline = _status(seen, pod), _deadline(seen, pod)
    up(seen, status, pod, DevboxReason.RUNNING)
    return Decision(status, requeue=(deadline - seen.now).total_seconds() if deadline else None)


POLICIES: tuple[Policy, ...] = (
    _command_ended,
    _ended_before_the_command,
    _being_evicted,
    _being_deleted,
    _past_its_deadline,
    _running,
)


def _status(seen: Observed, pod: PodView) -> DevboxStatus:
    status = seen.new_status()
    status.start_time = status.start_time or pod.started_at
    return status


def _deadline(seen: Observed, pod: PodView) -> datetime | None:
    start, seconds = pod.started_at or seen.devbox.status.start_time, seen.spec.active_deadline_seconds
    return start + timedelta(seconds=seconds) + BACKSTOP if start and seconds else None
