"""Which scenarios a BenchmarkRun is about, and why it has to wait."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRun
from assay.reconcile.benchmarkrun.observed import observe
from assay.reconcile.benchmarkrun.reconcile import start
from assay.reconcile.benchmarkrun.scenarios import scope_of
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.specs.scenario_run import scenario_run
from tests.unit.reconcile.contexts import context, scenario
from tests.unit.specs.objects import Obj, existing

OF_BENCHMARK = {"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}}
AGAIN = {"rescore": {"benchmarkRunRef": {"name": "old"}}}


def benchmark(*names: str, **spec: Any) -> Obj:
    return existing("Benchmark", "all", spec={"scenarios": [{"name": name} for name in names], **spec})


def old(**status: Any) -> Obj:
    return existing("BenchmarkRun", "old", spec={**OF_BENCHMARK, "attempts": 2}, status=status)


FINISHED = {"phase": "Complete", "completionTime": "2026-01-02T10:00:00Z", "score": 0.5, "passRate": 0.25}


def run_with(spec: Obj) -> BenchmarkRun:
    return BenchmarkRun.parse(existing("BenchmarkRun", "b", spec=spec))


def scope(spec: Obj, *objects: Obj) -> tuple[list[str], Obj | None]:
    names, previous_score = scope_of(context(*objects), run_with(spec))
    return names, previous_score.model_dump(by_alias=True, exclude_none=True) if previous_score else None


@pytest.mark.parametrize(
    ("spec", "objects", "reason", "named"),
    [
        (OF_BENCHMARK, [], "BenchmarkNotFound", "all"),
        (OF_BENCHMARK, [benchmark()], "BenchmarkEmpty", "all"),
        (OF_BENCHMARK, [benchmark("a", "b"), scenario("a")], "ScenarioNotFound", "b"),
        (
            OF_BENCHMARK,
            [benchmark("a", "b", requireValidated=True), scenario("a", validated=3), scenario("b")],
            "ScenariosNotValidated",
            "b",
        ),
        (
            OF_BENCHMARK,
            [benchmark("edited", requireValidated=True), scenario("edited", validated=2)],
            "ScenariosNotValidated",
            "edited",
        ),
        (AGAIN, [], "BenchmarkRunNotFound", "old"),
        (AGAIN, [old(scenarios=["a"])], "BenchmarkRunNotFinished", "old"),
        (AGAIN, [old(**FINISHED)], "NothingToRescore", "old"),
    ],
)
def test_why_a_run_does_not_start(spec: Obj, objects: list[Obj], reason: str, named: str) -> None:
    with pytest.raises((ReferenceNotReady, InvalidReference)) as caught:
        scope(spec, *objects)
    assert isinstance(caught.value, ReferenceNotReady | InvalidReference)
    assert caught.value.reason == reason
    assert named in caught.value.message.split()


@pytest.mark.parametrize("required", [True, False])
def test_a_benchmarks_scenarios(required: bool) -> None:
    proved = 3 if required else None
    objects = [benchmark("a", "b", requireValidated=required), scenario("a", proved), scenario("b", proved)]
    assert scope(OF_BENCHMARK, *objects) == (["a", "b"], None)


def test_the_scenarios_and_attempts_of_the_run_that_is_scored_again() -> None:
    expected = {"benchmarkRun": "old", "attempts": 2, "score": 0.5, "passRate": 0.25, "changed": 0}
    assert scope(AGAIN, old(scenarios=["a", "b"], **FINISHED)) == (["a", "b"], expected)


def test_a_rescore_can_be_scored_again() -> None:
    twice = old(
        scenarios=["a"], previous_score={"benchmarkRun": "first", "attempts": 7, "changed": 0}, **FINISHED
    )
    _, previous_score = scope(AGAIN, twice)
    assert previous_score is not None
    assert previous_score["attempts"] == 7


def earlier_run(benchmark_run: Obj, **changes: Any) -> Obj:
    """Its first attempt at scenario a; `changes` are to the spec."""
    made = scenario_run(BenchmarkRun.parse(benchmark_run), "a", 1)
    owners, spec = made["metadata"]["ownerReferences"], {**made["spec"], **changes}
    return existing("ScenarioRun", "old-a-1", owner_references=owners, spec=spec, status={"score": 0.5})


def test_earlier_runs_are_found_by_name() -> None:
    parent = old(scenarios=["a"])
    run = earlier_run(parent)
    foreign = existing("ScenarioRun", "other", spec={}, status={"score": 1.0})
    run_again = run_with(AGAIN)
    [(name, found)] = observe(context(parent, run, foreign), run_again).earlier.items()
    assert (name, found["status"]) == ("old-a-1", {"score": 0.5})
    assert observe(context(run), run_again).earlier == {}


@pytest.mark.parametrize(
    "changes", [{"agent": {"type": "Reference"}}, {"attempt": 2}, {"scenarioRef": {"name": "b"}}]
)
def test_a_forged_run_is_none_of_the_earlier_ones(changes: Obj) -> None:
    parent = old(scenarios=["a"])
    assert observe(context(parent, earlier_run(parent, **changes)), run_with(AGAIN)).earlier == {}


def test_a_run_that_starts_counts_all_its_runs_as_pending() -> None:
    objects = [benchmark("a", "b"), scenario("a"), scenario("b")]
    decision = start(context(*objects), run_with({**OF_BENCHMARK, "attempts": 3}))
    status = decision.status.model_dump(exclude_none=True)
    assert (status["phase"], status["scenarios"]) == ("Running", ["a", "b"])
    assert (status["counts"]["total"], status["counts"]["pending"]) == (6, 6)
    assert decision.create == ()
    assert decision.requeue == 0


@pytest.mark.parametrize(
    ("objects", "condition", "reason"),
    [([], "Complete", "BenchmarkNotFound"), ([benchmark()], "Failed", "BenchmarkEmpty")],
)
def test_a_run_waits_for_what_may_come_and_fails_otherwise(
    objects: list[Obj], condition: str, reason: str
) -> None:
    decision = start(context(*objects), run_with(OF_BENCHMARK))
    found = conditions.find(decision.status.conditions, condition)
    assert found is not None
    assert (found.status, found.reason) == ("True" if condition == "Failed" else "False", reason)
    assert decision.status.phase == ("Failed" if condition == "Failed" else "Pending")
    assert decision.event
    assert (decision.event.type, decision.event.reason) == (
        "Warning" if condition == "Failed" else "Normal",
        reason,
    )
