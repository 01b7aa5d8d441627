"""The attempts at each scenario of a BenchmarkRun, added up. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .child_run import ChildRun


@dataclass(slots=True)
class Tally:
    """The attempts at one scenario that are part of the BenchmarkRun's score: at least one."""

    attempts: int = 0
    passed: int = 0
    points: float = 0.0
    """Sum of the scores; an attempt that counts as 0 adds nothing."""
    contents: set[str] = field(default_factory=set)
    """The content hashes with which they ran; more than one if the scenario was edited in between."""

    @property
    def mean(self) -> float:
        """The scenario's score, 0.0 to 1.0."""
        return self.points / self.attempts


def tally(runs: Iterable[ChildRun]) -> dict[str, Tally]:
    """The tally of each scenario by its name. Scenarios of which all attempts are left out, or go on, are not in it."""
    found: dict[str, Tally] = {}
    for run in runs:
        if not run.is_finished or run.is_left_out:
            continue
        one = found.setdefault(run.scenario, Tally())
        one.attempts += 1
        one.passed += run.passed
        one.points += run.score or 0.0
        if run.content_hash:
            one.contents.add(run.content_hash)
    return found
