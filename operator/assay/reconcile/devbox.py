"""Devbox: a claim and at most one pod; how its command ended."""

from __future__ import annotations

from typing import Any

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.build import devbox as build
from assay.cluster.errors import ApiError
from assay.engine.store import Key

from . import devbox_pod, pods
from .context import Context
from .devbox_mode import time_left, turn, wanted
from .devbox_start import start, tell
from .devbox_status import READY
from .outcome import Outcome, act

OUTPUT_LINES = 40


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one devbox nearer to what its spec says."""
    devbox = ctx.store.get("Devbox", key.namespace, key.name)
    if devbox is None or devbox["metadata"].get("deletionTimestamp"):
        return None
    status = DevboxStatus.model_validate(devbox.get("status") or {})
    spec = DevboxSpec.model_validate(devbox["spec"])
    left = time_left(spec, status, ctx.now())
    if left is not None and left <= 0:
        return await act(ctx, devbox, Outcome(status, write=False, delete=[devbox]), gate=READY)
    again = await _advance(ctx, devbox, spec, status)
    return min((seconds for seconds in (again, left) if seconds is not None), default=None)


async def _advance(
    ctx: Context, devbox: dict[str, Any], spec: DevboxSpec, status: DevboxStatus
) -> float | None:
    metadata = devbox["metadata"]
    # By owner: a pod of an earlier devbox of this name may be there for a while. By name: a probe is ours as well.
    ours = (
        pod
        for pod in ctx.store.children("Pod", metadata["uid"])
        if pod["metadata"]["name"] == metadata["name"]
    )
    pod = next(ours, None)
    view = pods.view(pod, build.CONTAINER) if pod else None
    outcome = turn(devbox, spec, status, view, ctx.now())
    if outcome is None and view is None and (status.pod_name is None or wanted(spec) == "idle"):
        return await start(ctx, devbox, spec, status)
    if outcome is None:
        outcome = await _look(ctx, devbox, spec, status, view)
    return await act(ctx, devbox, outcome, gate=READY)


async def _look(
    ctx: Context,
    devbox: dict[str, Any],
    spec: DevboxSpec,
    status: DevboxStatus,
    view: pods.PodView | None,
) -> Outcome:
    if view is None:
        return devbox_pod.decide(devbox, spec, status, None, ctx.now())
    await tell(ctx, spec, status, view.obj)
    match devbox_pod.mode(view.obj):
        case "prepare":
            return devbox_pod.preparing(devbox, status, view, ctx.now())
        case "idle":
            return devbox_pod.idle(devbox, status, view, ctx.now())
        case "run":
            failed = view.terminated and view.terminated.exit_code and not view.deleting
            output = await _output(ctx, devbox) if failed else ""
            return devbox_pod.decide(devbox, spec, status, view, ctx.now(), output)


async def _output(ctx: Context, devbox: dict[str, Any]) -> str:
    """The end of what a failed command printed; empty where the log is gone already."""
    metadata = devbox["metadata"]
    try:
        return await ctx.client.pod_log(
            metadata["namespace"], metadata["name"], build.CONTAINER, tail_lines=OUTPUT_LINES
        )
    except ApiError:
        return ""
