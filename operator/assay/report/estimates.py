"""Estimates from scores: confidence intervals of means, and pass@k. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import NamedTuple

from assay.estimators import pass_at_k, t_quantile


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def interval(means: Sequence[float]) -> Interval | None:
    """The 95 % confidence interval (Student's t) of the mean of these values, one for each scenario.

    The scenarios are taken as a sample of all that could be asked. Attempts at one scenario are not independent, so
    their mean is one value. None: fewer than two values, or all are equal; nothing is known of how far the mean is off.
    """
    if len(means) < 2 or (deviation := stdev(means)) == 0.0:
        return None
    middle, reach = fmean(means), t_quantile(len(means) - 1) * deviation / sqrt(len(means))
    return Interval(middle - reach, middle + reach)


def pass_curve(scenarios: Sequence[tuple[int, int]]) -> list[float]:
    """pass@1, pass@2, … as the mean over scenarios, each given by its attempts and how many of them passed.

    It ends where a scenario has no more attempts: all points speak of the same scenarios.
    """
    tried = [(attempts, passed) for attempts, passed in scenarios if attempts]
    longest = min((attempts for attempts, _ in tried), default=0)
    return [fmean(pass_at_k(n, passed, k) for n, passed in tried) for k in range(1, longest + 1)]
