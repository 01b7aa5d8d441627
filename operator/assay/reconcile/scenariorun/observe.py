"""Reads the children of a ScenarioRun, and what only the API server knows: a log, Events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.api.conditions import is_finished
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.kube.errors import ApiError
from assay.reconcile.common import job_events, network_policies, pod_view
from assay.reconcile.common.command_end import command_end
from assay.reconcile.common.context import Context
from assay.reconcile.common.text import printable
from assay.reconcile.references import snapshots
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import devbox_container

from .observed import Observed, RunView
from .scorer_jobs import ScorerJob

OUTPUT_LINES = 40


async def look_at(ctx: Context, run: ScenarioRun) -> RunView:
    """The run with its children."""
    observed, pinned = _children(ctx, run), run.status.pinned
    if pinned and not is_finished(run.status.conditions):
        observed = await _under_way(ctx, run, observed)
        if pinned.same_pod and observed.own_job is None and run.status.agent is None:
            observed = _with_snapshot(ctx, run, pinned, observed)
    return RunView(run, observed, ctx.settings, ctx.now())


def _children(ctx: Context, run: ScenarioRun) -> Observed:
    """The children, as the cache has them."""
    cache = ctx.cache
    devbox = next((Devbox.parse(one) for one in cache.children("Devbox", run.uid)), None)
    disk_snapshot = next((DiskSnapshot.parse(one) for one in cache.children("DiskSnapshot", run.uid)), None)
    jobs = [*cache.children("Job", run.uid), *(cache.children("Job", devbox.uid) if devbox else [])]
    return Observed(
        devbox=devbox,
        claim=next(iter(cache.children("PersistentVolumeClaim", run.uid)), None),
        jobs=[ScorerJob(job, cache.children("Pod", job["metadata"]["uid"]), run.name) for job in jobs],
        disk_snapshot=disk_snapshot,
        rescore_runs=cache.find("ScenarioRun", "rescore", (run.namespace, run.name)),
    )


def _with_snapshot(ctx: Context, run: ScenarioRun, pinned: PinnedRun, observed: Observed) -> Observed:
    if pinned.disk_snapshot is None:
        return observed
    try:
        return replace(observed, snapshot=snapshots.named(ctx, run.namespace, pinned.disk_snapshot))
    except ReferenceNotReady as missing:
        return replace(observed, missing_snapshot=missing)


async def _under_way(ctx: Context, run: ScenarioRun, observed: Observed) -> Observed:
    """What only a run under way needs: policies, the output of an agent that has just failed, why a Job has no pod."""
    if observed.own_job and run.status.agent is None:
        observed = replace(observed, output=await _output(ctx, run, observed.own_job))
    refused = await job_events.refusal(ctx, [job.obj for job in _podless(observed.jobs)])
    return replace(
        observed,
        policies=network_policies.missing(ctx, run.namespace),
        outdated_policies=network_policies.outdated(ctx, run.namespace),
        refusal=refused.cause,
        look_again=refused.look_again,
    )


def _podless(jobs: Sequence[ScorerJob]) -> list[ScorerJob]:
    return [job for job in jobs if not job.pods and not job.has_failed]


async def _output(ctx: Context, run: ScenarioRun, job: ScorerJob) -> str:
    """The end of what a failed agent printed; empty if it has not failed, or if the log is gone."""
    pod = job.newest_pod
    end = pod_view.view(pod, devbox_container.CONTAINER).terminated if pod else None
    if pod is None or end is None or command_end(end, "Overlay", None).exit_code == 0:
        return ""
    name = pod["metadata"]["name"]
    try:
        log = await ctx.client.pod_log(
            run.namespace, name, devbox_container.CONTAINER, tail_lines=OUTPUT_LINES
        )
        return printable(log)
    except ApiError:
        return ""
