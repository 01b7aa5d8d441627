"""A BenchmarkRun with its ScenarioRuns: a row of the leaderboard, a column of the matrix. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, quantiles

from assay.api.agent import RunAgent
from assay.api.benchmarkrun import BenchmarkRun, RunCounts
from assay.api.condition_types import ConditionType
from assay.api.conditions import find, is_finished, is_true
from assay.api.scenariorun import ScenarioRun

from .attempts import PHASES, PhaseTime, phase_times, points, state, total_seconds
from .estimates import Interval, interval, pass_curve

NAME_MAX = 40


@dataclass(frozen=True)
class Entry:
    """One BenchmarkRun. Its score, pass rate and counts are the operator's; the rest is estimated from its runs."""

    run: BenchmarkRun
    attempts: Mapping[str, Sequence[ScenarioRun]]
    """By scenario, in the order of the attempts."""

    @property
    def agent(self) -> str:
        """The agent's name; what it is, if it has none."""
        if rescore := self.run.spec.rescore:
            return f"{rescore.benchmark_run_ref.name}, scored again"
        return _agent_name(self.run.spec.agent)

    @property
    def counts(self) -> RunCounts:
        """How many runs there are, by what became of them."""
        return self.run.status.counts or RunCounts()

    @property
    def is_finished(self) -> bool:
        """Whether all its runs have ended."""
        return is_finished(self.run.status.conditions)

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without a score."""
        return is_true(self.run.status.conditions, ConditionType.FAILED)

    @property
    def reason(self) -> str | None:
        """What it does, or how it ended."""
        conditions = self.run.status.conditions
        found = find(conditions, ConditionType.FAILED if self.has_failed else ConditionType.COMPLETE)
        return found.reason if found else None

    @cached_property
    def means(self) -> dict[str, float]:
        """The mean of each scenario of which at least one run counts."""
        counted = {
            name: [p for run in runs if (p := points(run)) is not None]
            for name, runs in self.attempts.items()
        }
        return {name: fmean(values) for name, values in counted.items() if values}

    @cached_property
    def interval(self) -> Interval | None:
        """The 95 % confidence interval of the score, over the scenarios; a score is never outside 0 to 1."""
        found = interval(list(self.means.values()))
        return Interval(max(0.0, found.low), min(1.0, found.high)) if found else None

    @cached_property
    def pass_curve(self) -> list[float]:
        """pass@1, pass@2, … of the runs that count."""
        return pass_curve([self.tally(name) for name in self.attempts])

    def tally(self, scenario: str) -> tuple[int, int]:
        """How many runs of a scenario count, and how many of them passed."""
        counted = [run for run in self.attempts.get(scenario, ()) if points(run) is not None]
        return len(counted), sum(state(run) == "Passed" for run in counted)

    @cached_property
    def phase_means(self) -> list[PhaseTime]:
        """Mean seconds of each phase, over the runs that had it."""
        seconds: dict[str, list[float]] = defaultdict(list)
        for run in self._runs():
            for phase, length in phase_times(run):
                seconds[phase].append(length)
        return [PhaseTime(phase, fmean(seconds[phase])) for phase in PHASES if seconds[phase]]

    @cached_property
    def slowest(self) -> float | None:
        """Seconds from creation to end that 95 % of the runs did not exceed."""
        totals = [total for run in self._runs() if (total := total_seconds(run)) is not None]
        return (
            quantiles(totals, n=20, method="inclusive")[-1] if len(totals) > 1 else next(iter(totals), None)
        )

    def _runs(self) -> list[ScenarioRun]:
        return [run for runs in self.attempts.values() for run in runs]


def entry(run: BenchmarkRun, scenario_runs: Sequence[ScenarioRun]) -> Entry:
    """A BenchmarkRun with those of its ScenarioRuns that are of a scenario."""
    attempts: dict[str, list[ScenarioRun]] = {name: [] for name in run.status.scenarios or ()}
    for one in scenario_runs:
        if one.spec.scenario_ref:
            attempts.setdefault(one.spec.scenario_ref.name, []).append(one)
    return Entry(
        run, {name: sorted(runs, key=lambda r: (r.spec.attempt, r.name)) for name, runs in attempts.items()}
    )


def _agent_name(agent: RunAgent | None) -> str:
    if agent is None:
        return "no agent"
    if agent.ref:
        return agent.ref.name
    return _short(agent.command[0]) if agent.command else agent.type or "no agent"


def _short(program: str) -> str:
    """The end of a path tells programs apart; a program may be a script of many lines."""
    line = " ".join(program.split())
    return line if len(line) <= NAME_MAX else f"…{line[1 - NAME_MAX :]}"
