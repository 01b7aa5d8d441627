"""What a BenchmarkRun tells of its runs while some are unfinished."""

from __future__ import annotations

from datetime import UTC, datetime

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus
from assay.reconcile.benchmarkrun import reconcile
from assay.reconcile.benchmarkrun.observed import Observed
from assay.reconcile.common.decision import Decision
from assay.specs.scenario_run import name
from tests.unit.reconcile.child_runs import (
    as_made,
    benchmark_run,
    child,
    condition_of,
    scored,
    status_of,
    with_agent,
)
from tests.unit.specs.objects import Obj


def decide(children: list[Obj], scenarios: int) -> Decision:
    """About a run of so many scenarios, of which four may be under way."""
    spec = BenchmarkRunSpec.model_validate({"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}})
    parent = benchmark_run(spec, BenchmarkRunStatus(scenarios=[f"s{n}" for n in range(scenarios)]))
    return reconcile.decide(parent, Observed(as_made(parent, children)), datetime(2026, 1, 2, 10, tzinfo=UTC))


def run(scenario: int) -> str:
    return name("b", f"s{scenario}", 1)


def waiting(number: int, reason: str) -> Obj:
    """An unfinished run whose condition Complete has that reason."""
    why = {
        "type": "Complete",
        "status": "False",
        "reason": reason,
        "lastTransitionTime": "2026-01-02T10:00:00Z",
    }
    return child(run(number), phase="Pending", conditions=[why])


def told(decision: Decision) -> tuple[str, str] | None:
    return (decision.event.type, decision.event.reason) if decision.event else None


def test_a_run_all_of_whose_runs_wait_says_what_most_of_them_wait_for() -> None:
    runs = [waiting(0, "Unschedulable"), waiting(1, "FailedMount"), waiting(2, "FailedMount")]
    decision = decide([*runs, scored(run(3), 1.0, True)], scenarios=4)
    assert condition_of(decision, "Complete") == ("False", "FailedMount")
    status, found = status_of(decision), conditions.find(decision.status.conditions, "Complete")
    assert status.phase == "Pending"
    assert [(one.reason, one.count) for one in status.waiting or ()] == [
        ("FailedMount", 2),
        ("Unschedulable", 1),
    ]
    assert found is not None
    assert found.message == (
        "1 of 4 runs have ended; 3 are under way, of which some wait: FailedMount (2), Unschedulable (1)"
    )
    assert told(decision) == ("Warning", "FailedMount")


def test_a_run_some_of_whose_runs_work_is_running_and_says_what_the_others_wait_for() -> None:
    decision = decide(
        [waiting(0, "FailedMount"), waiting(1, "AgentWorking"), waiting(2, "Scoring")], scenarios=3
    )
    assert condition_of(decision, "Complete") == ("False", "Running")
    found = conditions.find(decision.status.conditions, "Complete")
    assert found is not None
    assert "FailedMount (1)" in found.message
    assert status_of(decision).phase == "Running"
    assert told(decision) is None


def test_runs_about_to_be_created_do_not_wait() -> None:
    assert condition_of(decide([waiting(0, "FailedMount")], scenarios=2), "Complete") == (
        "False",
        "Running",
    )


def test_how_agents_ended_is_told_while_others_still_work() -> None:
    failed = [with_agent(scored(run(n), 0.0), "Error", 127) for n in range(2)]
    decision = decide([*failed, child(run(2), phase="Running")], scenarios=3)
    found = conditions.find(decision.status.conditions, "Complete")
    assert found is not None
    assert found.message.endswith("ended otherwise than Completed: Error with exit code 127 (2)")
