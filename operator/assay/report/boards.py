"""The BenchmarkRuns of one benchmark side by side: only their scores can be compared. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import fmean

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.scenariorun import ScenarioRun

from .entries import Entry, entry
from .estimates import Interval, interval


@dataclass(frozen=True)
class Difference:
    """What the first of two entries has over the second, at the scenarios that both have."""

    first: int
    second: int
    scenarios: int
    mean: float
    interval: Interval | None
    """95 %, over the differences of each scenario."""


@dataclass(frozen=True)
class Board:
    """A benchmark, and the entries that ran it, the best first."""

    namespace: str
    benchmark: str
    entries: Sequence[Entry]

    @cached_property
    def scenarios(self) -> list[str]:
        """All scenarios, in the order in which the benchmark names them."""
        return list(dict.fromkeys(name for one in self.entries for name in one.attempts))

    @property
    def ranks(self) -> list[int | None]:
        """The place of each entry; equal scores share one, an entry without a score has none."""
        scores = [one.run.status.score for one in self.entries]
        return [scores.index(score) + 1 if score is not None else None for score in scores]

    @cached_property
    def differences(self) -> list[Difference]:
        """Each pair of entries that have scenarios in common."""
        found = []
        for (first, one), (second, other) in combinations(enumerate(self.entries), 2):
            deltas = [one.means[name] - other.means[name] for name in one.means.keys() & other.means.keys()]
            if deltas:
                found.append(Difference(first, second, len(deltas), fmean(deltas), interval(deltas)))
        return found

    @cached_property
    def unscored(self) -> list[tuple[str, list[int]]]:
        """Each reason for which runs have no score, and how many of each entry; the most frequent first."""
        return _by_reason([{c.reason: c.count for c in e.run.status.unscored or ()} for e in self.entries])

    @cached_property
    def agent_ends(self) -> list[tuple[str, list[int]]]:
        """Each way in which agents ended, and how many of each entry; the most frequent first."""
        counts = []
        for one in self.entries:
            ends: Counter[str] = Counter()
            for end in one.run.status.agent_ends or ():
                ends[end.reason if end.exit_code is None else f"{end.reason}, exit code {end.exit_code}"] += (
                    end.count
                )
            counts.append(ends)
        return _by_reason(counts)


def boards(benchmark_runs: Sequence[BenchmarkRun], scenario_runs: Sequence[ScenarioRun]) -> list[Board]:
    """One board for each benchmark, by namespace and name. A BenchmarkRun has the ScenarioRuns that it controls."""
    children: dict[str, list[ScenarioRun]] = defaultdict(list)
    for run in scenario_runs:
        if run.controller:
            children[run.controller.uid].append(run)
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    by_name = {(run.namespace, run.name): run for run in benchmark_runs}
    for one in benchmark_runs:
        groups[one.namespace, _benchmark(one, by_name)].append(entry(one, children[one.uid]))
    return [Board(*key, sorted(found, key=_best_first)) for key, found in sorted(groups.items())]


def _benchmark(run: BenchmarkRun, by_name: dict[tuple[str, str], BenchmarkRun]) -> str:
    """The benchmark of a run; that of the run it scores again, as far as that one is given."""
    seen: set[str] = set()
    while run.spec.rescore and run.name not in seen:
        seen.add(run.name)
        earlier = run.spec.rescore.benchmark_run_ref.name
        if (run.namespace, earlier) not in by_name:
            return f"that of {earlier}"
        run = by_name[run.namespace, earlier]
    return run.spec.benchmark_ref.name if run.spec.benchmark_ref else run.name


def _best_first(one: Entry) -> tuple[float, str]:
    score = one.run.status.score
    return (-score if score is not None else 1.0, one.run.name)


def _by_reason(counts: Sequence[dict[str, int]]) -> list[tuple[str, list[int]]]:
    reasons = {reason for one in counts for reason in one}
    rows = [(reason, [one.get(reason, 0) for one in counts]) for reason in reasons]
    return sorted(rows, key=lambda row: (-sum(row[1]), row[0]))
