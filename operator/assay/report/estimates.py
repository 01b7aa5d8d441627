"""Estimates from scores: confidence intervals of means, and pass@k. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

_LEVEL = 0.975  # two-sided 95 %
_Z = NormalDist().inv_cdf(_LEVEL)
_FEW = (12.7062, 4.3027, 3.1824, 2.7764)
"""Student's t at that level for 1 to 4 degrees of freedom, where the expansion is too far off."""


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
    middle, reach = fmean(means), _student(len(means) - 1) * deviation / sqrt(len(means))
    return Interval(middle - reach, middle + reach)


def _student(freedom: int) -> float:
    """The quantile of Student's t, to four digits (Abramowitz and Stegun 26.7.5)."""
    if freedom <= len(_FEW):
        return _FEW[freedom - 1]
    z = _Z
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def pass_at_k(attempts: int, passed: int, k: int) -> float:
    """The probability that one of k attempts passes, estimated without bias from k or more, of which some passed."""
    if not 1 <= k <= attempts:
        raise ValueError(f"pass@{k} cannot be estimated from {attempts} attempts")
    return 1.0 - comb(attempts - passed, k) / comb(attempts, k)


def pass_curve(scenarios: Sequence[tuple[int, int]]) -> list[float]:
    """pass@1, pass@2, … as the mean over scenarios, each given by its attempts and how many of them passed.

    It ends where a scenario has no more attempts: all points speak of the same scenarios.
    """
    tried = [(attempts, passed) for attempts, passed in scenarios if attempts]
    longest = min((attempts for attempts, _ in tried), default=0)
    return [fmean(pass_at_k(n, passed, k) for n, passed in tried) for k in range(1, longest + 1)]
