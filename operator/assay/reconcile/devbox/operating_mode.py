"""What operatingMode asks for, if the devbox has another pod than it should, or none. No I/O."""

from __future__ import annotations

from datetime import timedelta

from assay.api import conditions
from assay.api.conditions import false
from assay.api.reasons import DevboxReason
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.pod_view import PodView
from assay.specs.devbox_pod import role_of

from .observed import Observed
from .status import READY, SUSPENDED, nothing, put, ready_reason, run_again, suspend


def decide_mode(seen: Observed) -> Decision | None:
    """Stops a pod that should not be there, and leaves a finished devbox alone.

    None: the pod that it has is the right one, or the right one is to be created.
    """
    return _with_pod(seen, seen.pod) if seen.pod else _without_pod(seen)


def time_left(seen: Observed) -> float | None:
    """Seconds until a finished devbox is to be deleted; None: it is not."""
    ttl = seen.spec.ttl_seconds_after_finished
    if ttl is None or not seen.is_finished:
        return None
    end = (seen.devbox.status.finish_time or seen.now) + timedelta(seconds=ttl)
    return (end - seen.now).total_seconds()


def _without_pod(seen: Observed) -> Decision | None:
    if seen.wanted is None:
        return _suspended(seen)
    if seen.wanted == "idle" or not seen.is_finished:
        return None
    if _rests(seen):
        return nothing(seen)
    status = seen.devbox.status.model_copy()
    run_again(seen, status)
    return Decision(status, requeue=0)


def _with_pod(seen: Observed, pod: PodView) -> Decision | None:
    role = role_of(pod.obj)
    if seen.wanted is None or role not in (seen.wanted, "prepare"):
        has_news = role == "run" and pod.ended and not seen.is_finished and not pod.deleting
        return None if has_news else _stop(seen, pod)  # report how the command ended before the pod goes
    if not seen.is_finished:
        return None
    if _rests(seen):
        return None if role == "idle" else nothing(seen)
    # It was set Running again while its pod was being stopped.
    return _stop(seen, pod) if role == "run" else None


def _rests(seen: Observed) -> bool:
    """Whether a finished devbox has not been asked for anything since it finished."""
    return seen.is_finished and ready_reason(seen.devbox.status) == DevboxReason.FINISHED


def _stop(seen: Observed, pod: PodView) -> Decision:
    """Two pods never share a disk: the next one is created once this one is gone."""
    if pod.deleting:
        return nothing(seen)
    status = seen.devbox.status.model_copy()
    status.phase, status.pod_name = "Pending", None
    if not seen.is_finished:
        status.start_time = None
    why = f"stopping the pod: operatingMode is {seen.spec.operating_mode}"
    put(seen, status, false(READY, DevboxReason.STOPPING, why))
    return Decision(status, delete=[pod.obj])


def _suspended(seen: Observed) -> Decision | None:
    status = seen.devbox.status.model_copy()
    if status.claim_name is None:
        return None  # the disk is to be created
    is_suspended = conditions.is_true(status.conditions, SUSPENDED)
    if not is_suspended or ready_reason(status) != DevboxReason.SUSPENDED:
        suspend(seen, status)
    return Decision(status)
