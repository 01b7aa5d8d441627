"""From the ScenarioRuns of a BenchmarkRun to its counts and scores. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from assay.api.benchmarkrun import BenchmarkRunStatus, RunCounts, UnscoredCause, WorstRun
from assay.reconcile.common.objects import is_finished

WORST_MAX, CAUSES_MAX = 10, 32
_DIGITS = 6


def summarize(status: BenchmarkRunStatus, runs: Sequence[Mapping[str, Any]], total: int) -> None:
    """Write counts, scores, causes and the worst runs into the status."""
    ended = [run for run in runs if is_finished(run)]
    active = sum(1 for run in runs if not is_finished(run))
    scored = [run for run in ended if "score" in run["status"]]
    passed = [run for run in scored if run["status"].get("passed")]
    unscored = [run for run in ended if "score" not in run["status"]]
    status.counts = RunCounts(
        total=total,
        pending=total - active - len(ended),
        active=active,
        scored=len(scored),
        passed=len(passed),
        unscored=len(unscored),
    )
    points = sum(run["status"]["score"] for run in scored)
    status.score = round(points / len(scored), _DIGITS) if scored else None
    status.score_all = round(points / len(ended), _DIGITS) if ended else None
    status.pass_rate = round(len(passed) / len(scored), _DIGITS) if scored else None
    causes = Counter(_reason(run) for run in unscored)
    status.unscored = [
        UnscoredCause(reason=reason, count=count)
        for reason, count in sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))[:CAUSES_MAX]
    ] or None
    failing = sorted(
        (run for run in ended if not run["status"].get("passed")),
        key=lambda run: (run["status"].get("score", -1.0), run["metadata"]["name"]),
    )
    status.worst = [_worst(run) for run in failing[:WORST_MAX]] or None


def changed(runs: Mapping[str, Mapping[str, Any]], earlier: Mapping[str, float | None]) -> int:
    """How many runs that have ended have another score than `earlier` says; both by name."""
    return sum(
        1 for name, run in runs.items() if is_finished(run) and run["status"].get("score") != earlier[name]
    )


def _worst(run: Mapping[str, Any]) -> WorstRun:
    return WorstRun(
        name=run["metadata"]["name"],
        scenario=run["spec"]["scenarioRef"]["name"],
        score=run["status"].get("score"),
        reason=None if "score" in run["status"] else _reason(run),
    )


def _reason(run: Mapping[str, Any]) -> str:
    for condition in run["status"].get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            return str(condition["reason"])
    return "Unknown"
