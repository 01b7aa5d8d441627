"""ScenarioRun: pin what it uses, let the agent work, score the disk, report, keep the disk, clean up."""

from __future__ import annotations

from dataclasses import replace

from assay.api.condition_types import ConditionType
from assay.api.conditions import is_finished
from assay.api.scenariorun import ScenarioRun, ScenarioRunStatus
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.references import whole_run

from . import cleanup, devbox_agent, disk, job_agent, limits, retry, scoring, suspension
from .observe import look_at
from .observed import RunDecision, StartedRunView
from .start import start


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one run nearer to its score."""
    # Read the run and its children.
    found = get_live(ctx, key)
    if found is None:
        return None
    view = await look_at(ctx, ScenarioRun.parse(found))
    status = view.run.status

    # A run that has ended: look after its disk, and after its links to later scores.
    if is_finished(status.conditions):
        if cleanup.needs_whole(view):
            # A status is written whole.
            whole = await whole_run.read(ctx, view.run)
            if whole is None:
                return None
            view = replace(view, run=whole)
        decision: Decision = cleanup.decide(view)

    # A new run: resolve its references. Its pod follows once they are written, so that no edit comes between.
    elif status.pinned is None:
        decision = limits.before_start(view) or await start(ctx, view)

    # A run under way: bring its agent and its scorers forward.
    else:
        decision = decide(StartedRunView(view.run, view.observed, view.settings, view.now, status.pinned))

    # Write the status and carry out the rest.
    return await apply(ctx, view.run, decision, blocked_condition=ConditionType.COMPLETE)


def decide(view: StartedRunView) -> RunDecision:
    """What to do about a run that has started and not ended. No I/O."""
    status = disk.report(view)
    step = suspension.resume(view, status) or retry.wait(view) or _next_step(view, status)
    decision = limits.within(view, step)
    if disk.is_due(view, decision.status):
        decision.optional, decision.write = disk.keep(view, decision.status), True
    return decision


def _next_step(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    if status.scorer_jobs:
        return scoring.decide(view, status)
    if view.pinned.same_pod:
        return job_agent.decide(view, status)
    return devbox_agent.decide(view, status)
