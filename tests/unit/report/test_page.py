"""What the page says of runs: numbers, their order, and what is missing."""

from __future__ import annotations

import pytest

from assay.report import read
from tests.report.made import (
    at,
    benchmark_run,
    condition,
    demo,
    ended,
    pinned,
    scenario_run,
    scored,
    unscored,
)
from tests.unit.report.pages import page


def test_without_runs_there_is_a_page_that_says_so() -> None:
    assert "There is no BenchmarkRun" in page([]).text


def test_a_benchmark_run_that_has_just_been_created_has_a_row() -> None:
    words = page([benchmark_run("ledger-new")]).words()
    assert "new ledger-new Pending: 0 of 0 have ended \N{EN DASH}" in words


def test_runs_without_a_score_are_named_with_their_cause_and_what_they_count_as() -> None:
    run = benchmark_run("ledger-x")
    runs = [
        scored(run, "a", 1.0),
        unscored(run, "b", "OOMKilled"),
        unscored(run, "c", "NodeLost", message="n1 is gone"),
    ]
    found = page(ended(run, runs))
    assert list(found.cells()) == [
        "score 1.00, 1 of 1 passed",
        "score 0.00, 0 of 1 passed, 1 not scored: OOMKilled",
        "1 not scored: NodeLost",
    ]
    assert found.attempts(2)[0] | {"phases": None, "image": None} == {
        "name": "ledger-x-c-1",
        "attempt": 1,
        "state": "Unscored",
        "reason": "NodeLost",
        "blame": "Infrastructure",
        "message": "n1 is gone",
        "contentHash": pinned("c")["contentHash"],
        "started": "2026-11-26 09:00:02 UTC",
        "phases": None,
        "image": None,
    }
    assert "NodeLost 1 left out (infrastructure)" in found.words()
    assert "OOMKilled 1 0 The command" in found.words()


def test_a_run_of_which_no_scenario_is_scored_says_how_it_failed() -> None:
    run = benchmark_run("ledger-x")
    benchmark, *runs = ended(run, [unscored(run, "a", "NodeLost")])
    benchmark["status"]["conditions"] = [condition("Failed", "True", "NothingScored")]
    assert "x ledger-x NothingScored \N{EN DASH} " in page([benchmark, *runs]).words()


def test_unfinished_runs_say_what_they_do_and_their_scores_do_not_count_yet() -> None:
    run = benchmark_run("ledger-x", attempts=2)
    waits = [condition("Complete", "False", "Unschedulable", "0/3 nodes")]
    runs = [
        scored(run, "a", 1.0),
        scenario_run(run, "a", 2, conditions=waits, score=0.9),
        scenario_run(run, "b"),
    ]
    benchmark = {
        **run,
        "status": {"scenarios": ["a", "b"], "counts": {"total": 4, "scored": 1, "active": 2, "pending": 1}},
    }
    benchmark["status"]["conditions"] = [condition("Complete", "False", "Running")]
    found = page([benchmark, *runs])
    assert list(found.cells()) == ["score 1.00, 1 of 1 passed, 1 unfinished", "1 unfinished"]
    assert "Running: 1 of 4 have ended" in found.words()
    assert [one["state"] for one in found.attempts()] == ["Passed", "Unfinished"]
    assert found.attempts()[1]["reason"] == "Unschedulable"
    assert "score" not in found.attempts()[1]


def test_entries_are_ordered_by_score_and_equal_scores_share_a_place() -> None:
    objects = [benchmark_run("ledger-zz")]
    for name, score in {"low": 0.25, "b": 0.5, "a": 0.5, "high": 1.0}.items():
        run = benchmark_run(f"ledger-{name}")
        objects += ended(run, [scored(run, "one", score)])
    words = page(objects).words()
    rows = [
        "1 high ledger-high 1.000",
        "2 a ledger-a 0.500",
        "2 b ledger-b 0.500",
        "4 low ledger-low 0.250",
        "\N{EN DASH} zz ledger-zz",
    ]
    places = [words.index(row) for row in rows]
    assert places == sorted(places)


def test_numbers_of_the_leaderboard_are_the_operators() -> None:
    """Score and rates also when the runs are gone."""
    run = benchmark_run("ledger-x")
    benchmark, *_ = ended(run, [scored(run, "a", 1.0), scored(run, "b", 0.5)])
    assert "x ledger-x 0.750 none: no spread 50.0% 2 0 0" in page([benchmark]).words()


def test_the_interval_is_over_scenarios_and_never_outside_of_scores() -> None:
    run = benchmark_run("ledger-x", attempts=2)
    means = {"a": (1.0, 1.0), "b": (1.0, 0.5), "c": (0.0, 1.0)}
    runs = [
        scored(run, name, score, n) for name, scores in means.items() for n, score in enumerate(scores, 1)
    ]
    # Means 1, 0.75 and 0.5: 0.75 ± 4.3027 · 0.25 / √3
    assert "0.129 to 1.000" in page(ended(run, runs)).words()


def test_a_scenario_of_infrastructure_failures_is_no_part_of_the_interval() -> None:
    run = benchmark_run("ledger-x")
    runs = [scored(run, "a", 1.0), scored(run, "b", 0.9), unscored(run, "c", "NodeLost")]
    assert "0.315 to 1.000" in page(ended(run, runs)).words()  # 0.95 ± 12.7062 · 0.0707 / √2


def test_benchmarks_and_namespaces_are_not_compared_with_each_other() -> None:
    here, there = benchmark_run("ledger-a"), benchmark_run("ledger-a", namespace="other")
    there["metadata"]["uid"] = "another"
    other = benchmark_run("suite-a", "suite")
    headings = [a["id"] for a in page([here, there, other]).all("h1")]
    assert headings == ["board-0", "board-1", "board-2"]


def test_a_re_score_stands_beside_the_run_it_scores_again() -> None:
    first, again = benchmark_run("ledger-a"), benchmark_run("again")
    again["spec"] = {"rescore": {"benchmarkRunRef": {"name": "ledger-a"}}}
    found = page([*ended(first, [scored(first, "s", 0.5)]), *ended(again, [scored(again, "s", 1.0)])])
    assert len(found.all("h1")) == 1
    assert "ledger-a, scored again again 1.000" in found.words()
    alone = page([again])
    assert "that of ledger-a" in alone.words()


def test_a_run_belongs_to_the_benchmark_run_that_controls_it_not_to_one_of_its_name() -> None:
    run, impostor = benchmark_run("ledger-x"), benchmark_run("ledger-x")
    impostor["metadata"]["uid"] = "another"
    stray = scored(impostor, "a", 1.0)
    ownerless = scored(run, "b", 1.0)
    del ownerless["metadata"]["ownerReferences"]
    found = page(
        [
            *ended(run, [scored(run, "a", 0.0)]),
            {**stray, "metadata": {**stray["metadata"], "uid": "s"}},
            ownerless,
        ]
    )
    assert list(found.cells()) == ["score 0.00, 0 of 1 passed"]
    assert "2 ScenarioRuns belong to none of these BenchmarkRuns" in found.words()


def test_contents_that_differ_between_runs_are_marked() -> None:
    one, other = benchmark_run("ledger-a"), benchmark_run("ledger-b")
    same, changed = scored(one, "s", 1.0), scored(other, "s", 1.0, pinned=pinned("s", "edited"))
    found = page(
        [*ended(one, [same, scored(one, "t", 1.0)]), *ended(other, [changed, scored(other, "t", 1.0)])]
    )
    words = found.words()
    assert "≠ 1 differ between runs" in words
    assert pinned("s")["contentHash"] in words
    assert pinned("s", "edited")["contentHash"] in words
    assert "hidden from reports" not in found.html, "problem statements are not for publication"


def test_pass_at_k_is_shown_where_there_are_attempts() -> None:
    assert "apprentice ledger-apprentice 0.050 0.100 0.150 0.200" in page(demo()).words()
    run = benchmark_run("ledger-x")
    assert "pass@k" not in page(ended(run, [scored(run, "a", 1.0)])).text


def test_phases_are_those_that_were_recorded() -> None:
    run = benchmark_run("ledger-x")
    odd = {
        "agent": {"reason": "Completed", "startTime": at(10), "finishTime": at(5)}
    }  # the node's clock was set
    rescored = {"agent": None, "scoringStartTime": at(30)}
    found = page(ended(run, [scored(run, "a", 1.0), scored(run, "b", 1.0, 1, **odd)]))
    assert found.attempts(0)[0]["phases"] == [
        ["Waiting", 2.0],
        ["Starting", 10.0],
        ["Agent", 60.0],
        ["Scoring", 8.0],
    ]
    assert ["Agent", 0.0] in found.attempts(1)[0]["phases"]
    one = scored(run, "a", 1.0, 1, **rescored)
    del one["status"]["agent"]
    again = page(ended(run, [one])).attempts()[0]
    assert again["phases"] == [["Waiting", 2.0], ["Starting", 28.0], ["Scoring", 50.0]]


def test_long_commands_and_parameters_do_not_fill_the_leaderboard() -> None:
    run = benchmark_run("ledger-x", parameters=[{"name": "PROMPT", "value": "do " * 500}])
    run["spec"]["agent"] = {"type": "Command", "command": ["/opt/" + "very-" * 50 + "agent"]}
    words = page([run]).words()
    assert "very-agent ledger-x PROMPT=do do" in words
    assert len(words) < 1500


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "0.2 s"),
        (9.9, "9.9 s"),
        (38.2, "38 s"),
        (61, "1 min"),
        (3599, "1 h 00 min"),
        (11100, "3 h 05 min"),
    ],
)
def test_times_are_as_exact_as_a_reader_needs(seconds: float, shown: str) -> None:
    run = benchmark_run("ledger-x")
    worked = {"reason": "Completed", "startTime": at(12), "finishTime": at(12 + seconds)}
    found = page(ended(run, [scored(run, "a", 1.0, agent=worked, completionTime=at(13 + seconds))]))
    assert f"x ledger-x 2.0 s 10 s {shown} 1.0 s" in found.words()


def test_lists_are_read_like_objects_and_each_object_once() -> None:
    run = benchmark_run("ledger-x")
    objects = ended(run, [scored(run, "a", 1.0)])
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    benchmark_runs, scenario_runs = read([listed, *objects, {"kind": "Pod"}])
    assert (len(benchmark_runs), len(scenario_runs)) == (1, 1)


@pytest.mark.parametrize("wrong", [{}, [], {"kind": "ScenarioRun"}, {"kind": "List", "items": [3]}])
def test_what_is_no_object_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no kind|validation error"):
        read([wrong])


def test_tables_have_captions_and_their_headings_a_scope() -> None:
    found = page(demo())
    assert len(found.all("caption")) == len(found.all("table")) > 5
    assert {heading.get("scope") for heading in found.all("th")} == {"col", "row"}
