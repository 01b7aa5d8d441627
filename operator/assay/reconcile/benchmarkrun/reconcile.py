"""BenchmarkRun: keep at most `parallelism` ScenarioRuns unfinished until each scenario has its attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import is_finished, set_raw_condition
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.specs import scenario_run

from . import scenarios
from .summary import changed, summarize

COMPLETE, FAILED = "Complete", "Failed"


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one benchmark run nearer to its score."""
    run = ctx.cache.get("BenchmarkRun", key.namespace, key.name)
    if run is None or run["metadata"].get("deletionTimestamp"):
        return None
    status = BenchmarkRunStatus.model_validate(run.get("status") or {})
    if conditions.is_true(status.conditions, COMPLETE) or conditions.is_true(status.conditions, FAILED):
        return None
    spec = BenchmarkRunSpec.model_validate(run["spec"])
    if status.scenarios is None:
        return await apply(ctx, run, _start(ctx, run, spec, status), blocked_condition=COMPLETE)
    children = ctx.cache.children("ScenarioRun", run["metadata"]["uid"])
    earlier = scenarios.earlier_scores(ctx, key.namespace, spec)
    decision = decide(run, spec, status, children, earlier, ctx.now())
    # Progress may wait; an end is reported at once.
    decision = ctx.status_rate.limit(run["metadata"]["uid"], decision, decision.status.phase != "Running")
    return await apply(ctx, run, decision, blocked_condition=COMPLETE)


def _start(ctx: Context, run: dict[str, Any], spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> Decision:
    """Pin the scenario list. The ScenarioRuns follow when that is written."""
    now = ctx.now()
    try:
        names, status.previous_score = scenarios.scope(ctx, run["metadata"]["namespace"], spec)
    except ReferenceNotReady as missing:
        status.phase = "Pending"
        set_raw_condition(run, status, COMPLETE, "False", missing.reason, missing.message, now)
        return Decision(status, requeue=missing.retry)
    except InvalidReference as never:
        return _failed(run, status, never.reason, never.message, now)
    status.scenarios, status.start_time, status.phase = names, now, "Running"
    summarize(status, [], len(names) * _attempts(spec, status))
    set_raw_condition(run, status, COMPLETE, "False", "Running", "", now)
    return Decision(status, requeue=0)


def decide(
    run: Mapping[str, Any],
    spec: BenchmarkRunSpec,
    status: BenchmarkRunStatus,
    children: Sequence[Mapping[str, Any]],
    earlier: Mapping[str, float | None],
    now: datetime,
) -> Decision:
    """What to say of a run that has started, and which ScenarioRuns to create. Pure.

    `earlier` has the scores of the run that this one scores again, by the name of its ScenarioRun.
    """
    wanted = _wanted(run["metadata"]["name"], spec, status)
    mine = {child["metadata"]["name"]: child for child in children if child["metadata"]["name"] in wanted}
    summarize(status, list(mine.values()), len(wanted))
    if status.previous_score and spec.rescore:
        names = {
            name: scenario_run.name(spec.rescore.benchmark_run_ref.name, *place)
            for name, place in wanted.items()
        }
        before = {name: earlier.get(names[name]) for name in mine}
        status.previous_score.changed = changed(mine, before)
    active = sum(1 for child in mine.values() if not is_finished(child))
    missing = [name for name in wanted if name not in mine]
    if not missing and not active:
        return _completed(run, status, now)
    new = missing[: max(0, spec.parallelism - active)]
    manifests = [scenario_run.scenario_run(run, spec, *wanted[name]) for name in new]
    if counts := status.counts:
        counts.pending -= len(new)
        counts.active += len(new)
    set_raw_condition(run, status, COMPLETE, "False", "Running", "", now)
    return Decision(status, create=manifests)


def _wanted(parent: str, spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> dict[str, tuple[str, int]]:
    """Scenario and attempt of each ScenarioRun, by its name."""
    return {
        scenario_run.name(parent, scenario, attempt): (scenario, attempt)
        for attempt in range(1, _attempts(spec, status) + 1)
        for scenario in status.scenarios or ()
    }


def _attempts(spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> int:
    return status.previous_score.attempts if status.previous_score else spec.attempts


def _completed(run: Mapping[str, Any], status: BenchmarkRunStatus, now: datetime) -> Decision:
    counts = status.counts
    assert counts is not None
    status.completion_time = now
    if counts.scored == 0:
        causes = ", ".join(f"{cause.reason} ({cause.count})" for cause in status.unscored or ())
        return _failed(run, status, "NothingScored", f"no run has a score: {causes}", now)
    message = f"score {status.score:g}: {counts.passed} of {counts.scored} scored runs passed"
    reason = "AllScored"
    if counts.unscored:
        reason = "SomeUnscored"
        message += f"; {counts.unscored} have no score (status.unscored says why)"
    status.phase = COMPLETE
    set_raw_condition(run, status, COMPLETE, "True", reason, message, now)
    return Decision(status, event=Event("Normal", reason, message))


def _failed(
    run: Mapping[str, Any], status: BenchmarkRunStatus, reason: str, message: str, now: datetime
) -> Decision:
    status.phase, status.completion_time = FAILED, now
    set_raw_condition(run, status, COMPLETE, "False", reason, "the run has no score", now)
    set_raw_condition(run, status, FAILED, "True", reason, message, now)
    return Decision(status, event=Event("Warning", reason, message))
