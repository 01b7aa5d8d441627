"""When a BenchmarkRun is compared with its baseline, and what its status says until then."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunStatus
from assay.reconcile.benchmarkrun.baseline import compare
from assay.reconcile.common.decision import Decision
from assay.reconcile.references.baseline import awaits_baseline
from assay.specs.scenario_run import name
from tests.unit.reconcile.child_runs import as_stored, scored
from tests.unit.reconcile.contexts import condition, context
from tests.unit.specs.objects import Obj, existing

SPEC = {"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}}
BASELINE = {"benchmarkRunRef": {"name": "old"}, "tolerance": 0.1}


def benchmark_run(of: str, phase: str = "Complete", **spec: Any) -> Obj:
    status = {"phase": phase, "scenarios": ["a", "b"]}
    return existing("BenchmarkRun", of, spec={**SPEC, **spec}, status=status)


def runs(of: str, **scores: float) -> list[Obj]:
    parent = BenchmarkRun.parse(benchmark_run(of))
    children = [scored(name(of, scenario, 1), score) for scenario, score in scores.items()]
    for one in children:
        one["status"]["pinned"] = {"contentHash": "abc"}
    return as_stored(parent, children)


def decision_about(run: Obj, *others: Obj) -> Decision:
    parsed = BenchmarkRun.parse(run)
    assert parsed.spec.baseline is not None
    before = parsed.model_copy(deep=True)
    decision = compare(context(run, *others), parsed, parsed.spec.baseline)
    assert parsed == before, "what was observed is not changed"
    return decision


def regressed(decision: Decision) -> tuple[str, str]:
    found = conditions.find(decision.status.conditions, "Regressed")
    assert found is not None
    return found.status, found.reason


NEW = benchmark_run("new", baseline=BASELINE)


def test_a_baseline_that_does_not_exist_or_has_not_ended_is_waited_for() -> None:
    for others, reason in (
        ([], "BaselineNotFound"),
        ([benchmark_run("old", phase="Running")], "BaselineNotFinished"),
    ):
        decision = decision_about(NEW, *others)
        assert regressed(decision) == ("Unknown", reason)
        assert isinstance(decision.status, BenchmarkRunStatus)
        assert decision.status.baseline is None
        assert decision.status.phase == "Complete", "the run itself has ended"
        assert decision.event is not None
        assert (decision.event.type, decision.event.reason) == ("Normal", reason)


def test_both_are_compared_once_both_have_ended() -> None:
    objects = [benchmark_run("old"), *runs("old", a=1.0, b=1.0), *runs("new", a=1.0, b=0.0)]
    decision = decision_about(NEW, *objects)
    assert regressed(decision) == ("True", "ScoreDropped")
    assert isinstance(decision.status, BenchmarkRunStatus)
    assert decision.status.baseline is not None
    assert (decision.status.baseline.before, decision.status.baseline.after) == (1.0, 0.5)
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", "ScoreDropped")


def test_a_run_that_is_no_worse_is_no_warning() -> None:
    objects = [benchmark_run("old"), *runs("old", a=1.0, b=0.5), *runs("new", a=0.9, b=0.5)]
    decision = decision_about(NEW, *objects)
    assert regressed(decision) == ("False", "WithinTolerance")
    assert decision.event is not None
    assert decision.event.type == "Normal"


def test_runs_that_somebody_else_made_are_not_compared() -> None:
    parent = BenchmarkRun.parse(benchmark_run("new"))
    forged = as_stored(parent, [scored(name("new", "a", 1), 1.0)], agent={"type": "Reference"})
    objects = [benchmark_run("old"), *runs("old", a=1.0, b=1.0), *forged, *runs("new", b=1.0)]
    decision = decision_about(NEW, *objects)
    assert isinstance(decision.status, BenchmarkRunStatus)
    assert decision.status.baseline is not None
    assert decision.status.baseline.compared == 1


@pytest.mark.parametrize(
    ("reason", "status", "awaits"),
    [
        (None, "", True),
        ("BaselineNotFound", "Unknown", True),
        ("BaselineNotFinished", "Unknown", True),
        ("NothingComparable", "Unknown", False),
        ("ScoreDropped", "True", False),
        ("WithinTolerance", "False", False),
    ],
)
def test_a_comparison_is_made_once(reason: str | None, status: str, awaits: bool) -> None:
    run = benchmark_run("new", baseline=BASELINE)
    run["status"]["conditions"] = [condition("Regressed", status, reason)] if reason else []
    assert awaits_baseline(run) == awaits
    assert not awaits_baseline(benchmark_run("new"))
