"""A BenchmarkRun that has ended is compared with its baseline once that has ended, too."""

from __future__ import annotations

from datetime import datetime

from assay.api.baseline import Baseline, ChangedScenario, Comparison
from assay.api.benchmarkrun import BenchmarkRun
from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, is_finished, set_condition, true, unknown
from assay.api.reasons import BenchmarkRunReason
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, news
from assay.reconcile.common.score import reaches
from assay.reconcile.common.text import listed

from .comparison import Side, comparison
from .observed import observe
from .own_runs import own_runs

REGRESSED = ConditionType.REGRESSED


def compare(ctx: Context, run: BenchmarkRun, spec: Baseline) -> Decision:
    """The decision about a run that has ended: whether it regressed, or what that waits for."""
    name = spec.benchmark_run_ref.name
    found = ctx.cache.get("BenchmarkRun", run.namespace, name)
    baseline = BenchmarkRun.parse(found) if found else None
    if baseline is None:
        message = f"there is no BenchmarkRun {name} in namespace {run.namespace} to compare with"
        waits = unknown(REGRESSED, BenchmarkRunReason.BASELINE_NOT_FOUND, message)
        return _decision(run, waits, None, ctx.now())
    if not is_finished(baseline.status.conditions):
        message = f"BenchmarkRun {name}, the baseline, has not ended yet"
        waits = unknown(REGRESSED, BenchmarkRunReason.BASELINE_NOT_FINISHED, message)
        return _decision(run, waits, None, ctx.now())
    result = comparison(spec, _side(ctx, baseline), _side(ctx, run))
    return _decision(run, verdict(result, spec.tolerance), result, ctx.now())


def _side(ctx: Context, run: BenchmarkRun) -> Side:
    return Side(frozenset(run.status.scenarios or ()), own_runs(run, observe(ctx, run)).runs)


def verdict(result: Comparison, tolerance: float) -> NewCondition:
    """The condition Regressed by how the two compare."""
    if result.before is None or result.after is None:
        message = f"no scenario can be compared with BenchmarkRun {result.benchmark_run}"
        return unknown(REGRESSED, BenchmarkRunReason.NOTHING_COMPARABLE, message + _incomparable(result))
    message = (
        f"score {result.after:g} over {result.compared} scenarios, {result.before:g} in BenchmarkRun "
        f"{result.benchmark_run} (tolerance {tolerance:g}){_changes(result)}{_incomparable(result)}"
    )
    if reaches(result.after, result.before - tolerance):
        return false(REGRESSED, BenchmarkRunReason.WITHIN_TOLERANCE, message)
    return true(REGRESSED, BenchmarkRunReason.SCORE_DROPPED, message)


def _changes(result: Comparison) -> str:
    changed = result.changed_scenarios or ()
    if not changed:
        return ""
    count = f"; {result.worse} worse, {result.better} better: "
    return count + listed([_in_words(one) for one in changed], result.worse + result.better)


def _in_words(one: ChangedScenario) -> str:
    return f"{one.scenario} ({one.before:g} → {one.after:g})"


def _incomparable(result: Comparison) -> str:
    found = [f"{one.scenario} ({one.reason})" for one in result.incomparable_scenarios or ()]
    return f"; not comparable: {listed(found, result.incomparable)}" if found else ""


def _decision(
    run: BenchmarkRun, regressed: NewCondition, result: Comparison | None, now: datetime
) -> Decision:
    status = run.status.model_copy(update={"baseline": result})
    event = news(run, regressed, "Warning" if regressed.status == "True" else "Normal")
    set_condition(run, status, regressed, now)
    return Decision(status, event=event)
