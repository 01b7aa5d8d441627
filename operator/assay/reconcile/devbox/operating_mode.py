"""What operatingMode asks of a devbox that has another pod than it should, or none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import set_raw_condition
from assay.specs.devbox_pod import Mode

from .pod_lifecycle import mode
from .status import FINISHED, READY, STOPPING, SUSPENDED, forget_end, ready_reason, suspended

_PODS: Mapping[str, Mode | None] = {"Running": "run", "Idle": "idle", "Suspended": None}


def wanted(spec: DevboxSpec) -> Mode | None:
    """The kind of pod that a devbox should have once its disk is ready."""
    return _PODS[spec.operating_mode]


def decide_mode(
    devbox: Mapping[str, Any],
    spec: DevboxSpec,
    status: DevboxStatus,
    pod: pod_view.PodView | None,
    now: datetime,
) -> Decision | None:
    """Ends a pod that should not be, and lets a finished devbox be; None: the pod it has is right, or to be made."""
    finished, wants = conditions.is_true(status.conditions, FINISHED), wanted(spec)
    rests = finished and ready_reason(status) == "Finished"  # nothing was asked of it since
    nothing = Decision(status, write=False)
    if pod is None:
        if wants is None:
            return _suspended(devbox, status, now)
        if not finished or wants == "idle":
            return None
        if rests:
            return nothing
        forget_end(devbox, status, now)
        return Decision(status, requeue=0)
    has = mode(pod.obj)
    if wants is None or has not in (wants, "prepare"):
        ended = has == "run" and pod.ended and not finished and not pod.deleting
        return None if ended else _stop(devbox, spec, status, pod, now)  # first say how its command ended
    if finished and rests:
        return nothing if has != "idle" else None
    if finished and has == "run":
        return _stop(devbox, spec, status, pod, now)  # it was being ended when it was set Running again
    return None


def time_left(spec: DevboxSpec, status: DevboxStatus, now: datetime) -> float | None:
    """Seconds until a finished devbox is deleted; None: it is not."""
    if spec.ttl_seconds_after_finished is None or not conditions.is_true(status.conditions, FINISHED):
        return None
    end = (status.finish_time or now) + timedelta(seconds=spec.ttl_seconds_after_finished)
    return (end - now).total_seconds()


def _stop(
    devbox: Mapping[str, Any], spec: DevboxSpec, status: DevboxStatus, pod: pod_view.PodView, now: datetime
) -> Decision:
    """There are never two pods on a disk: the next one comes when the object of this one is gone."""
    if pod.deleting:
        return Decision(status, write=False)
    status.phase, status.pod_name = "Pending", None
    if not conditions.is_true(status.conditions, FINISHED):
        status.start_time = None
    why = f"ending the pod: operatingMode is {spec.operating_mode}"
    set_raw_condition(devbox, status, READY, "False", STOPPING, why, now)
    return Decision(status, delete=[pod.obj])


def _suspended(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> Decision | None:
    if status.claim_name is None:
        return None  # the disk is to be made
    if not (conditions.is_true(status.conditions, SUSPENDED) and ready_reason(status) == "Suspended"):
        suspended(devbox, status, now)
    return Decision(status)
