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
from assay.estimators import t_quantile
from assay.reconcile.common.score import rounded


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
