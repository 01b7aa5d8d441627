"""The end of a BenchmarkRun, with a score or without. No I/O."""

from __future__ import annotations

from datetime import datetime

from assay.api.benchmarkrun import AgentEndCount, BenchmarkRun, BenchmarkRunStatus, RunCounts
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, set_condition, true
from assay.api.reasons import AnyReason, BenchmarkRunReason, EndReason
from assay.reconcile.common.decision import Decision, Event

from .summary import counting

_FAILED = "see the condition Failed"


def end(run: BenchmarkRun, summary: BenchmarkRunStatus, counts: RunCounts, now: datetime) -> Decision:
    """The decision once all ScenarioRuns are finished: the summary of them becomes the result."""
    if summary.score is None:
        causes = ", ".join(f"{cause.reason} ({cause.count})" for cause in summary.unscored or ())
        message = f"no run has a score: {causes}{agents_failed(summary)}"
        return fail(run, summary, BenchmarkRunReason.NOTHING_SCORED, message, now)
    reason = BenchmarkRunReason.ALL_SCORED
    message = f"score {summary.score:g}: {counts.passed} of {counting(counts)} runs passed"
    if counts.unscored:
        reason = BenchmarkRunReason.SOME_UNSCORED
        as_zero = counts.unscored - counts.left_out
        message += (
            f"; without a score: {as_zero} counted as 0, {counts.left_out} left out (see status.unscored)"
        )
    message += agents_failed(summary)
    status = summary.model_copy(update={"phase": "Complete", "completion_time": now})
    set_condition(run, status, true(ConditionType.COMPLETE, reason, message), now)
    return Decision(status, event=Event("Normal", reason, message))


def agents_failed(summary: BenchmarkRunStatus) -> str:
    """The end of a message: how agents ended that did not complete, so that none of that looks like weakness."""
    failed = [end for end in summary.agent_ends or () if end.reason != EndReason.COMPLETED]
    return (
        f"; agents that ended otherwise than Completed: {', '.join(map(_in_words, failed))}" if failed else ""
    )


def _in_words(end: AgentEndCount) -> str:
    code = "" if end.exit_code is None else f" with exit code {end.exit_code}"
    return f"{end.reason}{code} ({end.count})"


def fail(
    run: BenchmarkRun, status: BenchmarkRunStatus, reason: AnyReason, message: str, now: datetime
) -> Decision:
    """The decision if the BenchmarkRun ends without a score, or before it is through, from this status."""
    status = status.model_copy(update={"phase": "Failed", "completion_time": now})
    set_condition(run, status, false(ConditionType.COMPLETE, reason, _FAILED), now)
    set_condition(run, status, true(ConditionType.FAILED, reason, message), now)
    return Decision(status, event=Event("Warning", reason, message))
