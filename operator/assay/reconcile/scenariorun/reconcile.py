"""ScenarioRun: pin, let the agent work in a devbox, score what it left, report, keep the disk, clean up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.api.scenariorun import PinnedRun, ScenarioRunSpec, ScenarioRunStatus
from assay.engine.cache import Key
from assay.kube.errors import NotFound
from assay.kube.resources import resource_of
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import set_raw_condition
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.settings import Settings
from assay.specs import devbox as devbox_spec

from . import agent, disk, rescore, scoring
from .observed import COMPLETE, RESOLVED, Observed, fail, is_finished, observe
from .pinning import pin


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one run nearer to its score."""
    run = ctx.cache.get("ScenarioRun", key.namespace, key.name)
    if run is None or run["metadata"].get("deletionTimestamp"):
        return None
    status = ScenarioRunStatus.model_validate(run.get("status") or {})
    spec, observed = ScenarioRunSpec.model_validate(run["spec"]), observe(ctx, run)
    if is_finished(status):
        return await _tidy(ctx, run, spec, status, observed)
    if status.pinned is None:
        return await apply(ctx, run, await start(ctx, run, spec, status), blocked_condition=COMPLETE)
    decision = decide(run, spec, status, status.pinned, observed, ctx.settings, ctx.now())
    if disk.is_due(spec, status, observed.devbox):
        await disk.snapshot(ctx, run, spec, status)
        decision.write = True
    return await apply(ctx, run, decision, blocked_condition=COMPLETE)


async def start(
    ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus
) -> Decision:
    """Pin what the run uses. Its devbox follows when that is written, so that no edit can come between."""
    now, namespace = ctx.now(), run["metadata"]["namespace"]
    try:
        status.pinned = await pin(ctx, run, spec)
        if spec.rescore:
            status.previous_score = rescore.earlier_score(ctx, namespace, spec.rescore)
            status.disk_snapshot = status.pinned.disk_snapshot
    except ReferenceNotReady as missing:
        set_raw_condition(run, status, RESOLVED, "False", missing.reason, missing.message, now)
        set_raw_condition(run, status, COMPLETE, "False", missing.reason, missing.message, now)
        status.phase = "Pending"
        return Decision(status, requeue=missing.retry)
    except InvalidReference as never:
        set_raw_condition(run, status, RESOLVED, "False", never.reason, never.message, now)
        return fail(run, status, never.reason, never.message, now)
    status.phase, status.start_time = "Running", now
    set_raw_condition(run, status, RESOLVED, "True", "Pinned", "", now)
    set_raw_condition(
        run, status, COMPLETE, "False", "AgentWorking" if status.pinned.agent else "RestoringDisk", "", now
    )
    return Decision(status, requeue=0)


def decide(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: Settings,
    now: datetime,
) -> Decision:
    """What to say and do about a run that has started. Pure."""
    disk.mirror(run, spec, status, observed.disk_snapshot, now)
    if status.scorer_jobs:
        decision = scoring.outcome(run, spec, status, pinned, observed, settings, now)
    elif observed.devbox is None:
        return Decision(status, create=[devbox_spec.devbox(run, spec, pinned)], write=False)
    else:
        decision = agent.outcome(run, status, pinned, observed.devbox, now) or scoring.begin(
            run, spec, status, pinned, observed, settings, now
        )
    if is_finished(status):
        disk.announce(run, spec, decision, observed.devbox)
    return decision


async def _tidy(
    ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus, observed: Observed
) -> float | None:
    """Look after the disk of a run that has ended, and after its links."""
    is_due = disk.is_due(spec, status, observed.devbox)
    decision = disk.after(run, spec, status, observed, ctx.settings, ctx.now())
    if is_due or decision.write:
        # The store keeps little of runs that have ended: what is written must rest on the whole.
        metadata = run["metadata"]
        try:
            run = await ctx.client.get(resource_of(run), metadata["namespace"], metadata["name"])
        except NotFound:
            return None
        status = ScenarioRunStatus.model_validate(run.get("status") or {})
        if run["metadata"]["uid"] != metadata["uid"] or not is_finished(status):
            return None  # another of that name: the watch is about to show it
        if is_due:
            await disk.snapshot(ctx, run, spec, status)
            observed = observe(ctx, run)
        decision = disk.after(run, spec, status, observed, ctx.settings, ctx.now())
        decision.write = True
    return await apply(ctx, run, decision, blocked_condition=COMPLETE)
