"""From ScenarioRuns to counts and scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assay.api.benchmarkrun import BenchmarkRunStatus
from assay.api.blame import CAUSES
from assay.reconcile.benchmarkrun import summary
from assay.reconcile.benchmarkrun.child_run import AgentEnd, ChildRun
from tests.unit.reconcile.child_runs import child, scored, unscored, with_agent, with_lost
from tests.unit.specs.objects import Obj


def summarized(runs: Sequence[Obj], total: int = 10) -> Obj:
    records = [ChildRun.of(run, f"of-{run['metadata']['name']}", 1) for run in runs]
    before = BenchmarkRunStatus(scenarios=["kept"])
    status = summary.summarize(before, records, summary.count(records, total))
    assert before == BenchmarkRunStatus(scenarios=["kept"]), "what was observed is not changed"
    assert status.scenarios == before.scenarios
    return status.model_dump(by_alias=True, exclude_none=True, mode="json")


def counts(**wanted: int) -> dict[str, int]:
    names = (
        *("pending", "active", "scored", "passed", "unscored", "leftOut"),
        *("lostTries", "restarts", "agentsFailed"),
    )
    return {"total": 10, **dict.fromkeys(names, 0), **wanted}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], counts(pending=10)),
        ([child("a"), child("b", phase="Pending"), child("c", phase="Scoring")], counts(pending=7, active=3)),
        ([scored("a", 1.0, True), scored("b", 0.5)], counts(pending=8, scored=2, passed=1)),
        ([unscored("a", "OOMKilled"), child("b")], counts(pending=8, active=1, unscored=1)),
        ([unscored("a", "PodLost"), child("b")], counts(pending=8, active=1, unscored=1, leftOut=1)),
        ([scored("a", 0.0)], counts(pending=9, scored=1)),
        (
            [with_lost(scored("a", 0.0), 2), with_lost(child("b"), 1)],
            counts(pending=8, active=1, scored=1, lostTries=3),
        ),
        (
            [child("a", phase="Complete", score=1.0, passed=True, restarts=2), child("b", restarts=1)],
            counts(pending=8, active=1, scored=1, passed=1, restarts=3),
        ),
        (
            [
                with_agent(scored("a", 0.0), "Completed", 0),
                with_agent(scored("b", 0.0), "Error", 127),
                with_agent(scored("c", 0.0), "DeadlineExceeded", 143),
                with_agent(unscored("d", "OOMKilled"), "OOMKilled", 137),
                with_agent(child("e", phase="Scoring"), "Error", 1),
            ],
            counts(pending=5, active=1, scored=3, unscored=1, agentsFailed=3),
        ),
    ],
)
def test_counts(runs: list[Obj], expected: dict[str, int]) -> None:
    made = summarized(runs)["counts"]
    assert made == expected
    assert made["total"] == made["pending"] + made["active"] + made["scored"] + made["unscored"]


@pytest.mark.parametrize(
    ("runs", "score", "scored_only", "pass_rate"),
    [
        ([], None, None, None),
        ([child("a")], None, None, None),
        ([unscored("a", "Evicted")], 0.0, None, 0.0),
        ([unscored("a", "PodLost")], None, None, None),
        ([unscored("a", "StartError")], None, None, None),
        ([scored("a", 0.0)], 0.0, 0.0, 0.0),
        ([scored("a", 1.0, True), scored("b", 0.5)], 0.75, 0.75, 0.5),
        ([scored("a", 1.0, True), unscored("b", "OOMKilled")], 0.5, 1.0, 0.5),
        ([scored("a", 1.0, True), unscored("b", "PodLost")], 1.0, 1.0, 1.0),
        ([scored("a", 0.5), unscored("b", "Timeout"), unscored("c", "LaunchFailed")], 0.25, 0.5, 0.0),
        ([scored("a", 1.0, True), child("b")], 1.0, 1.0, 1.0),
        ([scored(str(n), 1.0 if n else 0.0, bool(n)) for n in range(3)], 0.666667, 0.666667, 0.666667),
    ],
)
def test_means(
    runs: list[Obj], score: float | None, scored_only: float | None, pass_rate: float | None
) -> None:
    made = summarized(runs)
    assert (made.get("score"), made.get("scoredOnly"), made.get("passRate")) == (
        score,
        scored_only,
        pass_rate,
    )


@pytest.mark.parametrize("reason", CAUSES["Agent"])
def test_no_agent_raises_the_score_by_failing_instead_of_scoring_low(reason: str) -> None:
    good, bad, failed = scored("a", 0.6, True), scored("b", 0.0), unscored("b", reason)
    for field in ("score", "passRate"):
        assert summarized([good, failed])[field] == summarized([good, bad])[field]


@pytest.mark.parametrize("reason", [*CAUSES["Author"], *CAUSES["Infrastructure"], "NodeShutdown"])
def test_what_no_agent_did_does_not_change_the_score(reason: str) -> None:
    runs = [scored("a", 0.6, True), scored("b", 0.0)]
    made, more = summarized(runs), summarized([*runs, unscored("c", reason)])
    for field in ("score", "scoredOnly", "passRate"):
        assert more[field] == made[field]
    assert more["counts"]["leftOut"] == 1


def test_how_agents_ended_is_counted_the_most_frequent_first() -> None:
    runs = [with_agent(scored(f"key-{n}", 0.0), "Error", 1) for n in range(3)]
    runs += [
        with_agent(scored(f"late-{n}", 0.5), "DeadlineExceeded", code) for n, code in enumerate((143, 137))
    ]
    runs += [with_agent(scored("fine", 1.0), "Completed", 0), with_agent(scored("typo", 0.0), "Error", 127)]
    runs += [with_agent(child("active"), "Error", 1), scored("re-scored", 1.0)]
    made = summarized(runs)["agentEnds"]
    assert made == [
        {"reason": "Error", "exitCode": 1, "count": 3},
        {"reason": "DeadlineExceeded", "count": 2},
        {"reason": "Completed", "count": 1},
        {"reason": "Error", "exitCode": 127, "count": 1},
    ]
    assert summarized(runs[::-1])["agentEnds"] == made


def test_causes_are_counted_the_most_frequent_first() -> None:
    runs = [unscored(str(n), "Evicted" if n % 3 else "PodLost") for n in range(9)]
    assert summarized(runs)["unscored"] == [
        {"reason": "Evicted", "count": 6, "blame": "Agent"},
        {"reason": "PodLost", "count": 3, "blame": "Infrastructure"},
    ]


def test_no_cause_no_list() -> None:
    assert not {"unscored", "worst", "agentEnds"} & summarized([scored("a", 1.0, True)]).keys()


def test_the_worst_are_those_that_did_not_pass_unscored_first() -> None:
    runs = [scored("z", 0.5), scored("passed", 0.2, True), scored("a", 0.5), scored("low", 0.0)]
    made = summarized([*runs, unscored("lost", "PodLost"), child("active")])["worst"]
    assert [run["name"] for run in made] == ["lost", "low", "a", "z"]
    assert made[0] == {"name": "lost", "scenario": "of-lost", "reason": "PodLost"}
    assert made[1] == {"name": "low", "scenario": "of-low", "score": 0.0}


def test_a_summary_is_bounded_and_independent_of_order() -> None:
    runs = [unscored(f"u{n:03}", f"Reason{n:03}") for n in range(100)] + [
        scored(f"s{n:03}", n / 100) for n in range(100)
    ]
    runs = [with_agent(one, "Error", number) for number, one in enumerate(runs)]
    made = summarized(runs, 200)
    assert len(made["worst"]) == 10
    assert len(made["agentEnds"]) == 32
    assert len(made["unscored"]) == 32
    other = summarized(runs[::-1], 200)
    assert other["worst"] == made["worst"]
    assert other["counts"] == made["counts"]


def test_equal_counts_of_causes_do_not_change_places() -> None:
    """Else the status would be written anew though nothing changed, each time the listing's order differs."""
    runs = [unscored("a", "Evicted"), unscored("b", "OOMKilled")]
    assert summarized(runs)["unscored"] == summarized(runs[::-1])["unscored"]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (child("a"), ChildRun("a", "s", 2)),
        (child("a", phase="Scoring", score=0.5), ChildRun("a", "s", 2)),
        (scored("a", 0.0), ChildRun("a", "s", 2, score=0.0)),
        (scored("a", 1.0, True), ChildRun("a", "s", 2, score=1.0, passed=True)),
        (unscored("a", "Evicted"), ChildRun("a", "s", 2, unscored_reason="Evicted")),
        (
            with_agent(scored("a", 0.0), "Error", 127),
            ChildRun("a", "s", 2, score=0.0, agent_end=AgentEnd("Error", 127)),
        ),
    ],
    ids=["not started", "scoring", "scored", "passed", "unscored", "agent failed"],
)
def test_the_record_of_a_run(run: Obj, expected: ChildRun) -> None:
    assert ChildRun.of(run, "s", 2) == expected
    assert expected.is_finished == (run["status"].get("phase") in ("Complete", "Failed"))
