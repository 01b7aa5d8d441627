"""The error of a mean over scenarios. No I/O.

Miller 2024, "Adding Error Bars to Evals": the attempts at one scenario are no independent draws, so each scenario
enters once, by the mean of its attempts, and the error is that of the mean of those. The paper takes 1.96 standard
errors; benchmarks of a few scenarios are common here, for which that is too little: Student's t is exact for them
if the means are normal, and the same from some hundred on.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from assay.api.attempts import Estimate
from assay.reconcile.common.score import rounded

# The 97.5 % quantiles of Student's t with 1 to 9 degrees of freedom, and of the normal distribution.
_T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157)
_Z = 1.959964


def estimate(values: Sequence[float], least: float) -> Estimate | None:
    """The mean of the scenarios' values, which are from `least` to 1.0, with its error; None without values."""
    if not values:
        return None
    mean = fmean(values)
    if len(values) == 1:
        return Estimate(scenarios=1, mean=rounded(mean))
    error = stdev(values) / sqrt(len(values))
    half = t_quantile(len(values) - 1) * error
    return Estimate(
        scenarios=len(values),
        mean=rounded(mean),
        standard_error=rounded(error),
        lower=rounded(max(least, mean - half)),
        upper=rounded(min(1.0, mean + half)),
    )


def t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, to four digits after the point.

    From 10 degrees of freedom on by the expansion of Abramowitz and Stegun 1964, "Handbook of Mathematical
    Functions", 26.7.5.
    """
    if degrees <= len(_T):
        return _T[degrees - 1]
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(degrees) ** power for power, term in enumerate(terms, 1))
