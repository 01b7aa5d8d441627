"""What a devbox's pod says about the devbox. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common import pod_view, toolbox_failures
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import set_raw_condition
from assay.specs import names
from assay.specs.devbox_pod import Mode

from .status import READY, awake, finish

OUTPUT_MAX = pod_view.OUTPUT_MAX
PREPARED = "assay-prepare:"
_DIRECTORY = re.compile(r"[A-Za-z0-9._+-]{1,255}")
_DIRECTORIES_MAX = 64


def mode(pod: Mapping[str, Any]) -> Mode:
    """What a devbox's pod is for."""
    return cast("Mode", (pod["metadata"].get("labels") or {}).get(names.MODE, "run"))


def decide(
    devbox: Mapping[str, Any],
    spec: DevboxSpec,
    status: DevboxStatus,
    pod: pod_view.PodView | None,
    now: datetime,
    output: str = "",
) -> Decision:
    """What to say and do about a devbox whose command's pod was created.

    `output` is the end of what a failed command printed.
    """
    name = devbox["metadata"]["name"]
    deadline = _deadline(spec, (pod.started_at if pod else None) or status.start_time)
    if pod is None:
        return finish(devbox, status, *_why_gone(spec, status), now)
    _place(devbox, status, pod)
    status.start_time = status.start_time or pod.started_at
    if pod.terminated and not pod.deleting:
        return _ended(devbox, status, pod.terminated, pod.killed_by, output, now)
    if pod.ended and pod.killed_by and not pod.deleting:
        return finish(devbox, status, *pod.killed_by, now)
    if pod.deleting and pod.killed_by:
        status.phase, status.pod_name = "Running", name
        set_raw_condition(
            devbox, status, READY, "False", *pod.killed_by, now
        )  # the pod takes its condition with it
        return Decision(status)
    if pod.deleting:
        return Decision(status, write=False)  # its end is known, and the disk free, when the object is gone
    if deadline and now >= deadline:
        status.pod_name = name
        why = "stopping: activeDeadlineSeconds is over"
        set_raw_condition(devbox, status, READY, "False", "DeadlineExceeded", why, now)
        return Decision(status, delete=[pod.obj])
    if pod.started_at:
        status.phase, status.pod_name = "Running", name
        awake(devbox, status, now)
        _up(devbox, status, pod, "Running", now)
        return Decision(status, requeue=(deadline - now).total_seconds() if deadline else None)
    return _starting(devbox, status, pod, now)


def idle(devbox: Mapping[str, Any], status: DevboxStatus, pod: pod_view.PodView, now: datetime) -> Decision:
    """What to say about a devbox whose pod only stays up."""
    if pod.deleting:
        return Decision(status, write=False)
    _place(devbox, status, pod)
    if pod.terminated or pod.ended:
        end = pod.terminated
        reason, message = pod.killed_by or (
            our_reason(end) or "Error",
            (end.message.strip() if end else "") or "its pod ended: suspend it and set it idle again",
        )
        status.phase, status.pod_name = "Pending", devbox["metadata"]["name"]
        set_raw_condition(devbox, status, READY, "False", reason, message[:OUTPUT_MAX], now)
        return Decision(status)
    if pod.started_at:
        status.phase, status.pod_name = "Idle", devbox["metadata"]["name"]
        awake(devbox, status, now)
        _up(devbox, status, pod, "Idle", now)
        return Decision(status)
    return _starting(devbox, status, pod, now)


def preparing(
    devbox: Mapping[str, Any], status: DevboxStatus, pod: pod_view.PodView, now: datetime
) -> Decision:
    """What to say and do about a devbox whose disk is being filled with a copy of its image."""
    if pod.deleting:
        return Decision(status, write=False)
    _place(devbox, status, pod)
    if status.directories:
        return Decision(status, delete=[pod.obj])
    if pod.terminated or pod.ended:
        end = pod.terminated
        found = _directories(end.message) if end and end.exit_code == 0 else []
        if found:
            status.directories = found
            return Decision(status, delete=[pod.obj])
        message = (end.message.strip() if end else "") or "preparing the disk ended without a word"
        return finish(
            devbox, status, *(pod.killed_by or (our_reason(end) or "BootFailed", message[:OUTPUT_MAX])), now
        )
    if pod.started_at:
        status.phase = "Pending"
        set_raw_condition(devbox, status, READY, "False", "Preparing", "copying the image onto the disk", now)
        return Decision(status)
    return _starting(devbox, status, pod, now)


def our_reason(end: pod_view.Terminated | None) -> str | None:
    """Why the toolbox gave up, where it did."""
    return toolbox_failures.reason(end.exit_code, end.message) if end else None


def _up(
    devbox: Mapping[str, Any], status: DevboxStatus, pod: pod_view.PodView, what: str, now: datetime
) -> None:
    if pod.ready:
        set_raw_condition(devbox, status, READY, "True", what, "", now)
    else:
        set_raw_condition(
            devbox, status, READY, "False", "Booting", "the root file system is being mounted", now
        )


def _starting(
    devbox: Mapping[str, Any], status: DevboxStatus, pod: pod_view.PodView, now: datetime
) -> Decision:
    if pod.trouble and (wait := pod_view.patience_left(pod, now)):
        return Decision(status, write=False, requeue=wait)
    if pod.trouble:
        status.phase = "Pending"
        set_raw_condition(devbox, status, READY, "False", *pod.trouble, now)
        return Decision(status)
    return Decision(status, write=False)


def _place(devbox: Mapping[str, Any], status: DevboxStatus, pod: pod_view.PodView) -> None:
    status.claim_name = devbox["metadata"]["name"]
    status.node_name = pod.node


def _ended(
    devbox: Mapping[str, Any],
    status: DevboxStatus,
    end: pod_view.Terminated,
    killed_by: tuple[str, str] | None,
    output: str,
    now: datetime,
) -> Decision:
    awake(devbox, status, now)
    status.exit_code = end.exit_code
    status.finish_time = end.finished_at
    status.message = (output or end.message)[-OUTPUT_MAX:] or None
    if killed_by:
        return finish(devbox, status, *killed_by, now)
    if end.exit_code == 0:
        return finish(devbox, status, "Completed", "the command ended with exit code 0", now)
    if ours := our_reason(end):
        return finish(devbox, status, ours, end.message.strip()[:OUTPUT_MAX], now)
    reason = end.reason or "Error"
    return finish(devbox, status, reason, f"the command ended with exit code {end.exit_code}", now)


def _directories(message: str) -> list[str]:
    first = message.strip().partition("\n")[0]
    if not first.startswith(PREPARED):
        return []
    named = first.removeprefix(PREPARED).split()
    return [one for one in named if _DIRECTORY.fullmatch(one)][:_DIRECTORIES_MAX]


def _deadline(spec: DevboxSpec, start: datetime | None) -> datetime | None:
    if start is None or spec.active_deadline_seconds is None:
        return None
    return start + timedelta(seconds=spec.active_deadline_seconds)


def _why_gone(spec: DevboxSpec, status: DevboxStatus) -> tuple[str, str]:
    """Why the pod is no longer there, by what was seen while it was."""
    ready = conditions.find(status.conditions, READY)
    if ready and ready.reason == "DeadlineExceeded":
        return ready.reason, f"stopped after activeDeadlineSeconds ({spec.active_deadline_seconds} s)"
    if ready and ready.reason == "Evicted":
        return ready.reason, ready.message
    return "PodLost", "the pod was deleted while its command ran"
