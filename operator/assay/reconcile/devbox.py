"""Devbox: a claim and a pod; how its command ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from assay.api import conditions
from assay.api.blueprint import BlueprintImage
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.build import devbox as build
from assay.cluster.errors import ApiError
from assay.engine.store import Key

from . import images, pods
from .context import Context
from .outcome import Note, Outcome, act

READY, FINISHED = "Ready", "Finished"
OUTPUT_MAX = pods.OUTPUT_MAX
OUTPUT_LINES = 40


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one devbox nearer to what its spec says."""
    devbox = ctx.store.get("Devbox", key.namespace, key.name)
    if devbox is None or devbox["metadata"].get("deletionTimestamp"):
        return None
    status = DevboxStatus.model_validate(devbox.get("status") or {})
    if conditions.is_true(status.conditions, FINISHED):
        return None
    spec = DevboxSpec.model_validate(devbox["spec"])
    # By owner: a pod of an earlier devbox of this name may be there for a while.
    pod = next(iter(ctx.store.children("Pod", devbox["metadata"]["uid"])), None)
    if pod is None and status.pod_name is None:
        return await _start(ctx, devbox, spec, status)
    view = pods.view(pod, build.CONTAINER) if pod else None
    output = await _output(ctx, key) if view and view.terminated and view.terminated.exit_code else ""
    return await act(ctx, devbox, decide(devbox, spec, status, view, ctx.now(), output), gate=READY)


async def _start(
    ctx: Context, devbox: dict[str, Any], spec: DevboxSpec, status: DevboxStatus
) -> float | None:
    try:
        image = await _image(ctx, devbox, spec)
    except images.NotAvailable as missing:
        _set(status, devbox, READY, "False", missing.reason, missing.message, ctx.now())
        status.phase = "Pending"
        return await act(ctx, devbox, Outcome(status, requeue=missing.retry), gate=READY)
    children = [build.claim(devbox, spec, ctx.settings), build.pod(devbox, spec, image, ctx.settings)]
    # Nothing to say yet: the status is written when the pod runs, or when something keeps it from running.
    return await act(ctx, devbox, Outcome(status, create=children, write=False), gate=READY)


async def _output(ctx: Context, key: Key) -> str:
    """The end of what a failed command printed; empty where the log is gone already."""
    try:
        return await ctx.client.pod_log(key.namespace, key.name, build.CONTAINER, tail_lines=OUTPUT_LINES)
    except ApiError:
        return ""


async def _image(ctx: Context, devbox: Mapping[str, Any], spec: DevboxSpec) -> BlueprintImage:
    if spec.blueprint_ref:
        return images.of_blueprint(ctx, devbox["metadata"]["namespace"], spec.blueprint_ref.name)
    if spec.user and spec.working_dir:
        return BlueprintImage(reference=spec.image or "")  # all that its configuration could add is given
    return await images.of_reference(ctx, spec.image or "")


def decide(
    devbox: Mapping[str, Any],
    spec: DevboxSpec,
    status: DevboxStatus,
    pod: pods.PodView | None,
    now: datetime,
    output: str = "",
) -> Outcome:
    """What to say and do about a devbox whose pod was created. Pure.

    `output` is the end of what a failed command printed.
    """
    name = devbox["metadata"]["name"]
    deadline = _deadline(spec, (pod.started_at if pod else None) or status.start_time)
    if pod is None:
        return _finish(devbox, status, *_why_gone(spec, status), now)
    status.claim_name = name
    status.node_name = pod.node
    status.start_time = status.start_time or pod.started_at
    if pod.terminated and not pod.deleting:
        return _ended(devbox, status, pod.terminated, pod.killed_by, output, now)
    if pod.ended and pod.killed_by and not pod.deleting:
        return _finish(devbox, status, *pod.killed_by, now)
    if pod.deleting and pod.killed_by:
        status.phase, status.pod_name = "Running", name
        _set(status, devbox, READY, "False", *pod.killed_by, now)  # the pod takes its condition with it
        return Outcome(status)
    if pod.deleting:
        return Outcome(status, write=False)  # its end is known, and the disk free, when the object is gone
    if deadline and now >= deadline:
        status.pod_name = name
        _set(
            status, devbox, READY, "False", "DeadlineExceeded", "stopping: activeDeadlineSeconds is over", now
        )
        return Outcome(status, delete=[pod.obj])
    if pod.started_at:
        status.phase, status.pod_name = "Running", name
        _set(status, devbox, READY, "True", "Running", "", now)
        return Outcome(status, requeue=(deadline - now).total_seconds() if deadline else None)
    if pod.trouble and (wait := pods.patience_left(pod, now)):
        return Outcome(status, write=False, requeue=wait)
    if pod.trouble:
        status.phase = "Pending"
        _set(status, devbox, READY, "False", *pod.trouble, now)
        return Outcome(status)
    return Outcome(status, write=False)


def _ended(
    devbox: Mapping[str, Any],
    status: DevboxStatus,
    end: pods.Terminated,
    killed_by: tuple[str, str] | None,
    output: str,
    now: datetime,
) -> Outcome:
    status.exit_code = end.exit_code
    status.finish_time = end.finished_at
    status.message = (output or end.message)[-OUTPUT_MAX:] or None
    if killed_by:
        return _finish(devbox, status, *killed_by, now)
    if end.exit_code == 0:
        return _finish(devbox, status, "Completed", "the command ended with exit code 0", now)
    # The termination message is out of the command's reach, its output is not.
    if end.exit_code == 125 and end.message.lstrip().startswith("assay-boot:"):
        return _finish(devbox, status, "BootFailed", end.message.strip()[:OUTPUT_MAX], now)
    reason = end.reason or "Error"
    return _finish(devbox, status, reason, f"the command ended with exit code {end.exit_code}", now)


def _finish(
    devbox: Mapping[str, Any], status: DevboxStatus, reason: str, message: str, now: datetime
) -> Outcome:
    status.phase = "Finished"
    status.pod_name = status.pod_name or devbox["metadata"]["name"]
    status.finish_time = status.finish_time or now
    _set(status, devbox, READY, "False", "Finished", "", now)
    _set(status, devbox, FINISHED, "True", reason, message, now)
    owned = any(ref.get("controller") for ref in devbox["metadata"].get("ownerReferences") or ())
    # A run's devbox speaks through the run.
    return Outcome(status, note=None if owned else Note("Normal", reason, message))


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


def _set(
    status: DevboxStatus,
    devbox: Mapping[str, Any],
    type_: str,
    value: Any,
    reason: str,
    message: str,
    now: datetime,
) -> None:
    generation = devbox["metadata"].get("generation", 1)
    status.conditions = conditions.put(
        status.conditions, type_, value, reason, message, generation=generation, now=now
    )
