"""Reads the children of a ScenarioRun, and what only the API server knows: a log, Events."""

from __future__ import annotations

from dataclasses import replace

from assay.api.conditions import is_finished
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.api.unparsed import is_controlled_by, is_live
from assay.kube.resources import PODS
from assay.kube_object import KubeObject
from assay.reconcile.common import container_output, network_policies, pod_view, start_events
from assay.reconcile.common.command_end import command_end
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import child
from assay.reconcile.references import snapshots
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import devbox_container, run_tries
from assay.specs.run_tries import is_present

from .observed import Observed, RunView
from .scorer_jobs import ScorerJob


async def look_at(ctx: Context, run: ScenarioRun) -> RunView:
    """The run with its children."""
    observed, pinned = _children(ctx, run), run.status.pinned
    if pinned and not is_finished(run.status.conditions):
        observed = await _under_way(ctx, run, observed)
        if pinned.same_pod and run.status.agent is None and observed.claim is None:
            observed = _with_snapshot(ctx, run, pinned, observed)
    return RunView(run, observed, ctx.settings, ctx.now())


def _children(ctx: Context, run: ScenarioRun) -> Observed:
    """The children, as the cache has them."""
    cache = ctx.cache
    name = run_tries.name(run)
    devbox, disk_snapshot = child(cache, "Devbox", run, name), child(cache, "DiskSnapshot", run, name)
    box = Devbox.parse(devbox) if devbox else None
    own = [job for job in cache.children("Job", run.uid) if is_present(run, job)]
    jobs = [*own, *(cache.children("Job", box.uid) if box else [])]
    return Observed(
        devbox=box,
        claim=child(cache, "PersistentVolumeClaim", run, name),
        jobs=[ScorerJob(job, cache.children("Pod", job["metadata"]["uid"]), name) for job in jobs],
        disk_snapshot=DiskSnapshot.parse(disk_snapshot) if disk_snapshot else None,
        rescore_runs=cache.find("ScenarioRun", "rescore", (run.namespace, run.name)),
        leftovers=[
            one
            for kind in ("Devbox", "Job", "PersistentVolumeClaim")
            for one in cache.children(kind, run.uid)
            if is_live(one) and not is_present(run, one)
        ],
    )


def _with_node(ctx: Context, observed: Observed) -> Observed:
    """With the pod of the agent, or a scorer's, and its node."""
    of_devbox = ctx.cache.children("Pod", observed.devbox.uid) if observed.devbox else []
    of_jobs = [job.newest_pod for job in (observed.own_job, *observed.jobs) if job]
    observed = replace(observed, pod=next((pod for pod in (*of_devbox, *of_jobs) if pod), None))
    name = observed.node_name
    return replace(observed, node=ctx.cache.get("Node", "", name)) if name else observed


def _with_snapshot(ctx: Context, run: ScenarioRun, pinned: PinnedRun, observed: Observed) -> Observed:
    if pinned.disk_snapshot is None:
        return observed
    try:
        return replace(observed, snapshot=snapshots.named(ctx, run.namespace, pinned.disk_snapshot))
    except ReferenceNotReady as missing:
        return replace(observed, missing_snapshot=missing)


async def _under_way(ctx: Context, run: ScenarioRun, observed: Observed) -> Observed:
    """What only a run under way needs: policies, the output of an agent that has just failed, why nothing starts."""
    observed = _with_node(ctx, replace(observed, jobs=[await _with_pods(ctx, job) for job in observed.jobs]))
    if observed.own_job and run.status.agent is None:
        observed = replace(observed, output=await _output(ctx, observed.own_job))
    waited_for = [
        job for job in observed.jobs if job.name in (run.status.scorer_jobs or (run_tries.name(run),))
    ]
    return replace(
        observed,
        policies=network_policies.missing(ctx, run.namespace),
        outdated_policies=network_policies.outdated(ctx, run.namespace),
        hold=await start_events.hold(
            ctx, [one for job in waited_for for one in _held_up(job, observed.claim)]
        ),
    )


async def _with_pods(ctx: Context, job: ScorerJob) -> ScorerJob:
    """The Job; if it has ended, with the pod that has too, which the watch of pods may not have shown yet."""
    if not job.has_ended or (job.pods and not job.pod_works):
        return job
    selector = f"batch.kubernetes.io/job-name={job.name}"
    found = [pod async for pod in ctx.client.list(PODS, job.obj["metadata"]["namespace"], selector)]
    return replace(job, pods=[pod for pod in found if is_controlled_by(pod, job.obj["metadata"]["uid"])])


def _held_up(job: ScorerJob, claim: KubeObject | None) -> list[KubeObject]:
    """What may hold a Job up: itself without a pod, its pod, or the claim of that; nothing if it is suspended."""
    if job.has_ended or job.is_suspended:
        return []
    return start_events.waiting(job.newest_pod, job.obj, claim)


async def _output(ctx: Context, job: ScorerJob) -> str:
    """The end of what a failed agent printed; empty if it has not failed, or if the log is gone."""
    pod = job.newest_pod
    end = pod_view.view(pod, devbox_container.CONTAINER).terminated if pod else None
    if pod is None or end is None or command_end(end, "Overlay", None).exit_code == 0:
        return ""
    return await container_output.read(ctx, pod, devbox_container.CONTAINER)
