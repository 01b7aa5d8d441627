"""Adds up scores, rounds them, and compares them with a threshold."""

from __future__ import annotations

from collections.abc import Sequence

from assay.api.scenariorun import FunctionScore

_DIGITS = 6


def total(scores: Sequence[FunctionScore]) -> float:
    """Σ weight·score / Σ weight over functions that all have a score."""
    weights = sum(score.weight for score in scores)
    return rounded(sum(score.weight * (score.score or 0.0) for score in scores) / weights)


def rounded(score: float) -> float:
    """A score or rate as a status has it: six digits."""
    return round(score, _DIGITS)


def reaches(score: float, threshold: float) -> bool:
    """Whether a score reaches a threshold; differences that rounding hides do not count."""
    return score >= threshold - 0.5 * 0.1**_DIGITS
