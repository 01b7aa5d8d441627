"""What the attempts of a BenchmarkRun say together: how sure the score is, and what several attempts solve."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .meta import Model

PASS_AT_K_MAX = 16


class Estimate(Model):
    """A mean over scenarios with its error. Each scenario counts once, by the mean of its attempts."""

    scenarios: int
    """Of how many scenarios it is the mean: those with an attempt that is part of `score`."""
    mean: float
    standard_error: float | None = None
    """Standard deviation of the scenarios' means / √scenarios. Absent with one scenario."""
    lower: float | None = None
    """The lower end of the 95 % confidence interval: mean - t · standardError, by Student's t with scenarios - 1
    degrees of freedom, cut at what is possible. Absent with one scenario."""
    upper: float | None = None
    """Its upper end."""


class Solved(Model):
    """The shares of scenarios by how many of their attempts passed; they add up to 1."""

    every_attempt: float
    """All attempts passed."""
    some_attempts: float
    """Some passed, and some did not."""
    no_attempt: float
    """None passed."""


class PassAtK(Model):
    """What k attempts at a scenario bring about; means over the scenarios that have k attempts or more."""

    k: Annotated[int, Field(ge=1, le=100)]
    scenarios: int
    """How many scenarios have so many attempts that are part of `score`; the others are left out of this entry."""
    pass_at_k: float
    """Probability that at least one of k attempts passes: 1 - C(n-c, k) / C(n, k), n attempts of which c passed."""
    pass_hat_k: float
    """pass^k, the probability that all k attempts pass: C(c, k) / C(n, k)."""
