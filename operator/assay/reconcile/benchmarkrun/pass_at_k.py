"""What k attempts at a scenario bring about, estimated without bias from n attempts. No I/O."""

from __future__ import annotations

from collections.abc import Collection
from statistics import fmean

from assay.api.attempts import PassAtK, Solved
from assay.estimators import pass_at_k, pass_hat_k
from assay.reconcile.common.score import rounded

from .tally import Tally

_SIZES = (1, 2, 3, 4, 5, 8, 10, 16, 32, 50, 64, 100)


def sizes(attempts: int) -> list[int]:
    """The k to report for so many attempts: all up to 5, then about 1.5 to 2 times the one before, and all attempts."""
    return [*(k for k in _SIZES if k < attempts), attempts]


def table(tallies: Collection[Tally], attempts: int) -> list[PassAtK] | None:
    """The entries of `status.passAtK`; None if there is none. An entry leaves out scenarios with n < k."""
    entries = []
    for k in sizes(attempts):
        if enough := [one for one in tallies if one.attempts >= k]:
            at_least_one = fmean(pass_at_k(one.attempts, one.passed, k) for one in enough)
            all_of_them = fmean(pass_hat_k(one.attempts, one.passed, k) for one in enough)
            entries.append(
                PassAtK(
                    k=k,
                    scenarios=len(enough),
                    pass_at_k=rounded(at_least_one),
                    pass_hat_k=rounded(all_of_them),
                )
            )
    return entries or None


def solved(tallies: Collection[Tally]) -> Solved | None:
    """The shares of scenarios solved in every attempt, in some, in none; None without scenarios."""
    if not tallies:
        return None
    every = sum(one.passed == one.attempts for one in tallies)
    none = sum(one.passed == 0 for one in tallies)
    some = len(tallies) - every - none
    return Solved(
        every_attempt=rounded(every / len(tallies)),
        some_attempts=rounded(some / len(tallies)),
        no_attempt=rounded(none / len(tallies)),
    )
