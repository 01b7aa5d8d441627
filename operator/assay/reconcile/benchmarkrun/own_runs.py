"""The ScenarioRuns that count for a BenchmarkRun: those that it makes, and no others. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assay.api.benchmarkrun import BenchmarkRun
from assay.kube_object import KubeObject
from assay.specs import run_content, scenario_run

from .child_run import ChildRun
from .observed import Observed
from .scenarios import attempts


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
    wanted = _wanted(run)
    made, foreign = _sorted(run, observed.children, wanted)
    runs = [ChildRun.of(child, *wanted[child["metadata"]["name"]]) for child in made]
    earlier = _earlier(run, runs, observed)
    return OwnRuns([one.with_cause_of(earlier.get(one.name)) for one in runs], wanted, foreign, earlier)


def _wanted(run: BenchmarkRun) -> dict[str, tuple[str, int]]:
    """Scenario and attempt of each ScenarioRun by its name, in the order in which to create them."""
    return {
        scenario_run.name(run.name, scenario, attempt): (scenario, attempt)
        for attempt in range(1, attempts(run.spec, run.status) + 1)
        for scenario in run.status.scenarios or ()
    }


def _sorted(
    run: BenchmarkRun, children: Sequence[KubeObject], wanted: Mapping[str, tuple[str, int]]
) -> tuple[list[KubeObject], list[str]]:
    """The children that are what the run creates, and the names of those that are not: somebody else made them."""
    made: list[KubeObject] = []
    foreign: list[str] = []
    if not wanted:
        return made, foreign
    common = run_content.common_hash(scenario_run.scenario_run(run, *next(iter(wanted.values())))["spec"])
    for child in children:
        place = wanted.get(child["metadata"]["name"])
        if place and run_content.is_same(child, scenario_run.own_part(run, *place), common):
            made.append(child)
        else:
            foreign.append(child["metadata"]["name"])
    return made, sorted(foreign)


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
