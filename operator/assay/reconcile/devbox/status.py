"""States of a devbox, each as the changes that it makes to a new status. No I/O."""

from __future__ import annotations

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, set_condition, true
from assay.api.devbox import DevboxStatus
from assay.api.reasons import DevboxReason
from assay.reconcile.common.decision import Decision, Event, waits
from assay.reconcile.common.pod_view import Cause, PodView
from assay.reconcile.common.start_looks import trouble

from .observed import Observed

READY, FINISHED, SUSPENDED = ConditionType.READY, ConditionType.FINISHED, ConditionType.SUSPENDED


def ready_reason(status: DevboxStatus) -> str | None:
    """The reason of the condition Ready."""
    found = conditions.find(status.conditions, READY)
    return found.reason if found else None


def nothing(seen: Observed, requeue: float | None = None) -> Decision:
    """The devbox stays as it is, at least until `requeue` seconds have passed."""
    return Decision(seen.devbox.status, write=False, requeue=requeue)


def put(seen: Observed, status: DevboxStatus, *new: NewCondition) -> None:
    """Set conditions of the new status."""
    for one in new:
        set_condition(seen.devbox, status, one, seen.now)


def waiting(
    seen: Observed, status: DevboxStatus, why: NewCondition, requeue: float | None = None
) -> Decision:
    """Something keeps the pod from being created or from starting; an Event tells each cause once."""
    status.phase = "Pending"
    put(seen, status, why)
    is_silent = seen.devbox.controller is not None  # a run reports what its devbox waits for
    return Decision(status, event=None if is_silent else waits(seen.devbox, why), requeue=requeue)


def starting(seen: Observed, pod: PodView) -> Decision:
    """The pod exists and its container has not started. Only what seems to last costs a write."""
    held = trouble(pod, seen.hold, seen.now)
    if held.cause is None:
        return nothing(seen, held.look_again)
    return waiting(seen, seen.new_status(), false(READY, *held.cause), held.look_again)


def up(seen: Observed, status: DevboxStatus, pod: PodView, reason: DevboxReason) -> None:
    """The container runs; it is ready once it has booted. A suspended devbox is so no longer."""
    status.phase, status.pod_name = reason.value, seen.devbox.name
    resumed(seen, status)
    if pod.ready:
        put(seen, status, true(READY, reason))
    else:
        put(seen, status, false(READY, DevboxReason.BOOTING, "the root file system is being mounted"))


def finish(seen: Observed, status: DevboxStatus, cause: Cause) -> Decision:
    """The command has ended, or will never run."""
    status.phase = "Finished"
    if seen.pod is not None:
        status.pod_name = seen.devbox.name
    status.finish_time = status.finish_time or seen.now
    put(seen, status, false(READY, DevboxReason.FINISHED), true(FINISHED, *cause))
    # A run reports the end of its devbox itself, and an end is reported once.
    is_silent = seen.devbox.controller is not None or seen.is_finished
    return Decision(status, event=None if is_silent else Event("Normal", *cause))


def suspend(seen: Observed, status: DevboxStatus) -> None:
    """There is no pod, and the disk stays."""
    status.phase, status.pod_name, status.node_name = "Suspended", None, None
    status.claim_name, status.suspend_time = seen.devbox.name, seen.now
    if not seen.is_finished:
        status.start_time = None  # the command will start again
    cure = "set operatingMode: Running to go on"
    put(seen, status, false(READY, DevboxReason.SUSPENDED, cure), true(SUSPENDED, DevboxReason.DISK_KEPT))


def resumed(seen: Observed, status: DevboxStatus) -> None:
    """The devbox has a pod again; a devbox that was never suspended gets no condition."""
    if conditions.is_true(status.conditions, SUSPENDED):
        put(seen, status, false(SUSPENDED, DevboxReason.RESUMED))
    status.suspend_time = None


def run_again(seen: Observed, status: DevboxStatus) -> None:
    """The command is to run again: how it ended the last time no longer counts."""
    status.phase, status.exit_code, status.message = "Pending", None, None
    status.start_time = status.finish_time = status.pod_name = None
    put(seen, status, false(FINISHED, DevboxReason.RESUMED), false(READY, DevboxReason.RESUMED))
