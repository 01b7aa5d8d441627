"""Which ScenarioRuns a BenchmarkRun creates, and how it reports them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus, PreviousScore
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
    with_agent,
)
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)


def decide(children: list[Obj], scenarios: int = 10, attempts: int = 1, parallelism: int = 4) -> Decision:
    spec = BenchmarkRunSpec.model_validate(
        {
            "benchmarkRef": {"name": "all"},
            "agent": {"type": "Nop"},
            "attempts": attempts,
            "parallelism": parallelism,
        }
    )
    status = BenchmarkRunStatus(scenarios=[f"s{n}" for n in range(scenarios)])
    parent = benchmark_run(spec, status)
    return reconcile.decide(parent, Observed(as_made(parent, children)), NOW)


def run(scenario: int, attempt: int = 1) -> str:
    return name("b", f"s{scenario}", attempt)


def active(count: int, start: int = 0) -> list[Obj]:
    return [child(run(n), phase="Running") for n in range(start, start + count)]


def done(count: int, start: int = 0) -> list[Obj]:
    return [scored(run(n), 1.0, True) for n in range(start, start + count)]


@pytest.mark.parametrize(
    ("children", "parallelism", "created"),
    [
        ([], 4, [0, 1, 2, 3]),
        ([], 1, [0]),
        ([], 100, list(range(10))),
        (active(4), 4, []),
        (active(3), 4, [3]),
        (done(4), 4, [4, 5, 6, 7]),
        (done(2) + active(3, 2), 4, [5]),
        (done(8), 4, [8, 9]),
        (active(4), 8, [4, 5, 6, 7]),
        (active(4), 2, []),
        (active(1) + done(3, 1), 2, [4]),
        ([unscored(run(0), "OOMKilled")], 1, [1]),
        ([*active(2, 5)], 4, [0, 1]),
    ],
    ids=[
        "start",
        "one by one",
        "all at once",
        "full",
        "one free",
        "all done",
        "between",
        "the last",
        "raised",
        "lowered",
        "lowered and free",
        "failed ones are over",
        "one was deleted",
    ],
)
def test_the_window(children: list[Obj], parallelism: int, created: list[int]) -> None:
    decision = decide(children, parallelism=parallelism)
    assert [made["metadata"]["name"] for made in decision.create] == [run(n) for n in created]
    counts = status_of(decision).counts
    assert counts is not None
    unfinished = [one for one in children if one["status"]["phase"] == "Running"]
    assert counts.active == len(unfinished) + len(created)
    assert counts.total == counts.pending + counts.active + counts.scored + counts.unscored == 10
    assert condition_of(decision, "Complete") == ("False", "Running")
    assert decision.event is None


def test_each_scenario_is_tried_once_before_any_is_tried_again() -> None:
    made = [one["metadata"]["name"] for one in decide([], 2, attempts=3, parallelism=9).create]
    assert made == [run(0, 1), run(1, 1), run(0, 2), run(1, 2), run(0, 3), run(1, 3)]


def test_what_is_created_is_this_runs_child() -> None:
    [made] = decide([], 1).create
    assert made["metadata"]["ownerReferences"][0]["uid"] == "uid-of-b"
    assert made["spec"] == {
        "scenarioRef": {"name": "s0"},
        "agent": {"type": "Nop"},
        "attempt": 1,
        "snapshotPolicy": "Never",
    }


def test_the_template_reaches_each_run() -> None:
    template = {
        "snapshotPolicy": "OnFailure",
        "snapshotRetention": {"ttlSeconds": 60},
        "volumeSnapshotClassName": "fast",
        "keepDevbox": {"when": "Always", "ttlSeconds": 60},
        "network": {"egress": "None"},
        "scheduling": {"nodeSelector": {"a": "b"}},
    }
    spec = BenchmarkRunSpec.model_validate(
        {"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}, "template": template}
    )
    run = benchmark_run(spec, BenchmarkRunStatus(scenarios=["s0"]))
    [made] = reconcile.decide(run, Observed(), NOW).create
    assert {key: made["spec"][key] for key in template} == template


def again(*children: Obj, earlier: Sequence[Obj] = ()) -> Decision:
    """What a run decides that scores two attempts at two scenarios of BenchmarkRun `old` again."""
    spec = BenchmarkRunSpec.model_validate(
        {"rescore": {"benchmarkRunRef": {"name": "old"}}, "parallelism": 100}
    )
    status = BenchmarkRunStatus(
        scenarios=["s0", "s1"], previous_score=PreviousScore(benchmark_run="old", attempts=2)
    )
    by_name = {one["metadata"]["name"]: one for one in earlier}
    parent = benchmark_run(spec, status)
    return reconcile.decide(parent, Observed(as_made(parent, children), by_name), NOW)


def test_each_run_of_the_earlier_one_is_scored_again() -> None:
    made = again().create
    places = [(0, 1), (1, 1), (0, 2), (1, 2)]
    assert [one["metadata"]["name"] for one in made] == [run(*place) for place in places]
    for one, (scenario, attempt) in zip(made, places, strict=True):
        old = name("old", f"s{scenario}", attempt)
        assert one["spec"] == {
            "scenarioRef": {"name": f"s{scenario}"},
            "rescore": {"scenarioRunRef": {"name": old}},
            "attempt": attempt,
            "snapshotPolicy": "Never",
        }
        assert one["metadata"]["labels"]["assay.dev/rescore-of"] == old


def test_changed_scores_are_counted() -> None:
    children = [
        scored(run(0, 1), 1.0),
        scored(run(1, 1), 0.5),
        unscored(run(0, 2), "NoDiskKept"),
        child(run(1, 2), phase="Running"),
    ]
    earlier = [scored(name("old", f"s{n}", attempt), 1.0) for n in (0, 1) for attempt in (1, 2)]
    previous_score = status_of(again(*children, earlier=earlier)).previous_score
    assert previous_score is not None
    assert previous_score.changed == 2, "another score, and none where there was one; the last goes on"


@pytest.mark.parametrize(
    ("children", "reason", "score", "scored_only"),
    [
        (done(3), "AllScored", 1.0, 1.0),
        ([*done(2), scored(run(2), 0.0)], "AllScored", 0.666667, 0.666667),
        ([*done(2), unscored(run(2), "OOMKilled")], "SomeUnscored", 0.666667, 1.0),
        ([*done(2), unscored(run(2), "PodLost")], "SomeUnscored", 1.0, 1.0),
        ([unscored(run(n), "OOMKilled") for n in range(3)], "SomeUnscored", 0.0, None),
    ],
)
def test_completion(children: list[Obj], reason: str, score: float, scored_only: float | None) -> None:
    decision = decide(children, 3)
    status = status_of(decision)
    assert condition_of(decision, "Complete") == ("True", reason)
    assert condition_of(decision, "Failed") is None
    assert (status.phase, status.score, status.scored_only) == ("Complete", score, scored_only)
    assert status.completion_time == NOW
    assert decision.create == ()
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Normal", reason)


def test_what_the_attempts_say_together_is_worked_out_at_the_end_alone() -> None:
    children = [scored(run(0, 1), 1.0, True), scored(run(0, 2), 0.0), scored(run(1, 1), 0.5)]
    going_on = status_of(decide([*children, child(run(1, 2), phase="Running")], 2, attempts=2))
    assert (going_on.estimate, going_on.solved, going_on.pass_at_k) == (None, None, None)
    ended = status_of(decide([*children, unscored(run(1, 2), "OOMKilled")], 2, attempts=2))
    assert ended.estimate is not None
    assert (ended.estimate.scenarios, ended.estimate.mean, ended.score) == (2, 0.375, 0.375)
    assert ended.estimate.standard_error == 0.125  # of the means 0.5 and 0.25
    assert ended.solved is not None
    assert (ended.solved.some_attempts, ended.solved.no_attempt) == (0.5, 0.5)
    assert [(one.k, one.pass_at_k, one.pass_hat_k) for one in ended.pass_at_k or ()] == [
        (1, 0.25, 0.25),
        (2, 0.5, 0.0),
    ]


def test_each_scenario_weighs_the_same_in_the_estimate_whatever_is_left_out() -> None:
    children = [scored(run(0, n), 1.0, True) for n in (1, 2, 3)]
    children += [scored(run(1, 1), 0.0), unscored(run(1, 2), "PodLost"), unscored(run(1, 3), "PodLost")]
    status = status_of(decide(children, 2, attempts=3))
    assert status.estimate is not None
    assert (status.score, status.estimate.mean) == (0.75, 0.5)


def test_a_run_without_a_score_has_no_estimate() -> None:
    status = status_of(decide([unscored(run(0), "PodLost")], 1))
    assert (status.estimate, status.solved, status.pass_at_k) == (None, None, None)


def test_a_run_of_which_all_is_left_out_has_failed() -> None:
    children = [unscored(run(0), "BootFailed"), unscored(run(1), "PodLost"), unscored(run(2), "PodLost")]
    decision = decide(children, 3)
    assert condition_of(decision, "Failed") == ("True", "NothingScored")
    assert condition_of(decision, "Complete") == ("False", "NothingScored")
    assert decision.status.phase == "Failed"
    assert status_of(decision).score is None
    assert decision.event is not None
    assert "PodLost (2), BootFailed (1)" in decision.event.message


def message_of(*children: Obj) -> str:
    event = decide(list(children), len(children)).event
    assert event is not None
    return event.message


def test_the_message_says_what_is_part_of_the_score() -> None:
    runs = [*done(2), unscored(run(2), "OOMKilled"), unscored(run(3), "Timeout"), unscored(run(4), "PodLost")]
    says = "score 0.5: 2 of 4 runs passed; without a score: 2 counted as 0, 1 left out (see status.unscored)"
    assert message_of(*runs) == says
    assert message_of(*done(2)) == "score 1: 2 of 2 runs passed"


def test_the_message_says_how_agents_ended_that_did_not_complete() -> None:
    runs = [with_agent(scored(run(n), 0.0), "Error", 127) for n in range(3)]
    late = with_agent(unscored(run(3), "PodLost"), "PodLost")
    says = "; agents that ended otherwise than Completed: Error with exit code 127 (3)"
    assert message_of(*runs, with_agent(scored(run(3), 1.0), "Completed", 0)).endswith(says)
    assert message_of(*runs, late).endswith(f"{says}, PodLost (1)")
    assert message_of(late | {"metadata": {**late["metadata"], "name": run(0)}}).endswith(": PodLost (1)")


def test_a_run_that_has_no_disk_to_score_again_counts_as_it_did() -> None:
    children = [
        scored(run(0, 1), 1.0, True),
        *(unscored(run(*one), "NoDiskKept") for one in [(1, 1), (0, 2), (1, 2)]),
    ]
    earlier = [
        scored(name("old", "s0", 1), 1.0, True),
        unscored(name("old", "s1", 1), "DiskFull"),
        unscored(name("old", "s0", 2), "PodLost"),
        scored(name("old", "s1", 2), 1.0, True),
    ]
    status = status_of(again(*children, earlier=earlier))
    assert (status.score, status.scored_only) == (0.5, 1.0)
    assert {cause.reason: cause.blame for cause in status.unscored or ()} == {
        "DiskFull": "Agent",
        "PodLost": "Infrastructure",
        "NoDiskKept": "Infrastructure",
    }
    assert status_of(again(*children)).score == 1.0, "the earlier runs are gone"


def test_causes_are_told_apart() -> None:
    children = [unscored(run(0), "OOMKilled"), unscored(run(1), "Timeout"), *done(1, 2)]
    causes = status_of(decide(children, 3)).unscored
    assert causes is not None
    assert {cause.reason: cause.count for cause in causes} == {"OOMKilled": 1, "Timeout": 1}


def test_runs_of_scenarios_that_were_not_pinned_do_not_count() -> None:
    decision = decide([*done(3), scored("b-foreign-1", 0.0), child("another")], 3)
    assert condition_of(decision, "Complete") == ("True", "AllScored")
    assert status_of(decision).score == 1.0


def test_equal_runs_give_equal_decisions() -> None:
    first, again = (decide(done(2) + active(2, 2), 4) for _ in range(2))
    assert first.status == again.status


def test_what_was_observed_is_not_changed() -> None:
    spec = BenchmarkRunSpec.model_validate({"rescore": {"benchmarkRunRef": {"name": "old"}}})
    previous_score = PreviousScore(benchmark_run="old", attempts=1)
    run_ = benchmark_run(spec, BenchmarkRunStatus(scenarios=["s0", "s1"], previous_score=previous_score))
    before = run_.model_copy(deep=True)
    for children in ([], active(1), done(2), [unscored(run(0), "Evicted"), unscored(run(1), "Evicted")]):
        reconcile.decide(run_, Observed(as_made(run_, children)), NOW)
        assert run_ == before


def test_many_are_summed_up() -> None:
    decision = decide([*done(900), *active(50, 900)], 1000, attempts=10, parallelism=100)
    assert len(decision.create) == 50
