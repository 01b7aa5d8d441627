"""From the scores of functions to that of a run, and its threshold."""

from __future__ import annotations

import math

import pytest

from assay.api.scenariorun import FunctionScore
from assay.reconcile.common.score import reaches
from assay.reconcile.common.score import total as total_of


def result(score: float, weight: float) -> FunctionScore:
    return FunctionScore(name="x", weight=weight, state="Complete", score=score)


@pytest.mark.parametrize(
    ("parts", "total"),
    [
        ([(1.0, 1.0)], 1.0),
        ([(0.0, 1.0)], 0.0),
        ([(1.0, 0.7), (0.0, 0.3)], 0.7),
        ([(0.0, 0.7), (1.0, 0.3)], 0.3),
        ([(1.0, 0.7), (1.0, 0.3)], 1.0),
        ([(1.0, 0.1)] * 10, 1.0),
        ([(1.0, 7.0), (0.0, 3.0)], 0.7),
        ([(1.0, 2.0), (0.5, 2.0)], 0.75),
        ([(1.0, 1 / 3), (1.0, 1 / 3), (1.0, 1 / 3)], 1.0),
        ([(1.0, 1e-9), (0.0, 1e6)], 0.0),
        ([(0.3, 1.0), (0.6, 1.0)], 0.45),
    ],
)
def test_the_total_is_the_weighted_mean(parts: list[tuple[float, float]], total: float) -> None:
    value = total_of([result(score, weight) for score, weight in parts])
    assert value == total
    assert math.copysign(1.0, value) == 1.0


@pytest.mark.parametrize(
    ("score", "threshold", "reached"),
    [
        (1.0, 1.0, True),
        (0.999999, 1.0, False),
        (0.99, 1.0, False),
        (0.7, 0.7, True),
        (0.699999, 0.7, False),
        (total_of([result(1.0, 0.1), result(1.0, 0.2), result(0.0, 0.7)]), 0.3, True),
        (0.0, 0.000001, False),
        (1.0, 0.5, True),
    ],
)
def test_the_threshold_counts_as_reached(score: float, threshold: float, reached: bool) -> None:
    assert reaches(score, threshold) is reached
