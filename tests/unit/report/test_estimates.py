"""Confidence intervals and pass@k."""

from itertools import combinations

import pytest

from assay.estimators import pass_at_k
from assay.report.estimates import interval, pass_curve


@pytest.mark.parametrize(
    ("count", "quantile"),
    [
        (2, 12.7062),
        (3, 4.3027),
        (5, 2.7764),
        (6, 2.5706),
        (11, 2.2281),
        (31, 2.0423),
        (101, 1.9840),
        (1001, 1.9623),
    ],
)
def test_an_interval_is_students(count: int, quantile: float) -> None:
    """Of 0 and 1 in turn: mean and deviation are known, the quantiles are those of the tables."""
    values = [float(n % 2) for n in range(count)]
    mean = sum(values) / count
    deviation = (sum((v - mean) ** 2 for v in values) / (count - 1)) ** 0.5
    found = interval(values)
    assert found
    reach = quantile * deviation / count**0.5
    assert found == pytest.approx((mean - reach, mean + reach), abs=1e-3)


def test_more_scenarios_make_it_narrower() -> None:
    few, many = interval([0.0, 1.0] * 5), interval([0.0, 1.0] * 50)
    assert few
    assert many
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize("values", [[], [0.5], [1.0, 1.0, 1.0]])
def test_without_a_spread_there_is_none(values: list[float]) -> None:
    assert interval(values) is None


def test_pass_at_k_is_the_share_of_choices_with_one_that_passed() -> None:
    for attempts in range(1, 7):
        for passed in range(attempts + 1):
            for k in range(1, attempts + 1):
                choices = [any(n < passed for n in chosen) for chosen in combinations(range(attempts), k)]
                assert pass_at_k(attempts, passed, k) == pytest.approx(sum(choices) / len(choices))


@pytest.mark.parametrize("k", [0, 4])
def test_pass_at_k_needs_k_attempts(k: int) -> None:
    with pytest.raises(ValueError, match="3 attempts"):
        pass_at_k(3, 1, k)


def test_a_curve_is_the_mean_over_scenarios_and_rises() -> None:
    assert pass_curve([(4, 0), (4, 1), (4, 4)]) == pytest.approx([1.25 / 3, 1.5 / 3, 1.75 / 3, 2 / 3])


def test_a_curve_ends_where_a_scenario_has_no_more_attempts() -> None:
    assert len(pass_curve([(4, 0), (2, 1)])) == 2


def test_scenarios_of_which_no_run_counts_are_no_part_of_a_curve() -> None:
    assert pass_curve([(0, 0), (2, 2)]) == [1.0, 1.0]
    assert pass_curve([(0, 0)]) == []
