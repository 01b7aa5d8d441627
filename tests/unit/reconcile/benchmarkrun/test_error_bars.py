"""The error of a mean over scenarios."""

from __future__ import annotations

from math import sqrt

import pytest

from assay.estimators import t_quantile
from assay.reconcile.benchmarkrun.error_bars import estimate
from assay.reconcile.benchmarkrun.tally import tally
from tests.unit.reconcile.benchmarkrun.attempts_of import attempts_of


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [
        (1, 12.7062),
        (2, 4.3027),
        (4, 2.7764),
        (9, 2.2622),
        (10, 2.2281),
        (11, 2.2010),
        (15, 2.1314),
        (30, 2.0423),
        (120, 1.9799),
        (999, 1.9623),
    ],
)
def test_the_quantiles_of_students_t_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert t_quantile(degrees) == pytest.approx(quantile, abs=6e-5)


def test_the_quantiles_fall_towards_that_of_the_normal_distribution() -> None:
    found = [t_quantile(degrees) for degrees in range(1, 1000)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 1.959964


def test_four_scenarios_by_hand() -> None:
    # mean 0.5; deviations 0.5, 0, 0, 0.5: variance 0.5 / 3; standard error √(0.5 / 3 / 4); t(3) = 3.1824
    found = estimate([0.0, 0.5, 0.5, 1.0], 0.0)
    assert found is not None
    error = sqrt(0.5 / 3 / 4)
    assert (found.scenarios, found.mean) == (4, 0.5)
    assert found.standard_error == pytest.approx(error, abs=1e-6)
    assert found.lower == pytest.approx(max(0.0, 0.5 - 3.182446 * error), abs=1e-6)
    assert found.upper == pytest.approx(min(1.0, 0.5 + 3.182446 * error), abs=1e-6)


def test_five_scenarios_whose_interval_is_not_cut() -> None:
    found = estimate([0.4, 0.45, 0.5, 0.55, 0.6], 0.0)
    assert found is not None
    error = sqrt(0.025 / 4 / 5)
    assert found.lower == pytest.approx(0.5 - 2.776445 * error, abs=1e-6)
    assert found.upper == pytest.approx(0.5 + 2.776445 * error, abs=1e-6)


def test_the_interval_is_cut_at_what_is_possible() -> None:
    score, difference = estimate([0.0, 1.0], 0.0), estimate([-1.0, 1.0], -1.0)
    assert score is not None
    assert difference is not None
    assert (score.lower, score.upper) == (0.0, 1.0)
    assert (difference.lower, difference.upper) == (-1.0, 1.0)


def test_one_scenario_has_a_mean_and_no_error() -> None:
    found = estimate([0.7], 0.0)
    assert found is not None
    assert found.model_dump(exclude_none=True) == {"scenarios": 1, "mean": 0.7}
    assert estimate([], 0.0) is None


def test_equal_scenarios_have_no_error() -> None:
    found = estimate([1.0] * 5, 0.0)
    assert found is not None
    assert (found.standard_error, found.lower, found.upper) == (0.0, 1.0, 1.0)


def test_attempts_at_one_scenario_are_not_taken_for_independent_ones() -> None:
    once = [*attempts_of("a", 1.0), *attempts_of("b", 0.0), *attempts_of("c", 1.0)]
    tenfold = [*attempts_of("a", *[1.0] * 10), *attempts_of("b", *[0.0] * 10), *attempts_of("c", *[1.0] * 10)]
    few, many = (estimate([one.mean for one in tally(runs).values()], 0.0) for runs in (once, tenfold))
    assert few == many
