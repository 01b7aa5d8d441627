"""The ScenarioRuns that count for a BenchmarkRun: those that it makes, and no others. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assay.api.benchmarkrun import BenchmarkRun
from assay.specs import scenario_run

from .child_run import ChildRun
from .made_runs import sort_children, wanted_runs
from .observed import Observed


class OwnRuns(NamedTuple):
    """The ScenarioRuns of a BenchmarkRun."""

    runs: list[ChildRun]
    wanted: dict[str, tuple[str, int]]
    """Scenario and attempt of each ScenarioRun to make, by its name, in the order in which to create them."""
    foreign: list[str]
    """Names of children that are not what the run creates: somebody else made them."""
    earlier: dict[str, ChildRun]
    """The runs that these runs score again, by the names of these; empty if this is no re-score."""


def own_runs(run: BenchmarkRun, observed: Observed) -> OwnRuns:
    """The records of the runs that a BenchmarkRun made."""
    wanted = wanted_runs(run)
    made, foreign = sort_children(run, observed.children, wanted)
    runs = [ChildRun.of(child, *wanted[child["metadata"]["name"]]) for child in made]
    earlier = _earlier(run, runs, observed)
    return OwnRuns([one.with_cause_of(earlier.get(one.name)) for one in runs], wanted, foreign, earlier)


def _earlier(run: BenchmarkRun, runs: Sequence[ChildRun], observed: Observed) -> dict[str, ChildRun]:
    """The runs that these runs score again, by the names of these; empty if this is no re-score."""
    previous = run.status.previous_score
    if previous is None:
        return {}
    earlier: dict[str, ChildRun] = {}
    for one in runs:
        name = scenario_run.name(previous.benchmark_run, one.scenario, one.attempt)
        if found := observed.earlier.get(name):
            earlier[one.name] = ChildRun.of(found, one.scenario, one.attempt)
    return earlier
