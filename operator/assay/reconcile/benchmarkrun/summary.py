"""From the ScenarioRuns of a BenchmarkRun to its counts and scores. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.api.benchmarkrun import (
    AgentEndCount,
    BenchmarkRunStatus,
    RunCounts,
    UnscoredCause,
    WaitingCause,
    WorstRun,
)
from assay.api.blame import blame
from assay.api.reasons import EndReason
from assay.reconcile.common.score import rounded

from .child_run import ChildRun
from .error_bars import estimate
from .pass_at_k import solved, table
from .tally import tally

WORST_MAX, CAUSES_MAX, ENDS_MAX = 10, 32, 32


def count(runs: Sequence[ChildRun], total: int) -> RunCounts:
    """The counts of these runs, of which there are to be `total`."""
    finished = [run for run in runs if run.is_finished]
    scored = sum(run.score is not None for run in finished)
    return RunCounts(
        total=total,
        pending=total - len(runs),
        active=len(runs) - len(finished),
        scored=scored,
        passed=sum(run.passed for run in finished),
        unscored=len(finished) - scored,
        left_out=sum(run.is_left_out for run in finished),
        lost_tries=sum(run.lost_tries for run in runs),
        restarts=sum(run.restarts for run in runs),
        agents_failed=sum(run.agent_end.reason != EndReason.COMPLETED for run in finished if run.agent_end),
    )


def counting(counts: RunCounts) -> int:
    """Of how many runs `score` is the mean: those with a score, and those that count as 0."""
    return counts.scored + counts.unscored - counts.left_out


def summarize(status: BenchmarkRunStatus, runs: Sequence[ChildRun], counts: RunCounts) -> BenchmarkRunStatus:
    """A copy of the status with these counts, and with the scores, causes, worst and agents of these runs."""
    finished = [run for run in runs if run.is_finished]
    points = sum(run.score or 0.0 for run in finished)
    return status.model_copy(
        update={
            "counts": counts,
            "score": _mean(points, counting(counts)),
            "scored_only": _mean(points, counts.scored),
            "pass_rate": _mean(counts.passed, counting(counts)),
            "agent_ends": _agent_ends(finished),
            "waiting": _waiting(runs),
            "unscored": _causes(finished),
            "worst": _worst(finished),
        }
    )


def with_attempts(status: BenchmarkRunStatus, runs: Sequence[ChildRun], attempts: int) -> BenchmarkRunStatus:
    """A copy of the status with what the attempts say together, for a run that ends with these runs."""
    tallies = tally(runs).values()
    return status.model_copy(
        update={
            "estimate": estimate([one.mean for one in tallies], 0.0),
            "solved": solved(tallies),
            "pass_at_k": table(tallies, attempts),
        }
    )


def _mean(total: float, runs: int) -> float | None:
    return rounded(total / runs) if runs else None


def _agent_ends(finished: Sequence[ChildRun]) -> list[AgentEndCount] | None:
    """How agents ended, the most frequent end first; equally frequent ones by name."""
    ends = Counter(run.agent_end for run in finished if run.agent_end)
    ordered = sorted(ends.items(), key=lambda item: (-item[1], item[0].reason, item[0].exit_code or 0))
    return [AgentEndCount(**end._asdict(), count=count) for end, count in ordered[:ENDS_MAX]] or None


def _waiting(runs: Sequence[ChildRun]) -> list[WaitingCause] | None:
    """What unfinished runs wait for."""
    causes = _most_frequent(run.waits_for for run in runs)
    return [WaitingCause(reason=reason, count=count) for reason, count in causes] or None


def _causes(finished: Sequence[ChildRun]) -> list[UnscoredCause] | None:
    """Why runs have no score."""
    causes = _most_frequent(run.unscored_reason for run in finished)
    return [
        UnscoredCause(reason=reason, count=count, blame=blame(reason)) for reason, count in causes
    ] or None


def _most_frequent(reasons: Iterable[str | None]) -> list[tuple[str, int]]:
    """The reasons that there are, the most frequent first; equally frequent ones by name."""
    counted = Counter(reason for reason in reasons if reason)
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:CAUSES_MAX]


def _worst(finished: Sequence[ChildRun]) -> list[WorstRun] | None:
    """The runs that did not pass: first those without a score, then the lowest scores."""
    failing = [run for run in finished if not run.passed]
    failing.sort(key=lambda run: (-1.0 if run.score is None else run.score, run.name))
    return [
        WorstRun(name=run.name, scenario=run.scenario, score=run.score, reason=run.unscored_reason)
        for run in failing[:WORST_MAX]
    ] or None
