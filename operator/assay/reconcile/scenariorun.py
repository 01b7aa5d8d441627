"""ScenarioRun: pin, let the agent work in a devbox, score what it left, report, keep the disk, clean up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.api.scenariorun import PinnedRun, ScenarioRunSpec, ScenarioRunStatus
from assay.build import run as build
from assay.build.settings import BuildSettings
from assay.cluster.errors import NotFound
from assay.cluster.resources import resource_of
from assay.engine.store import Key

from . import agent_phase, keeping, keptdisks, scoring_phase
from .context import Context
from .images import NotAvailable
from .keptdisks import Impossible
from .objects import say
from .outcome import Outcome, act
from .pinning import pin
from .runview import COMPLETE, RESOLVED, Observed, fail, is_finished, observe


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one run nearer to its score."""
    run = ctx.store.get("ScenarioRun", key.namespace, key.name)
    if run is None or run["metadata"].get("deletionTimestamp"):
        return None
    status = ScenarioRunStatus.model_validate(run.get("status") or {})
    spec, observed = ScenarioRunSpec.model_validate(run["spec"]), observe(ctx, run)
    if is_finished(status):
        return await _tidy(ctx, run, spec, status, observed)
    if status.pinned is None:
        return await act(ctx, run, await start(ctx, run, spec, status), gate=COMPLETE)
    outcome = decide(run, spec, status, status.pinned, observed, ctx.settings, ctx.now())
    if keeping.is_due(spec, status, observed.devbox):
        await keeping.snapshot(ctx, run, spec, status)
        outcome.write = True
    return await act(ctx, run, outcome, gate=COMPLETE)


async def start(
    ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus
) -> Outcome:
    """Pin what the run uses. Its devbox follows when that is written, so that no edit can come between."""
    now, namespace = ctx.now(), run["metadata"]["namespace"]
    try:
        status.pinned = await pin(ctx, run, spec)
        if spec.rescore:
            status.rescored = keptdisks.earlier_score(ctx, namespace, spec.rescore)
            status.disk_snapshot = status.pinned.disk_snapshot
    except NotAvailable as missing:
        say(run, status, RESOLVED, "False", missing.reason, missing.message, now)
        say(run, status, COMPLETE, "False", missing.reason, missing.message, now)
        status.phase = "Pending"
        return Outcome(status, requeue=missing.retry)
    except Impossible as never:
        say(run, status, RESOLVED, "False", never.reason, never.message, now)
        return fail(run, status, never.reason, never.message, now)
    status.phase, status.start_time = "Running", now
    say(run, status, RESOLVED, "True", "Pinned", "", now)
    say(run, status, COMPLETE, "False", "AgentWorking" if status.pinned.agent else "RestoringDisk", "", now)
    return Outcome(status, requeue=0)


def decide(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: BuildSettings,
    now: datetime,
) -> Outcome:
    """What to say and do about a run that has started. Pure."""
    keeping.mirror(run, spec, status, observed.disk_snapshot, now)
    if status.scorer_jobs:
        outcome = scoring_phase.outcome(run, spec, status, pinned, observed, settings, now)
    elif observed.devbox is None:
        return Outcome(status, create=[build.devbox(run, spec, pinned)], write=False)
    else:
        outcome = agent_phase.outcome(run, status, pinned, observed.devbox, now) or scoring_phase.begin(
            run, spec, status, pinned, observed, settings, now
        )
    if is_finished(status):
        keeping.announce(run, spec, outcome, observed.devbox)
    return outcome


async def _tidy(
    ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus, observed: Observed
) -> float | None:
    """Look after the disk of a run that has ended, and after its links."""
    is_due = keeping.is_due(spec, status, observed.devbox)
    outcome = keeping.after(run, spec, status, observed, ctx.settings, ctx.now())
    if is_due or outcome.write:
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
            await keeping.snapshot(ctx, run, spec, status)
            observed = observe(ctx, run)
        outcome = keeping.after(run, spec, status, observed, ctx.settings, ctx.now())
        outcome.write = True
    return await act(ctx, run, outcome, gate=COMPLETE)
