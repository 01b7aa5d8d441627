"""Devbox: a claim and at most one pod; how its command ended."""

from __future__ import annotations

from typing import Any

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.engine.cache import Key
from assay.kube.errors import ApiError
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.specs import devbox_pod

from . import pod_lifecycle
from .operating_mode import decide_mode, time_left, wanted
from .start import start, tell
from .status import READY

OUTPUT_LINES = 40


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one devbox nearer to what its spec says."""
    devbox = ctx.cache.get("Devbox", key.namespace, key.name)
    if devbox is None or devbox["metadata"].get("deletionTimestamp"):
        return None
    status = DevboxStatus.model_validate(devbox.get("status") or {})
    spec = DevboxSpec.model_validate(devbox["spec"])
    left = time_left(spec, status, ctx.now())
    if left is not None and left <= 0:
        return await apply(
            ctx, devbox, Decision(status, write=False, delete=[devbox]), blocked_condition=READY
        )
    again = await _advance(ctx, devbox, spec, status)
    return min((seconds for seconds in (again, left) if seconds is not None), default=None)


async def _advance(
    ctx: Context, devbox: dict[str, Any], spec: DevboxSpec, status: DevboxStatus
) -> float | None:
    metadata = devbox["metadata"]
    # By owner: a pod of an earlier devbox of this name may be there for a while. By name: a probe is ours as well.
    ours = (
        pod
        for pod in ctx.cache.children("Pod", metadata["uid"])
        if pod["metadata"]["name"] == metadata["name"]
    )
    pod = next(ours, None)
    view = pod_view.view(pod, devbox_pod.CONTAINER) if pod else None
    decision = decide_mode(devbox, spec, status, view, ctx.now())
    if decision is None and view is None and (status.pod_name is None or wanted(spec) == "idle"):
        return await start(ctx, devbox, spec, status)
    if decision is None:
        decision = await _look(ctx, devbox, spec, status, view)
    return await apply(ctx, devbox, decision, blocked_condition=READY)


async def _look(
    ctx: Context,
    devbox: dict[str, Any],
    spec: DevboxSpec,
    status: DevboxStatus,
    view: pod_view.PodView | None,
) -> Decision:
    if view is None:
        return pod_lifecycle.decide(devbox, spec, status, None, ctx.now())
    await tell(ctx, spec, status, view.obj)
    match pod_lifecycle.mode(view.obj):
        case "prepare":
            return pod_lifecycle.preparing(devbox, status, view, ctx.now())
        case "idle":
            return pod_lifecycle.idle(devbox, status, view, ctx.now())
        case "run":
            failed = view.terminated and view.terminated.exit_code and not view.deleting
            output = await _output(ctx, devbox) if failed else ""
            return pod_lifecycle.decide(devbox, spec, status, view, ctx.now(), output)


async def _output(ctx: Context, devbox: dict[str, Any]) -> str:
    """The end of what a failed command printed; empty where the log is gone already."""
    metadata = devbox["metadata"]
    try:
        return await ctx.client.pod_log(
            metadata["namespace"], metadata["name"], devbox_pod.CONTAINER, tail_lines=OUTPUT_LINES
        )
    except ApiError:
        return ""
