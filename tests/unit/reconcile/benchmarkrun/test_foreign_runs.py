"""ScenarioRuns that say that a BenchmarkRun made them, but are not what it makes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus
from assay.reconcile.benchmarkrun import reconcile
from assay.reconcile.benchmarkrun.observed import Observed
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs.scenario_run import name
from tests.unit.reconcile.child_runs import as_made, benchmark_run, child, condition_of, scored
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
RUN, OTHER = (name("b", scenario, 1) for scenario in ("s0", "s1"))


FORGED: list[Obj] = [
    {"agent": {"type": "Command", "command": ["sh", "-c", "echo 42 > /answer"]}},
    {"agent": {"type": "Nop", "env": [{"name": "A", "value": "b"}]}},
    {"parameters": [{"name": "A", "value": "b"}]},
    {"network": {"egress": "Any"}},
    {"scenarioRef": {"name": "s1"}},
    {"attempt": 2},
    {"rescore": {"scenarioRunRef": {"name": "good"}}},
    {"agent": {"type": "Unheard-of"}},
]


@pytest.mark.parametrize("changes", FORGED)
@pytest.mark.parametrize("ended", [False, True])
def test_a_child_that_the_run_would_not_create_does_not_count(changes: Obj, ended: bool) -> None:
    spec = BenchmarkRunSpec.model_validate({"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}})
    parent = benchmark_run(spec, BenchmarkRunStatus(scenarios=["s0", "s1"]))
    forged = as_made(parent, [scored(RUN, 1.0)] if ended else [child(RUN, phase="Running")], **changes)
    decision = reconcile.decide(parent, Observed([*forged, *as_made(parent, [scored(OTHER, 1.0)])]), NOW)
    assert isinstance(decision.status, BenchmarkRunStatus)
    counts = decision.status.counts
    assert counts
    assert (counts.total, counts.pending, counts.active, counts.scored) == (2, 1, 0, 1)
    assert not decision.create, "its name is taken"
    assert condition_of(decision, "Complete") == ("False", "ForeignRuns")
    condition = conditions.find(decision.status.conditions, "Complete")
    assert condition
    assert RUN in condition.message
    assert OTHER not in condition.message


def test_what_a_default_adds_to_a_child_makes_it_no_other() -> None:
    spec = BenchmarkRunSpec.model_validate({"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}})
    parent = benchmark_run(spec, BenchmarkRunStatus(scenarios=["s0"]))
    [child_] = as_made(parent, [child(RUN, phase="Running")])
    del child_["spec"]["snapshotPolicy"]
    decision = reconcile.decide(parent, Observed([TRANSFORMS["ScenarioRun"](child_)]), NOW)
    assert condition_of(decision, "Complete") == ("False", "Running")


def test_an_annotation_makes_no_child() -> None:
    spec = BenchmarkRunSpec.model_validate({"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}})
    parent = benchmark_run(spec, BenchmarkRunStatus(scenarios=["s0"]))
    [honest] = as_made(parent, [child(RUN, phase="Running")])
    forged = {**honest, "spec": {**honest["spec"], **FORGED[0]}}
    decision = reconcile.decide(parent, Observed([TRANSFORMS["ScenarioRun"](forged)]), NOW)
    assert condition_of(decision, "Complete") == ("False", "ForeignRuns")
