"""What `assay watch` shows of a run."""

from __future__ import annotations

from datetime import timedelta

from assay.cli.views.attempts import attempts
from assay.cli.views.progress import causes, headline, screen, time_left
from assay.kube_object import KubeObject
from tests.unit.cli.objects import START, benchmark_run, conditions, run, scored, under_way, unscored

NOW = START + timedelta(minutes=7)
RUNS = [
    scored("a", 1.0),
    scored("b", 0.5),
    unscored("c", "OOMKilled"),
    unscored("d", "NodeLost"),
    under_way("e", "AgentWorking"),
    under_way("f", "Unschedulable"),
]


def shown(*runs: KubeObject, total: int = 8) -> str:
    one = benchmark_run(counts={"total": total})
    return screen(one, attempts(runs, one), NOW)


def test_the_headline_counts_what_has_ended_and_gives_the_score_so_far() -> None:
    one = benchmark_run(counts={"total": 8})
    # 1.0 and 0.5, a 0 for what the agent can have brought about, and the lost node left out.
    assert headline(one, attempts(RUNS, one)) == (
        "monday: 4/8 done, score 0.500 so far, 1 passed, 2 unscored (1 left out)"
    )


def test_a_run_that_has_ended_has_a_score_and_no_time_left() -> None:
    one = benchmark_run(counts={"total": 1}, conditions=conditions(Complete=("True", "AllScored")))
    text = screen(one, attempts([scored("a", 1.0)], one), NOW)
    assert text.startswith("monday: 1/1 done, score 1.000, 1 passed")
    assert "left" not in text


def test_what_is_under_way_is_listed_with_what_it_does_and_its_age() -> None:
    lines = shown(*RUNS).splitlines()
    assert ["e", "1", "AgentWorking", "7m"] in [line.split() for line in lines]
    assert ["f", "1", "Unschedulable", "7m"] in [line.split() for line in lines]
    assert not [line for line in lines if line.startswith("a ")]


def test_many_runs_under_way_do_not_fill_the_screen() -> None:
    text = shown(*(under_way(f"s{number:02}", "AgentWorking") for number in range(40)), total=40)
    assert "… and 25 more" in text
    assert len(text.splitlines()) < 24


def test_exactly_as_many_as_fit_are_no_more() -> None:
    assert "more" not in shown(*(under_way(f"s{number}", "Scoring") for number in range(15)), total=15)


def test_causes_say_who_can_have_brought_them_about() -> None:
    one = benchmark_run()
    found = attempts([*RUNS, unscored("g", "OOMKilled")], one)
    assert causes(found) == ["unscored: 2 OOMKilled (Agent)", "unscored: 1 NodeLost (Infrastructure)"]


def test_time_left_is_what_attempts_took_for_those_left_side_by_side() -> None:
    one = benchmark_run(counts={"total": 5})
    found = attempts([scored("a", 1.0, seconds=60), scored("b", 1.0, seconds=120)], one)
    assert time_left(one, found) == 90 * 3 / 2


def test_there_is_no_time_left_before_the_first_has_ended() -> None:
    one = benchmark_run(counts={"total": 5})
    assert time_left(one, attempts([under_way("a", "Scoring")], one)) is None


def test_what_keeps_a_run_from_starting_is_shown() -> None:
    waits = conditions(Complete=("False", "BenchmarkNotFound"))
    waits[0]["message"] = "there is no Benchmark ledger in namespace team: create it"
    text = screen(benchmark_run(conditions=waits), [], NOW)
    assert "BenchmarkNotFound: there is no Benchmark ledger" in text


def test_runs_with_the_label_that_the_run_does_not_own_are_not_counted() -> None:
    forged = run("x")
    forged["metadata"]["ownerReferences"] = []
    assert attempts([forged, scored("a", 1.0, of="tuesday")], benchmark_run()) == []
