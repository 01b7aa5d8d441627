"""A BenchmarkRun beside its baseline: what is compared, what changed, what that means."""

from __future__ import annotations

import pytest

from assay.api.baseline import Baseline, Comparison
from assay.reconcile.benchmarkrun.baseline import verdict
from assay.reconcile.benchmarkrun.child_run import ChildRun
from assay.reconcile.benchmarkrun.comparison import Side, comparison
from tests.unit.reconcile.benchmarkrun.attempts_of import attempts_of

Runs = list[ChildRun]


def compared(before: Runs, after: Runs, tolerance: float = 0.0, **more: list[str]) -> Comparison:
    """The comparison; `old` and `new` are scenarios of one side of which no run is there."""
    spec = Baseline.model_validate({"benchmarkRunRef": {"name": "old"}, "tolerance": tolerance})
    sides = [
        Side({*(one.scenario for one in runs), *more.get(name, [])}, runs)
        for name, runs in (("old", before), ("new", after))
    ]
    return comparison(spec, *sides)


def each(**scores: float) -> Runs:
    return [run for scenario, score in scores.items() for run in attempts_of(scenario, score)]


def test_the_means_of_the_scenarios_are_compared() -> None:
    before = [*attempts_of("a", 1.0, 1.0), *attempts_of("b", 0.0, 1.0), *attempts_of("c", 0.5, 0.5)]
    after = [*attempts_of("a", 1.0), *attempts_of("b", 0.0, 0.0), *attempts_of("c", 0.7, 0.5)]
    assert compared(before, after).model_dump(by_alias=True, exclude_none=True) == {
        "benchmarkRun": "old",
        "compared": 3,
        "worse": 1,
        "better": 1,
        "incomparable": 0,
        "before": 0.666667,
        "after": 0.533333,
        "difference": {
            "scenarios": 3,
            "mean": -0.133333,  # (0 - 0.5 + 0.1) / 3
            "standardError": 0.185592,  # √((0.017778 + 0.134444 + 0.054444) / 2 / 3)
            "lower": -0.931872,
            "upper": 0.665205,
        },
        "changedScenarios": [
            {"scenario": "b", "before": 0.5, "after": 0.0},
            {"scenario": "c", "before": 0.5, "after": 0.6},
        ],
    }


@pytest.mark.parametrize(
    ("before", "after", "tolerance", "expected"),
    [
        (each(a=1.0), each(a=1.0), 0.0, ("False", "WithinTolerance")),
        (each(a=0.5), each(a=1.0), 0.0, ("False", "WithinTolerance")),
        (each(a=1.0), each(a=0.99), 0.0, ("True", "ScoreDropped")),
        (each(a=1.0), each(a=0.9), 0.1, ("False", "WithinTolerance")),
        (each(a=0.3), each(a=0.2), 0.1, ("False", "WithinTolerance")),
        (each(a=1.0), each(a=0.899), 0.1, ("True", "ScoreDropped")),
        (each(a=1.0, b=0.0), each(a=0.0, b=1.0), 0.0, ("False", "WithinTolerance")),
        (each(a=1.0, b=1.0), each(a=0.0, b=1.0), 0.4, ("True", "ScoreDropped")),
        (each(a=1.0, b=1.0), each(a=1.0, c=0.0), 0.0, ("False", "WithinTolerance")),
        (each(a=1.0), each(b=1.0), 0.0, ("Unknown", "NothingComparable")),
        ([], [], 1.0, ("Unknown", "NothingComparable")),
    ],
    ids=[
        "equal",
        "better",
        "worse",
        "at the tolerance",
        "at the tolerance, but for rounding",
        "beyond the tolerance",
        "as much better as worse",
        "a mean beyond the tolerance",
        "others are not compared",
        "no scenario in common",
        "nothing at all",
    ],
)
def test_the_verdict(before: Runs, after: Runs, tolerance: float, expected: tuple[str, str]) -> None:
    found = verdict(compared(before, after, tolerance), tolerance)
    assert (found.status, found.reason) == expected


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([], attempts_of("x", 1.0), "NotInBaseline"),
        (attempts_of("x", 1.0), [], "NotInRun"),
        (attempts_of("x", 1.0), attempts_of("x", "PodLost"), "NothingCounted"),
        (attempts_of("x", "PodLost"), attempts_of("x", 1.0), "NothingCounted"),
        (attempts_of("x", 1.0), attempts_of("x", 1.0, content="edited"), "ContentDiffers"),
        (
            [*attempts_of("x", 1.0), *attempts_of("x", 1.0, content="edited")],
            [*attempts_of("x", 1.0), *attempts_of("x", 1.0, content="edited")],
            "ContentDiffers",
        ),
        (attempts_of("x", 1.0, content=None), attempts_of("x", 1.0, content=None), "ContentDiffers"),
    ],
    ids=[
        "not in the baseline",
        "not in the run",
        "all left out",
        "all left out in the baseline",
        "edited",
        "edited during both runs",
        "unknown content",
    ],
)
def test_why_a_scenario_is_not_compared(before: Runs, after: Runs, reason: str) -> None:
    result = compared([*each(a=1.0), *before], [*each(a=0.5), *after])
    assert (result.compared, result.incomparable, result.before, result.after) == (1, 1, 1.0, 0.5)
    found = [(one.scenario, one.reason) for one in result.incomparable_scenarios or ()]
    assert found == [("x", reason)]
    assert f"not comparable: x ({reason})" in verdict(result, 0.0).message


def test_scenarios_have_changed_whose_means_differ_by_more_than_the_tolerance() -> None:
    before = each(equal=0.5, lower=0.5, low=0.5, higher=0.5, high=0.5)
    after = each(equal=0.5, lower=0.39, low=0.4, higher=0.61, high=0.6)
    result = compared(before, after, 0.1)
    assert (result.worse, result.better) == (1, 1)
    assert [one.scenario for one in result.changed_scenarios or ()] == ["lower", "higher"]


def test_a_scenario_whose_runs_are_gone_is_not_compared() -> None:
    result = compared(each(a=1.0), each(a=1.0, b=1.0), old=["b"])
    assert [one.reason for one in result.incomparable_scenarios or ()] == ["NothingCounted"]


def test_what_an_agent_failed_is_compared_as_0() -> None:
    result = compared(each(a=1.0), attempts_of("a", "OOMKilled"))
    assert (result.after, result.worse) == (0.0, 1)


def test_the_lists_are_bounded_and_begin_with_the_largest_drop() -> None:
    names = [f"s{n:03}" for n in range(100)]
    before = each(**dict.fromkeys(names, 1.0), **{f"old{n}": 1.0 for n in range(30)})
    after = each(**{name: n / 100 for n, name in enumerate(reversed(names))})
    result = compared(before, after)
    assert (result.compared, result.worse, result.incomparable) == (100, 100, 30)
    changed = [one.scenario for one in result.changed_scenarios or ()]
    assert changed == names[:-21:-1]
    assert len(result.incomparable_scenarios or ()) == 20
    message = verdict(result, 0.0).message
    assert "100 worse, 0 better: s099 (1 → 0)" in message
    assert "and 95 more" in message
    assert "and 25 more" in message


def test_the_message_names_both_scores_and_the_tolerance() -> None:
    result = compared(each(a=1.0, b=0.5, c=0.0), each(a=0.0, b=0.5, c=0.5), 0.05)
    assert verdict(result, 0.05).message == (
        "score 0.333333 over 3 scenarios, 0.5 in BenchmarkRun old (tolerance 0.05); "
        "1 worse, 1 better: a (1 → 0), c (0 → 0.5)"
    )
