"""The disk of a run that works in a Job of its own: whether its agent has begun, and what it lies on."""

from __future__ import annotations

from assay.api.disksnapshot import Lineage
from assay.api.reasons import EndReason, ReferenceReason
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.context import Context
from assay.reconcile.references import whole_run
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import run_tries
from assay.specs.devbox_container import CONTAINER
from assay.specs.volume_snapshot import FrozenDisk

from .source import Source, blueprint_of, hidden, lineage_of


async def find(ctx: Context, run: ScenarioRun) -> Source:
    """The disk of a run. ReferenceNotReady: it has none yet."""
    pods = _pods(ctx, run)
    whole = await whole_run.read(ctx, run)
    if whole is None:
        raise _not_ready(run, "the run is gone")
    pinned, agent = whole.status.pinned, run.status.agent
    if pinned and pinned.hides_reference:
        raise hidden(f"ScenarioRun {run.name}")
    has_begun = (agent and agent.start_time) or any(pod_view.has_started(pod, CONTAINER) for pod in pods)
    if pinned is None or not has_begun:
        raise _not_ready(run, "its agent has not begun to work")
    if agent and agent.reason == EndReason.BOOT_FAILED:
        raise _not_ready(run, "it could not boot")
    disk = FrozenDisk(image=pinned.image, root_filesystem="Overlay", lineage=_lineage(ctx, run, pinned))
    return Source(
        f"ScenarioRun {run.name}",
        run_tries.name(run),
        disk,
        is_in_use=any(pod_view.runs(pod, CONTAINER) for pod in pods) or _is_open(ctx, run),
    )


def _is_open(ctx: Context, run: ScenarioRun) -> bool:
    """Whether people look around on the disk of the run, which has ended."""
    devboxes = _present(ctx, "Devbox", run)
    pods = [pod for box in devboxes for pod in ctx.cache.children("Pod", box["metadata"]["uid"])]
    return any(pod_view.runs(pod, CONTAINER) for pod in pods)


def _not_ready(run: ScenarioRun, why: str) -> ReferenceNotReady:
    message = f"ScenarioRun {run.name} has no disk to freeze: {why}"
    return ReferenceNotReady(ReferenceReason.DISK_NOT_READY, message)


def _pods(ctx: Context, run: ScenarioRun) -> list[KubeObject]:
    jobs = _present(ctx, "Job", run)
    return [pod for job in jobs for pod in ctx.cache.children("Pod", job["metadata"]["uid"])]


def _present(ctx: Context, kind: str, run: ScenarioRun) -> list[KubeObject]:
    """What the run made in its present try: pods of an earlier one may work on, on a disk that nothing freezes."""
    return [one for one in ctx.cache.children(kind, run.uid) if run_tries.is_present(run, one)]


def _lineage(ctx: Context, run: ScenarioRun, pinned: PinnedRun) -> Lineage:
    blueprint = blueprint_of(ctx, run.namespace, pinned.image.reference)
    origin = {"blueprint": blueprint.name if blueprint else None, "parent": pinned.disk_snapshot}
    return lineage_of(run).model_copy(update=origin)
