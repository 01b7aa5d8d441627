"""BenchmarkRun: keep at most `parallelism` ScenarioRuns unfinished until each scenario has its attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from assay.api.benchmarkrun import BenchmarkRun, PreviousScore
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, is_finished, set_condition
from assay.api.reasons import BenchmarkRunReason
from assay.engine.cache import Key
from assay.kube_object import KubeObject
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, Event, waits
from assay.reconcile.common.objects import get_live
from assay.reconcile.references.baseline import awaits_baseline
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.specs import scenario_run

from . import lifecycle
from .baseline import compare
from .child_run import ChildRun
from .end import end, fail
from .observed import Observed, observe
from .own_runs import own_runs
from .progress import is_held, progress
from .scenarios import Scope, scope_of
from .summary import count, summarize, with_attempts

COMPLETE = ConditionType.COMPLETE


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one BenchmarkRun nearer to its score."""
    found = get_live(ctx, key)
    if found is None:
        return None
    run = BenchmarkRun.parse(found)
    if is_finished(run.status.conditions):
        return await apply(ctx, run, _after_end(ctx, run, found), blocked_condition=COMPLETE)
    # Fix the list of scenarios first; the ScenarioRuns follow once it is written.
    if run.status.scenarios is None:
        return await apply(ctx, run, start(ctx, run), blocked_condition=COMPLETE)
    # Count the ScenarioRuns and create more. Progress may be written a moment later, the end may not.
    decision = decide(run, observe(ctx, run), ctx.now())
    is_news = decision.event is not None or is_finished(decision.status.conditions)
    decision = ctx.status_rate.limit(run.uid, decision, is_news)
    return await apply(ctx, run, decision, blocked_condition=COMPLETE)


def _after_end(ctx: Context, run: BenchmarkRun, found: KubeObject) -> Decision:
    """The decision about a run that has ended. What is asked of it changes nothing; the status is of this spec, too.

    The comparison is a write of its own: the baseline may end later.
    """
    if run.spec.baseline and awaits_baseline(found):
        return compare(ctx, run, run.spec.baseline)
    return Decision(run.status, write=run.is_changed)


def start(ctx: Context, run: BenchmarkRun) -> Decision:
    """The decision about a run that has not started: its scenarios, or why it waits or fails."""
    now = ctx.now()
    if held := lifecycle.decide(run, run.status, (), now):
        return held
    try:
        scope = scope_of(ctx, run)
    except ReferenceNotReady as missing:
        waiting = run.status.model_copy(update={"phase": "Pending"})
        why = false(COMPLETE, missing.reason, missing.message)
        set_condition(run, waiting, why, now)
        return Decision(waiting, event=waits(run, why), requeue=missing.retry)
    except InvalidReference as invalid:
        return fail(run, run.status, invalid.reason, invalid.message, now)
    return _started(run, scope, now)


def _started(run: BenchmarkRun, scope: Scope, now: datetime) -> Decision:
    status = run.status.model_copy(update=scope._asdict())
    status.phase, status.start_time = "Running", now
    status.counts = count([], len(scope.scenarios) * scenario_run.attempts(run.spec, status))
    set_condition(run, status, progress(status, ()), now)
    message = f"{status.counts.total} runs of {len(scope.scenarios)} scenarios"
    return Decision(status, event=Event("Normal", BenchmarkRunReason.RUNNING, message), requeue=0)


def decide(run: BenchmarkRun, observed: Observed, now: datetime) -> Decision:
    """The decision about a run that has started: its summary, and the ScenarioRuns to create. No I/O."""
    runs, wanted, foreign, earlier = own_runs(run, observed)
    counts = count(runs, len(wanted))
    status = summarize(run.status, runs, counts)
    status.previous_score = _compared(run, runs, earlier)
    existing = {one.name for one in runs}
    missing = [name for name in wanted if name not in existing]
    names = {one.name for one in runs if not one.is_finished}
    unfinished = [child for child in observed.children if child["metadata"]["name"] in names]
    stop = lifecycle.stop_of(run, now)
    if not unfinished and (stop or not missing):
        status = with_attempts(status, runs, scenario_run.attempts(run.spec, run.status))
    is_cut_short = stop and any(one.is_canceled for one in runs)
    if not missing and not unfinished and not is_cut_short:
        return end(run, status, counts, now)
    if held := lifecycle.decide(run, status, unfinished, now):
        return held
    missing = [name for name in missing if name not in foreign]
    # Those to create count as active: the status is written after they are created.
    new = missing[: max(0, run.spec.parallelism - counts.active)]
    started = {"pending": counts.pending - len(new), "active": counts.active + len(new)}
    status.counts = counts.model_copy(update=started)
    status.phase = "Pending" if is_held(status) else "Running"
    complete = progress(status, foreign)
    event = None if complete.reason == BenchmarkRunReason.RUNNING else waits(run, complete)
    set_condition(run, status, complete, now)
    create = [scenario_run.scenario_run(run, *wanted[name]) for name in new]
    left = lifecycle.seconds_left(run, now)
    return Decision(status, create=create, event=event, requeue=left)


def _compared(
    run: BenchmarkRun, runs: Sequence[ChildRun], earlier: Mapping[str, ChildRun]
) -> PreviousScore | None:
    """`status.previousScore`, with how many of these runs have another score than the run they score again."""
    previous = run.status.previous_score
    if previous is None:
        return None
    before = {name: one.score for name, one in earlier.items()}
    changed = sum(one.is_finished and one.score != before.get(one.name) for one in runs)
    return previous.model_copy(update={"changed": changed})
