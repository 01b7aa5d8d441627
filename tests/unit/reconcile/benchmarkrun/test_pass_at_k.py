"""pass@k, pass^k, and how many attempts solve a scenario."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean

import pytest

from assay.api.attempts import PASS_AT_K_MAX
from assay.estimators import pass_at_k, pass_hat_k
from assay.reconcile.benchmarkrun.child_run import ChildRun
from assay.reconcile.benchmarkrun.pass_at_k import sizes, solved, table
from assay.reconcile.benchmarkrun.tally import tally
from tests.unit.reconcile.benchmarkrun.attempts_of import attempts_of
from tests.unit.specs.objects import Obj

EVERY_SAMPLE = [(n, c, k) for n in range(1, 9) for c in range(n + 1) for k in range(1, n + 1)]


@pytest.mark.parametrize(
    ("passed", "k", "at_least_one", "all_of_them"),
    [
        # By hand, n = 3: C(3,1) = 3, C(3,2) = 3, C(3,3) = 1.
        (0, 1, 0.0, 0.0),
        (1, 1, 1 - 2 / 3, 1 / 3),  # C(2,1) = 2; C(1,1) = 1
        (2, 1, 1 - 1 / 3, 2 / 3),  # C(1,1) = 1; C(2,1) = 2
        (3, 1, 1.0, 1.0),
        (1, 2, 1 - 1 / 3, 0.0),  # C(2,2) = 1; C(1,2) = 0
        (2, 2, 1.0, 1 / 3),  # C(1,2) = 0; C(2,2) = 1
        (0, 2, 0.0, 0.0),
        (1, 3, 1.0, 0.0),  # C(2,3) = 0; C(1,3) = 0
        (2, 3, 1.0, 0.0),
        (3, 3, 1.0, 1.0),
    ],
)
def test_three_attempts_by_hand(passed: int, k: int, at_least_one: float, all_of_them: float) -> None:
    assert pass_at_k(3, passed, k) == pytest.approx(at_least_one)
    assert pass_hat_k(3, passed, k) == pytest.approx(all_of_them)


@pytest.mark.parametrize(("n", "c", "k"), EVERY_SAMPLE)
def test_the_estimators_are_the_shares_of_all_choices_of_k_attempts(n: int, c: int, k: int) -> None:
    choices = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(fmean(any(choice) for choice in choices))
    assert pass_hat_k(n, c, k) == pytest.approx(fmean(all(choice) for choice in choices))


@pytest.mark.parametrize(("n", "c", "k"), EVERY_SAMPLE)
def test_more_attempts_never_pass_less_often_and_all_of_more_never_more_often(n: int, c: int, k: int) -> None:
    assert 0 <= pass_hat_k(n, c, k) <= pass_at_k(n, c, k) <= 1
    if k == 1:
        assert pass_at_k(n, c, 1) == pytest.approx(pass_hat_k(n, c, 1)) == pytest.approx(c / n)
    else:
        assert pass_at_k(n, c, k) >= pass_at_k(n, c, k - 1)
        assert pass_hat_k(n, c, k) <= pass_hat_k(n, c, k - 1)


def test_a_hundred_attempts_are_no_burden_of_large_numbers() -> None:
    assert pass_at_k(100, 1, 50) == pytest.approx(0.5)
    assert pass_hat_k(100, 99, 50) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (1, [1]),
        (3, [1, 2, 3]),
        (6, [1, 2, 3, 4, 5, 6]),
        (12, [1, 2, 3, 4, 5, 8, 10, 12]),
        (100, [1, 2, 3, 4, 5, 8, 10, 16, 32, 50, 64, 100]),
    ],
)
def test_which_k_are_reported(attempts: int, expected: list[int]) -> None:
    assert sizes(attempts) == expected


def test_the_list_is_bounded_and_its_keys_are_unique() -> None:
    for attempts in range(1, 101):
        found = sizes(attempts)
        assert found == sorted(set(found))
        assert found[0] == 1
        assert found[-1] == attempts
        assert len(found) <= PASS_AT_K_MAX


def rows(runs: list[ChildRun], attempts: int = 3) -> list[Obj] | None:
    made = table(tally(runs).values(), attempts)
    return [one.model_dump(by_alias=True) for one in made] if made else None


def test_three_attempts_at_three_scenarios() -> None:
    runs = [
        *attempts_of("always", 1.0, 1.0, 1.0),
        *attempts_of("once", 0.0, 1.0, 0.5),
        *attempts_of("never", 0.0, 0.9, 0.0),
    ]
    assert rows(runs) == [
        {"k": 1, "scenarios": 3, "passAtK": 0.444444, "passHatK": 0.444444},  # (1 + 1/3 + 0) / 3
        {
            "k": 2,
            "scenarios": 3,
            "passAtK": 0.555556,
            "passHatK": 0.333333,
        },  # (1 + 2/3 + 0) / 3; (1 + 0 + 0) / 3
        {"k": 3, "scenarios": 3, "passAtK": 0.666667, "passHatK": 0.333333},  # (1 + 1 + 0) / 3
    ]


def test_a_scenario_with_too_few_attempts_that_count_is_left_out_of_that_k() -> None:
    runs = [*attempts_of("whole", 1.0, 0.0, 0.0), *attempts_of("short", 1.0, 1.0, "PodLost")]
    assert rows(runs) == [
        {"k": 1, "scenarios": 2, "passAtK": 0.666667, "passHatK": 0.666667},
        {"k": 2, "scenarios": 2, "passAtK": 0.833333, "passHatK": 0.5},
        {"k": 3, "scenarios": 1, "passAtK": 1.0, "passHatK": 0.0},
    ]


def test_a_k_that_no_scenario_reaches_has_no_entry() -> None:
    assert [one["k"] for one in rows(attempts_of("short", 1.0, 1.0, "PodLost")) or ()] == [1, 2]
    assert rows(attempts_of("lost", "PodLost", "PodLost", "PodLost")) is None


def test_what_an_agent_failed_is_an_attempt_that_did_not_pass() -> None:
    assert rows(attempts_of("s", 1.0, "OOMKilled", "DiskFull")) == rows(attempts_of("s", 1.0, 0.0, 0.0))


def test_the_shares_solved_in_every_some_and_no_attempt() -> None:
    runs = [
        *attempts_of("always", 1.0, 1.0),
        *attempts_of("once", 0.0, 1.0),
        *attempts_of("never", 0.9, "OOMKilled"),
        *attempts_of("as-far-as-it-counts", 1.0, "PodLost"),
        *attempts_of("uncounted", "PodLost", "PodLost"),
    ]
    found = solved(tally(runs).values())
    assert found is not None
    assert found.model_dump() == {"every_attempt": 0.5, "some_attempts": 0.25, "no_attempt": 0.25}
    assert solved([]) is None
