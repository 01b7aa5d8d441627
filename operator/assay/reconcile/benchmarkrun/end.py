"""The end of a BenchmarkRun, with a score or without. No I/O."""

from __future__ import annotations

from datetime import datetime

from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunStatus, RunCounts
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, set_condition, true
from assay.api.reasons import AnyReason, BenchmarkRunReason
from assay.reconcile.common.decision import Decision, Event


def end(run: BenchmarkRun, summary: BenchmarkRunStatus, counts: RunCounts, now: datetime) -> Decision:
    """The decision once all ScenarioRuns are finished: the summary of them becomes the result."""
    if counts.scored == 0:
        causes = ", ".join(f"{cause.reason} ({cause.count})" for cause in summary.unscored or ())
        message = f"no run has a score: {causes}"
        return fail(run, summary, BenchmarkRunReason.NOTHING_SCORED, message, now)
    reason = BenchmarkRunReason.ALL_SCORED
    message = f"score {summary.score:g}: {counts.passed} of {counts.scored} scored runs passed"
    if counts.unscored:
        reason = BenchmarkRunReason.SOME_UNSCORED
        message += f"; {counts.unscored} have no score (status.unscored counts the causes)"
    status = summary.model_copy(update={"phase": "Complete", "completion_time": now})
    set_condition(run, status, true(ConditionType.COMPLETE, reason, message), now)
    return Decision(status, event=Event("Normal", reason, message))


def fail(
    run: BenchmarkRun, status: BenchmarkRunStatus, reason: AnyReason, message: str, now: datetime
) -> Decision:
    """The decision if the BenchmarkRun ends without a score; the new status is made from `status`."""
    status = status.model_copy(update={"phase": "Failed", "completion_time": now})
    set_condition(run, status, false(ConditionType.COMPLETE, reason, "the run has no score"), now)
    set_condition(run, status, true(ConditionType.FAILED, reason, message), now)
    return Decision(status, event=Event("Warning", reason, message))
