"""What a BenchmarkRun tells of its ScenarioRuns while some are unfinished. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from assay.api.benchmarkrun import BenchmarkRunStatus, RunCounts
from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false
from assay.api.reasons import BenchmarkRunReason, ForeignReason
from assay.reconcile.common.text import listed

from .end import agents_failed


def progress(status: BenchmarkRunStatus, foreign: Sequence[str]) -> NewCondition:
    """The condition Complete. If none of the unfinished runs works, its reason is what most of them wait for."""
    if foreign:
        message = (
            f"these ScenarioRuns say that this run made them, but are not what it makes: {listed(foreign)}"
        )
        cure = "they do not count; delete them, and it makes its own"
        return false(ConditionType.COMPLETE, BenchmarkRunReason.FOREIGN_RUNS, f"{message}; {cure}")
    counts, waiting = status.counts or RunCounts(), status.waiting or []
    message = f"{counts.scored + counts.unscored} of {counts.total} runs have ended"
    if waiting:
        causes = ", ".join(f"{one.reason} ({one.count})" for one in waiting)
        message += f"; {counts.active} are under way, of which some wait: {causes}"
    reason = ForeignReason(waiting[0].reason) if is_held(status) else BenchmarkRunReason.RUNNING
    return false(ConditionType.COMPLETE, reason, message + agents_failed(status))


def is_held(status: BenchmarkRunStatus) -> bool:
    """Whether all unfinished runs wait."""
    waiting = sum(one.count for one in status.waiting or ())
    return waiting > 0 and status.counts is not None and waiting >= status.counts.active
