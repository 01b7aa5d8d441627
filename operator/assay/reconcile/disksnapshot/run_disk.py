"""The disk of a run that works in a Job of its own: whether its agent has begun, and what it lies on."""

from __future__ import annotations

from assay.api.disksnapshot import Lineage
from assay.api.reasons import EndReason, ReferenceReason
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.kube.errors import NotFound
from assay.kube.resources import resource_of
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import devbox_container, names
from assay.specs.volume_snapshot import FrozenDisk

from .source import Source, blueprint_of, hidden


async def find(ctx: Context, run: ScenarioRun) -> Source:
    """The disk of a run. ReferenceNotReady: it has none yet."""
    states = [pod_view.container_state(pod, devbox_container.CONTAINER) for pod in _pods(ctx, run)]
    pinned, agent = (await _whole(ctx, run)).status.pinned, run.status.agent
    if pinned and pinned.hides_reference:
        raise hidden(f"ScenarioRun {run.name}")
    has_begun = (agent and agent.start_time) or any("running" in one or "terminated" in one for one in states)
    if pinned is None or not has_begun:
        raise _not_ready(run, "its agent has not begun to work")
    if agent and agent.reason == EndReason.BOOT_FAILED:
        raise _not_ready(run, "it could not boot")
    disk = FrozenDisk(image=pinned.image, root_filesystem="Overlay", lineage=_lineage(ctx, run, pinned))
    return Source(
        f"ScenarioRun {run.name}",
        run.name,
        disk,
        is_in_use=any("running" in one for one in states) or _is_open(ctx, run),
    )


def _is_open(ctx: Context, run: ScenarioRun) -> bool:
    """Whether people look around on the disk of the run, which has ended."""
    devboxes = ctx.cache.children("Devbox", run.uid)
    pods = [pod for box in devboxes for pod in ctx.cache.children("Pod", box["metadata"]["uid"])]
    return any("running" in pod_view.container_state(pod, devbox_container.CONTAINER) for pod in pods)


def _not_ready(run: ScenarioRun, why: str) -> ReferenceNotReady:
    message = f"ScenarioRun {run.name} has no disk to freeze: {why}"
    return ReferenceNotReady(ReferenceReason.DISK_NOT_READY, message)


def _pods(ctx: Context, run: ScenarioRun) -> list[KubeObject]:
    jobs = ctx.cache.children("Job", run.uid)
    return [pod for job in jobs for pod in ctx.cache.children("Pod", job["metadata"]["uid"])]


async def _whole(ctx: Context, run: ScenarioRun) -> ScenarioRun:
    """The run with all its fields: the cache keeps few of a run that has ended."""
    if run.status.pinned:
        return run
    try:
        return ScenarioRun.parse(await ctx.client.get(resource_of(run.identity()), run.namespace, run.name))
    except NotFound:
        return run


def _lineage(ctx: Context, run: ScenarioRun, pinned: PinnedRun) -> Lineage:
    blueprint = blueprint_of(ctx, run.namespace, pinned.image.reference)
    return Lineage(
        blueprint=blueprint.name if blueprint else None,
        scenario=run.spec.scenario_ref.name if run.spec.scenario_ref else None,
        scenario_run=run.name,
        benchmark_run=run.metadata.labels.get(names.BENCHMARK_RUN),
        parent=pinned.disk_snapshot,
    )
