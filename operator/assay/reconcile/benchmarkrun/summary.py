"""From the ScenarioRuns of a BenchmarkRun to its counts and scores. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay.api.benchmarkrun import BenchmarkRunStatus, RunCounts, UnscoredCause, WorstRun
from assay.reconcile.common.score import rounded

from .child_run import ChildRun

WORST_MAX, CAUSES_MAX = 10, 32


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
    )


def summarize(status: BenchmarkRunStatus, runs: Sequence[ChildRun], counts: RunCounts) -> BenchmarkRunStatus:
    """A copy of the status with these counts, and with the scores, causes and worst of these runs."""
    finished = [run for run in runs if run.is_finished]
    points = sum(run.score or 0.0 for run in finished)
    return status.model_copy(
        update={
            "counts": counts,
            "score": rounded(points / counts.scored) if counts.scored else None,
            "score_all": rounded(points / len(finished)) if finished else None,
            "pass_rate": rounded(counts.passed / counts.scored) if counts.scored else None,
            "unscored": _causes(finished),
            "worst": _worst(finished),
        }
    )


def _causes(finished: Sequence[ChildRun]) -> list[UnscoredCause] | None:
    """Why runs have no score, the most frequent reason first; equally frequent ones by name."""
    causes = Counter(run.unscored_reason for run in finished if run.unscored_reason)
    ordered = sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))
    return [UnscoredCause(reason=reason, count=count) for reason, count in ordered[:CAUSES_MAX]] or None


def _worst(finished: Sequence[ChildRun]) -> list[WorstRun] | None:
    """The runs that did not pass: first those without a score, then the lowest scores."""
    failing = [run for run in finished if not run.passed]
    failing.sort(key=lambda run: (-1.0 if run.score is None else run.score, run.name))
    return [
        WorstRun(name=run.name, scenario=run.scenario, score=run.score, reason=run.unscored_reason)
        for run in failing[:WORST_MAX]
    ] or None
