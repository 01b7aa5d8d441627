"""Devbox: a claim and at most one pod; how its command ended."""

from __future__ import annotations

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.unparsed import is_controlled_by, is_finished
from assay.engine.cache import Key
from assay.reconcile.common import container_output, pod_view, start_events
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.pod_view import PodView
from assay.specs import devbox_container, devbox_pod

from . import pod_lifecycle
from .observed import Observed
from .operating_mode import decide_mode, time_left
from .start import start


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one devbox nearer to what its spec asks for."""
    found = get_live(ctx, key)
    if found is None:
        return None
    # Read the devbox, its pod, and the output of a command that has just failed.
    seen = await observe(ctx, Devbox.parse(found))
    # A finished devbox is deleted when its time is over.
    left = time_left(seen)
    if left is not None and left <= 0:
        decision = Decision(seen.devbox.status, write=False, delete=[found])
        return await apply(ctx, seen.devbox, decision, blocked_condition=ConditionType.READY)
    # Decide by the operating mode, then by the pod. A devbox that still lacks its pod gets one.
    decision = decide_mode(seen) or pod_lifecycle.decide(seen) or await start(ctx, seen)
    again = await apply(ctx, seen.devbox, decision, blocked_condition=ConditionType.READY)
    return min((seconds for seconds in (again, left) if seconds is not None), default=None)


async def observe(ctx: Context, devbox: Devbox) -> Observed:
    """The devbox with its pod."""
    # By owner, since a pod of an earlier devbox of this name may still be there. By name, since it owns probes as well.
    pods = ctx.cache.children("Pod", devbox.uid)
    pod = next((pod for pod in pods if pod["metadata"]["name"] == devbox.name), None)
    has_claim_of_run = _has_claim_of_run(ctx, devbox)
    if pod is None:
        return Observed(devbox, None, ctx.now(), has_claim_of_run)
    view = pod_view.view(pod, devbox_container.CONTAINER)
    has_failed = _has_just_failed(devbox, view)
    output = await container_output.read(ctx, pod, devbox_container.CONTAINER) if has_failed else ""
    claim = ctx.cache.get("PersistentVolumeClaim", devbox.namespace, devbox.name)
    hold = await start_events.hold(ctx, start_events.waiting(pod, None, claim))
    return Observed(devbox, view, ctx.now(), has_claim_of_run, output, hold)


def _has_claim_of_run(ctx: Context, devbox: Devbox) -> bool:
    """Whether the devbox was made by a run that has ended, and that has a disk of its own."""
    made_by = devbox.controller
    claim = ctx.cache.get("PersistentVolumeClaim", devbox.namespace, devbox.name)
    run = ctx.cache.get("ScenarioRun", devbox.namespace, made_by.name) if made_by else None
    if made_by is None or run is None or claim is None:
        return False
    is_of_run = is_controlled_by(claim, made_by.uid) and run["metadata"]["uid"] == made_by.uid
    return is_of_run and is_finished(run)


def _has_just_failed(devbox: Devbox, pod: PodView) -> bool:
    """Whether the pod's command has failed, and the devbox does not say so yet."""
    if devbox_pod.role_of(pod.obj) != "run" or pod.deleting or pod.terminated is None:
        return False
    is_finished = conditions.is_true(devbox.status.conditions, ConditionType.FINISHED)
    return pod.terminated.exit_code != 0 and not is_finished
