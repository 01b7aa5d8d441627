"""A cell of the matrix, a scenario and an entry: what stands in it, and how it is called. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay.api.scenariorun import ScenarioRun

from .attempts import State, reason, state
from .entries import Entry

STEPS = 10
"""How many steps of colour there are between 0.0 and 1.0."""


@dataclass(frozen=True)
class Cell:
    """All attempts of an entry at a scenario."""

    mean: float | None
    """Of those that count; None if none does."""
    passed: int
    counted: int
    states: Counter[State]
    cause: str | None
    """Why the first unscored attempt has no score, else what the first unfinished one does."""

    @property
    def tone(self) -> str:
        """Its class in the style sheet: a step from 0 to 10, or what it lacks."""
        if self.mean is not None:
            return f"h{round(self.mean * STEPS)}"
        return "unscored" if self.states["Unscored"] else "unfinished"

    @property
    def has_unscored(self) -> bool:
        """Whether an attempt ended without a score, also if others have one."""
        return self.states["Unscored"] > 0

    @property
    def label(self) -> str:
        """What a screen reader reads."""
        parts = []
        if self.mean is not None:
            parts.append(f"score {self.mean:.2f}, {self.passed} of {self.counted} passed")
        if self.states["Unscored"]:
            parts.append(f"{self.states['Unscored']} not scored: {self.cause}")
        if self.states["Unfinished"]:
            parts.append(f"{self.states['Unfinished']} unfinished")
        return ", ".join(parts)


def cell(entry: Entry, scenario: str) -> Cell | None:
    """The cell; None if the entry has no run of the scenario."""
    if not (runs := entry.attempts.get(scenario)):
        return None
    counted, passed = entry.tally(scenario)
    states = Counter(state(run) for run in runs)
    return Cell(entry.means.get(scenario), passed, counted, states, _cause(runs))


def _cause(runs: Sequence[ScenarioRun]) -> str | None:
    for wanted in ("Unscored", "Unfinished"):
        found = [reason(run) or "Pending" for run in runs if state(run) == wanted]
        if found:
            return found[0]
    return None
