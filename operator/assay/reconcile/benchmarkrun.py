"""BenchmarkRun: keep at most `parallelism` ScenarioRuns unfinished until each scenario has its attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus
from assay.build import scenariorun as build
from assay.engine.store import Key

from . import runscope
from .context import Context
from .images import NotAvailable
from .keptdisks import Impossible
from .objects import is_over, say
from .outcome import Note, Outcome, act
from .pace import paced
from .rollup import changed, summarize

COMPLETE, FAILED = "Complete", "Failed"


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one benchmark run nearer to its score."""
    run = ctx.store.get("BenchmarkRun", key.namespace, key.name)
    if run is None or run["metadata"].get("deletionTimestamp"):
        return None
    status = BenchmarkRunStatus.model_validate(run.get("status") or {})
    if conditions.is_true(status.conditions, COMPLETE) or conditions.is_true(status.conditions, FAILED):
        ctx.progress.pop(run["metadata"]["uid"], None)
        return None
    spec = BenchmarkRunSpec.model_validate(run["spec"])
    if status.scenarios is None:
        return await act(ctx, run, _start(ctx, run, spec, status), gate=COMPLETE)
    children = ctx.store.children("ScenarioRun", run["metadata"]["uid"])
    earlier = runscope.earlier_scores(ctx, key.namespace, spec)
    outcome = decide(run, spec, status, children, earlier, ctx.now())
    # Progress may wait; an end is reported at once.
    return await act(ctx, run, paced(ctx, run, outcome, outcome.status.phase != "Running"), gate=COMPLETE)


def _start(ctx: Context, run: dict[str, Any], spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> Outcome:
    """Pin the scenario list. The ScenarioRuns follow when that is written."""
    now = ctx.now()
    try:
        scenarios, status.rescored = runscope.scope(ctx, run["metadata"]["namespace"], spec)
    except NotAvailable as missing:
        status.phase = "Pending"
        say(run, status, COMPLETE, "False", missing.reason, missing.message, now)
        return Outcome(status, requeue=missing.retry)
    except Impossible as never:
        return _failed(run, status, never.reason, never.message, now)
    status.scenarios, status.start_time, status.phase = scenarios, now, "Running"
    summarize(status, [], len(scenarios) * _attempts(spec, status))
    say(run, status, COMPLETE, "False", "Running", "", now)
    return Outcome(status, requeue=0)


def decide(
    run: Mapping[str, Any],
    spec: BenchmarkRunSpec,
    status: BenchmarkRunStatus,
    children: Sequence[Mapping[str, Any]],
    earlier: Mapping[str, float | None],
    now: datetime,
) -> Outcome:
    """What to say of a run that has started, and which ScenarioRuns to create. Pure.

    `earlier` has the scores of the run that this one scores again, by the name of its ScenarioRun.
    """
    wanted = _wanted(run["metadata"]["name"], spec, status)
    mine = {child["metadata"]["name"]: child for child in children if child["metadata"]["name"] in wanted}
    summarize(status, list(mine.values()), len(wanted))
    if status.rescored and spec.rescore_of:
        names = {name: build.name(spec.rescore_of.name, *place) for name, place in wanted.items()}
        before = {name: earlier.get(names[name]) for name in mine}
        status.rescored.changed = changed(mine, before)
    active = sum(1 for child in mine.values() if not is_over(child))
    missing = [name for name in wanted if name not in mine]
    if not missing and not active:
        return _completed(run, status, now)
    new = missing[: max(0, spec.parallelism - active)]
    manifests = [build.scenario_run(run, spec, *wanted[name]) for name in new]
    if counts := status.counts:
        counts.pending -= len(new)
        counts.active += len(new)
    say(run, status, COMPLETE, "False", "Running", "", now)
    return Outcome(status, create=manifests)


def _wanted(parent: str, spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> dict[str, tuple[str, int]]:
    """Scenario and attempt of each ScenarioRun, by its name."""
    return {
        build.name(parent, scenario, attempt): (scenario, attempt)
        for attempt in range(1, _attempts(spec, status) + 1)
        for scenario in status.scenarios or ()
    }


def _attempts(spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> int:
    return status.rescored.attempts if status.rescored else spec.attempts


def _completed(run: Mapping[str, Any], status: BenchmarkRunStatus, now: datetime) -> Outcome:
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
    say(run, status, COMPLETE, "True", reason, message, now)
    return Outcome(status, note=Note("Normal", reason, message))


def _failed(
    run: Mapping[str, Any], status: BenchmarkRunStatus, reason: str, message: str, now: datetime
) -> Outcome:
    status.phase, status.completion_time = FAILED, now
    say(run, status, COMPLETE, "False", reason, "the run has no score", now)
    say(run, status, FAILED, "True", reason, message, now)
    return Outcome(status, note=Note("Warning", reason, message))
