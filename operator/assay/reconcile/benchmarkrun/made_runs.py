"""Which ScenarioRuns a BenchmarkRun creates, and which of its children are these. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.api.benchmarkrun import BenchmarkRun
from assay.kube_object import KubeObject
from assay.specs import run_content, scenario_run


def sort_children(
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


def wanted_runs(run: BenchmarkRun) -> dict[str, tuple[str, int]]:
    """Scenario and attempt of each ScenarioRun by its name, in the order in which to create them."""
    return {
        scenario_run.name(run.name, scenario, attempt): (scenario, attempt)
        for attempt in range(1, scenario_run.attempts(run.spec, run.status) + 1)
        for scenario in run.status.scenarios or ()
    }
