"""From ScenarioRuns to counts and scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assay.api.benchmarkrun import BenchmarkRunStatus
from assay.reconcile.benchmarkrun import summary
from assay.reconcile.benchmarkrun.child_run import ChildRun
from tests.unit.reconcile.child_runs import child, scored, unscored
from tests.unit.specs.objects import Obj


def summarized(runs: Sequence[Obj], total: int = 10) -> Obj:
    records = [ChildRun.of(run, f"of-{run['metadata']['name']}", 1) for run in runs]
    before = BenchmarkRunStatus(scenarios=["kept"])
    status = summary.summarize(before, records, summary.count(records, total))
    assert before == BenchmarkRunStatus(scenarios=["kept"]), "what was observed is not changed"
    assert status.scenarios == before.scenarios
    return status.model_dump(by_alias=True, exclude_none=True, mode="json")


def counts(**wanted: int) -> dict[str, int]:
    zero = {"total": 10, "pending": 0, "active": 0, "scored": 0, "passed": 0, "unscored": 0}
    return {**zero, **wanted}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], counts(pending=10)),
        ([child("a"), child("b", phase="Pending"), child("c", phase="Scoring")], counts(pending=7, active=3)),
        ([scored("a", 1.0, True), scored("b", 0.5)], counts(pending=8, scored=2, passed=1)),
        ([unscored("a", "OOMKilled"), child("b")], counts(pending=8, active=1, unscored=1)),
        ([scored("a", 0.0)], counts(pending=9, scored=1)),
    ],
)
def test_counts(runs: list[Obj], expected: dict[str, int]) -> None:
    made = summarized(runs)["counts"]
    assert made == expected
    assert made["total"] == made["pending"] + made["active"] + made["scored"] + made["unscored"]


@pytest.mark.parametrize(
    ("runs", "score", "score_all", "pass_rate"),
    [
        ([], None, None, None),
        ([child("a")], None, None, None),
        ([unscored("a", "Evicted")], None, 0.0, None),
        ([scored("a", 0.0)], 0.0, 0.0, 0.0),
        ([scored("a", 1.0, True), scored("b", 0.5)], 0.75, 0.75, 0.5),
        ([scored("a", 1.0, True), unscored("b", "OOMKilled")], 1.0, 0.5, 1.0),
        ([scored("a", 1.0, True), child("b")], 1.0, 1.0, 1.0),
        ([scored(str(n), 1.0 if n else 0.0, bool(n)) for n in range(3)], 0.666667, 0.666667, 0.666667),
    ],
)
def test_means(
    runs: list[Obj], score: float | None, score_all: float | None, pass_rate: float | None
) -> None:
    made = summarized(runs)
    assert (made.get("score"), made.get("scoreAll"), made.get("passRate")) == (score, score_all, pass_rate)


def test_causes_are_counted_the_most_frequent_first() -> None:
    runs = [unscored(str(n), "Evicted" if n % 3 else "OOMKilled") for n in range(9)]
    assert summarized(runs)["unscored"] == [
        {"reason": "Evicted", "count": 6},
        {"reason": "OOMKilled", "count": 3},
    ]


def test_no_cause_no_list() -> None:
    assert not {"unscored", "worst"} & summarized([scored("a", 1.0, True)]).keys()


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
    made = summarized(runs, 200)
    assert len(made["worst"]) == 10
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
    ],
    ids=["not started", "scoring", "scored", "passed", "unscored"],
)
def test_the_record_of_a_run(run: Obj, expected: ChildRun) -> None:
    assert ChildRun.of(run, "s", 2) == expected
    assert expected.is_finished == (run["status"].get("phase") in ("Complete", "Failed"))
