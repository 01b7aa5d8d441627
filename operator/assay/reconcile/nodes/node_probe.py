"""Finds out whether the cluster's nodes can mount overlays: a pod on each class of nodes tries it, once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from assay.api.meta import Status
from assay.api.object import ApiObject
from assay.api.reasons import PodReason, RejectionReason
from assay.api.unparsed import is_controlled_by, is_of_kind
from assay.kube.errors import ApiError
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view, start_events
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import ChildRejected, Decision
from assay.reconcile.common.pod_view import PodView
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import names, probe_pod
from assay.specs.pod_plan import MountPlan

from . import node_classes, probe_results
from .node_classes import NodeClass
from .probe_results import ProbeResult

log = logging.getLogger(__name__)

SILENCE = timedelta(seconds=60)  # after which a pod that only waits is judged by its Events
LOOK_SECONDS = 1.0  # how often to look at the probe of another owner
REASON_MAX = 1024

_OWNERS = ("Devbox", "ScenarioRun")

# Such a pod says nothing of its node.
_UNRELATED = {
    PodReason.ERR_IMAGE_PULL,
    PodReason.IMAGE_PULL_BACK_OFF,
    PodReason.ERR_IMAGE_NEVER_PULL,
    PodReason.INVALID_IMAGE_NAME,
}


@dataclass(frozen=True, slots=True)
class Probing:
    """What to do while results are missing."""

    wait: float
    """Seconds after which to look again."""
    create: KubeObject | None = None
    tries: NodeClass | None = None
    """The class of nodes that the pod to create tries."""
    delete: Sequence[KubeObject] = ()


async def choose(ctx: Context, owner: ApiObject[Any, Any]) -> MountPlan | Probing:
    """How the cluster's nodes can mount disks, or the next step to find out, for the object that wants to know.

    Keeps the results of probes that have ended. ReferenceNotReady: something keeps a probe from starting.
    """
    classes = node_classes.classes(ctx.cache.all("Node"))
    known = await probe_results.read(ctx, classes)
    steps = [
        await _next_step(ctx, owner, node_class, hosts)
        for node_class, hosts in classes.items()
        if not ((result := known.get(node_class.hash)) and result.is_current(ctx.now()))
    ]
    return together(steps) if steps else verdict(classes, known)


def decision(ctx: Context, status: Status, step: Probing) -> Decision:
    """The next step; nothing is decided about the object itself, whose status stays, until all nodes are probed."""

    async def after_rejection(rejected: ChildRejected) -> Decision | None:
        further = await _after_rejection(ctx, step, rejected)
        return Decision(status, requeue=further.wait, write=False) if further else None

    return Decision(
        status,
        create=[step.create] if step.create else [],
        delete=step.delete,
        requeue=step.wait,
        write=False,
        on_rejection=after_rejection,
    )


async def _after_rejection(ctx: Context, step: Probing, rejected: ChildRejected) -> Probing | None:
    """The next step if the API server rejects a probe; None: the probe can only be created later."""
    node_class, probe = step.tries, step.create
    if node_class is None or probe is None:
        return None
    metadata = probe["metadata"]
    is_foreign = ctx.cache.get("Pod", metadata["namespace"], metadata["name"]) is not None and not _find(
        ctx, node_class
    )
    if rejected.reason == RejectionReason.NAME_TAKEN and not is_foreign:  # another owner was first
        return Probing(LOOK_SECONDS)
    if rejected.reason == RejectionReason.INVALID:  # the API server does not know a field that overlays need
        await probe_results.keep(ctx, node_class, rejected.message)
        return Probing(0.0)
    return None


def verdict(classes: Iterable[NodeClass], results: Mapping[str, ProbeResult]) -> MountPlan:
    """Overlay if every class of nodes can mount it; else Copy, with a reason that names a class. No I/O."""
    found = list(classes)
    for one in found:
        if error := results[one.hash].error:
            return MountPlan("Copy", f"nodes with {one} cannot mount overlays: {error}"[:REASON_MAX])
    if not found:
        return MountPlan("Overlay", "no node is known to probe")
    return MountPlan("Overlay", f"a probe of {len(found)} class(es) of nodes mounted one")


def together(steps: Sequence[Probing]) -> Probing:
    """The steps of several classes as one: deletes all probes that have ended, or creates one probe. No I/O."""
    if ended := [pod for step in steps for pod in step.delete]:
        return Probing(0.0, delete=ended)
    # The new pod reconciles its owner, which then creates the next one.
    first = next((step for step in steps if step.create), steps[0])
    return replace(first, wait=min(step.wait for step in steps))


async def _next_step(
    ctx: Context, owner: ApiObject[Any, Any], node_class: NodeClass, hosts: Sequence[str]
) -> Probing:
    pod = _find(ctx, node_class)
    if pod is None:
        manifest = probe_pod.pod(owner, node_class.hash, hosts, ctx.settings)
        return Probing(SILENCE.total_seconds(), create=manifest, tries=node_class)
    if pod["metadata"].get("deletionTimestamp"):
        return Probing(LOOK_SECONDS)
    view = pod_view.view(pod, probe_pod.CONTAINER)
    error = _error(view)
    if error is None:
        if (left := _silence_left(pod, ctx.now())) > 0:
            # The pod reconciles the object that owns it; others have to look.
            is_ours = is_controlled_by(pod, owner.uid)
            return Probing(left if is_ours else min(left, LOOK_SECONDS))
        error = await _silent(ctx, view)
    await probe_results.keep(ctx, node_class, error)
    return Probing(0.0, delete=[pod])


def _find(ctx: Context, node_class: NodeClass) -> KubeObject | None:
    """The probe of that class, of any owner. A label alone is no proof: its result holds for all namespaces."""
    for pod in ctx.cache.all("Pod"):
        is_labelled = (pod["metadata"].get("labels") or {}).get(names.PROBE) == node_class.hash
        if is_labelled and any(is_of_kind(pod, kind) for kind in _OWNERS):
            return pod
    return None


def _error(pod: PodView) -> str | None:
    """Why the node cannot mount overlays; empty if it can, None while that is open."""
    if pod.killed_by:
        return f"{pod.killed_by.reason}: {pod.killed_by.message}"
    if pod.terminated:
        if pod.terminated.exit_code == 0:
            return ""
        return pod.terminated.message.strip() or f"{pod.terminated.reason}: {pod.terminated.exit_code}"
    if pod.trouble and pod.node and pod.trouble.reason not in _UNRELATED:
        return f"{pod.trouble.reason}: {pod.trouble.message}"
    return None


def _silence_left(pod: KubeObject, now: datetime) -> float:
    """Seconds until a pod that only waits is judged by its Events."""
    created = pod_view.timestamp(pod["metadata"].get("creationTimestamp")) or now
    return (created + SILENCE - now).total_seconds()


async def _silent(ctx: Context, pod: PodView) -> str:
    """Why a pod does not start that has waited for long. ReferenceNotReady: not because of its node."""
    if pod.trouble:
        message = f"the probe {pod.obj['metadata']['name']} waits: {pod.trouble.message}"
        raise ReferenceNotReady(pod.trouble.reason, message, RETRY_SECONDS)
    return await _last_warning(ctx, pod.obj) or f"the pod did not start within {SILENCE.seconds} s"


async def _last_warning(ctx: Context, pod: KubeObject) -> str:
    """The newest warning about the pod: the kubelet reports only in Events that it cannot make a sandbox."""
    try:
        return await start_events.newest_warning(ctx, pod)
    except ApiError as error:
        log.warning("cannot read the Events of %s: %s", pod["metadata"]["name"], error)
        return ""
