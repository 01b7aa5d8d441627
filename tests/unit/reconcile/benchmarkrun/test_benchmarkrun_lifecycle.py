"""A BenchmarkRun that is canceled, suspended, or whose time is over: its ScenarioRuns follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunSpec, BenchmarkRunStatus
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
    unscored,
)
from tests.unit.reconcile.contexts import context
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
CANCEL: dict[str, Any] = {"cancel": True}
SUSPEND: dict[str, Any] = {"suspend": True}


def run(scenario: int) -> str:
    return name("b", f"s{scenario}", 1)


def parent(status: BenchmarkRunStatus | None = None, **spec: Any) -> BenchmarkRun:
    """A run of five scenarios that began a minute ago, unless its status says otherwise."""
    base = {"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}, "parallelism": 2}
    begun = BenchmarkRunStatus(scenarios=[f"s{n}" for n in range(5)], start_time=NOW - timedelta(minutes=1))
    return benchmark_run(BenchmarkRunSpec.model_validate({**base, **spec}), status or begun)


def decide(*children: Obj, status: BenchmarkRunStatus | None = None, **spec: Any) -> Decision:
    made = parent(status, **spec)
    return reconcile.decide(made, Observed(as_made(made, children)), NOW)


def patched(decision: Decision) -> dict[str, Obj]:
    return {one["metadata"]["name"]: change for one, change in decision.patch}


def active(scenario: int) -> Obj:
    """An unfinished run."""
    return child(run(scenario), phase="Running")


RUNS = (scored(run(0), 1.0, True), active(1), active(2))


# --- cancel ---


def test_unfinished_runs_are_canceled_and_no_more_are_created() -> None:
    decision = decide(*RUNS, **CANCEL)
    assert patched(decision) == {run(n): {"spec": {"cancel": True}} for n in (1, 2)}
    assert not decision.create
    assert condition_of(decision, "Complete") == ("False", "Canceled")
    assert condition_of(decision, "Failed") is None, "it has not ended before they have"


def test_a_run_that_is_being_canceled_already_is_not_told_again() -> None:
    made = parent(**CANCEL)
    children = as_made(made, RUNS[1:], cancel=True)
    decision = reconcile.decide(made, Observed(children), NOW)
    assert patched(decision) == {}
    counts = status_of(decision).counts
    assert counts is not None
    assert counts.active == 2, "they are this run's all the same"


def test_a_canceled_run_ends_with_the_score_over_what_was_scored() -> None:
    runs = [RUNS[0], scored(run(1), 0.0), unscored(run(2), "Canceled"), unscored(run(3), "OOMKilled")]
    decision = decide(*runs, **CANCEL)
    status = status_of(decision)
    assert condition_of(decision, "Failed") == ("True", "Canceled")
    assert condition_of(decision, "Complete") == ("False", "Canceled")
    assert (status.phase, status.completion_time) == ("Failed", NOW)
    assert status.score == pytest.approx(1 / 3, abs=1e-6), "what was canceled is left out, what failed is not"
    counts = status.counts
    assert counts is not None
    assert (counts.scored, counts.unscored, counts.left_out, counts.pending, counts.active) == (2, 2, 1, 1, 0)
    assert {one.reason: (one.count, one.blame) for one in status.unscored or ()} == {
        "Canceled": (1, "Author"),
        "OOMKilled": (1, "Agent"),
    }
    assert decision.event is not None
    assert "4 of 5 runs have ended, score 0.333333 over 3" in decision.event.message


@pytest.mark.parametrize("spec", [CANCEL, {"activeDeadlineSeconds": 60}], ids=["canceled", "deadline"])
def test_it_says_what_its_attempts_say_together_once_it_has_ended(spec: Obj) -> None:
    runs = [RUNS[0], scored(run(1), 0.0), unscored(run(2), "Canceled")]
    ending = status_of(decide(*runs, active(3), **spec))
    assert (ending.estimate, ending.solved, ending.pass_at_k) == (None, None, None)
    status = status_of(decide(*runs, **spec))
    assert status.estimate is not None
    assert (status.estimate.scenarios, status.estimate.mean) == (2, 0.5)
    assert status.solved is not None
    assert status.solved.every_attempt == 0.5
    assert [(one.k, one.pass_at_k) for one in status.pass_at_k or ()] == [(1, 0.5)]


def test_a_run_that_is_suspended_has_not_ended() -> None:
    suspended = status_of(decide(RUNS[0], **SUSPEND))
    assert (suspended.estimate, suspended.pass_at_k) == (None, None)


def test_a_run_all_of_whose_runs_have_ended_is_complete_though_it_is_canceled_then() -> None:
    decision = decide(*(scored(run(n), 1.0, True) for n in range(5)), **CANCEL)
    assert condition_of(decision, "Complete") == ("True", "AllScored")


@pytest.mark.parametrize(
    ("spec", "reason"), [(CANCEL, "Canceled"), ({"activeDeadlineSeconds": 60}, "RunDeadlineExceeded")]
)
def test_a_run_all_of_whose_runs_exist_is_cut_short_if_any_was_canceled(spec: Obj, reason: str) -> None:
    runs = [*(scored(run(n), 1.0, True) for n in range(4)), unscored(run(4), "Canceled")]
    assert condition_of(decide(*runs, **spec), "Failed") == ("True", reason)
    assert condition_of(decide(*runs), "Complete") == ("True", "SomeUnscored"), (
        "one by hand is that one's end"
    )


def test_a_run_that_is_canceled_before_it_starts_needs_nothing_to_fail() -> None:
    decision = reconcile.start(context(), parent(BenchmarkRunStatus(), **CANCEL))
    assert condition_of(decision, "Failed") == ("True", "Canceled")


# --- deadline ---


def test_at_its_deadline_a_run_ends_like_one_that_is_canceled() -> None:
    decision = decide(*RUNS, activeDeadlineSeconds=60)
    assert patched(decision) == {run(n): {"spec": {"cancel": True}} for n in (1, 2)}
    assert condition_of(decision, "Complete") == ("False", "RunDeadlineExceeded")
    over = decide(RUNS[0], unscored(run(1), "Canceled"), activeDeadlineSeconds=60)
    assert condition_of(over, "Failed") == ("True", "RunDeadlineExceeded")
    assert status_of(over).score == 1.0


def test_until_then_it_goes_on_and_is_looked_at() -> None:
    decision = decide(RUNS[0], active(1), activeDeadlineSeconds=61)
    assert [made["metadata"]["name"] for made in decision.create] == [run(2)]
    assert decision.requeue == 1


# --- suspend ---


def test_a_run_that_is_created_suspended_waits_for_nothing_but_that() -> None:
    decision = reconcile.start(context(), parent(BenchmarkRunStatus(), **SUSPEND))
    assert condition_of(decision, "Suspended") == ("True", "Suspended")
    assert condition_of(decision, "Complete") == ("False", "Suspended")
    status = status_of(decision)
    assert (status.phase, status.scenarios) == ("Suspended", None)
    resumed = reconcile.start(context(), parent(status))
    assert condition_of(resumed, "Suspended") == ("False", "Resumed")
    assert resumed.requeue == 0
    waits = reconcile.start(context(), parent(status_of(resumed)))
    assert condition_of(waits, "Complete") == ("False", "BenchmarkNotFound")


def test_unfinished_runs_are_suspended_and_no_more_are_created() -> None:
    decision = decide(RUNS[0], active(1), **SUSPEND)
    assert patched(decision) == {run(1): {"spec": {"suspend": True}}}
    assert not decision.create
    status = status_of(decision)
    assert condition_of(decision, "Suspended") == ("True", "Suspended")
    assert condition_of(decision, "Complete") == ("False", "Suspended")
    assert (status.phase, status.start_time) == ("Suspended", None)
    assert status.score == 1.0
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Normal", "Suspended")


def test_they_go_on_with_it_and_its_time_begins_anew() -> None:
    suspended = status_of(decide(*RUNS, **SUSPEND))
    made = parent(suspended, activeDeadlineSeconds=60)
    children = as_made(made, RUNS[1:], suspend=True)
    decision = reconcile.decide(made, Observed(children), NOW + timedelta(days=1))
    assert patched(decision) == {run(n): {"spec": {"suspend": False}} for n in (1, 2)}
    assert condition_of(decision, "Suspended") == ("False", "Resumed")
    assert status_of(decision).start_time == NOW + timedelta(days=1)
    assert decision.requeue == 0
    going_on = decide(RUNS[0], status=status_of(decision))
    assert len(going_on.create) == 2
    assert condition_of(going_on, "Complete") == ("False", "Running")


def test_a_run_that_was_suspended_by_hand_goes_on_with_its_benchmark_run() -> None:
    made = parent()
    children = as_made(made, [active(1)], suspend=True)
    assert patched(reconcile.decide(made, Observed(children), NOW)) == {run(1): {"spec": {"suspend": False}}}


def test_runs_that_end_while_it_is_suspended_count() -> None:
    decision = decide(*(scored(run(n), 1.0, True) for n in range(5)), **SUSPEND)
    assert condition_of(decision, "Complete") == ("True", "AllScored")


def test_runs_of_others_are_neither_canceled_nor_suspended() -> None:
    made = parent(**CANCEL)
    foreign = as_made(made, [active(1)], attempt=7)
    assert patched(reconcile.decide(made, Observed(foreign), NOW)) == {}


# --- labels ---


def test_the_queue_reaches_each_run_and_no_other_label_does() -> None:
    made = parent()
    made.metadata.labels.update(
        {
            "kueue.x-k8s.io/queue-name": "agents",
            "app": "shop",
            "app.kubernetes.io/instance": "argo",
            "assay.dev/scenario": "forged",
        }
    )
    [first, *_] = reconcile.decide(made, Observed(), NOW).create
    labels = first["metadata"]["labels"]
    assert labels["kueue.x-k8s.io/queue-name"] == "agents"
    assert labels["assay.dev/scenario"] == "s0"
    assert not {"app", "app.kubernetes.io/instance"} & labels.keys()
