"""What one ScenarioRun says: how it ended, what it counts as, and how long its phases took. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from assay.api.blame import Blame, blame
from assay.api.condition_types import ConditionType
from assay.api.conditions import find, is_true
from assay.api.scenariorun import ScenarioRun

State: TypeAlias = Literal["Passed", "NotPassed", "Unscored", "Unfinished"]

PHASES = ("Waiting", "Starting", "Agent", "Scoring")
"""In their order. Waiting: for what the run refers to. Starting: image, volume and pod, or a kept disk."""


class PhaseTime(NamedTuple):
    """How long a run was in a phase."""

    phase: str
    seconds: float


def state(run: ScenarioRun) -> State:
    """What became of a run."""
    if is_true(run.status.conditions, ConditionType.FAILED):
        return "Unscored"
    if not is_true(run.status.conditions, ConditionType.COMPLETE) or run.status.score is None:
        return "Unfinished"
    return "Passed" if run.status.passed else "NotPassed"


def reason(run: ScenarioRun) -> str | None:
    """Why a run has no score, or what it does or waits for; None if it is scored or new."""
    type_ = ConditionType.FAILED if state(run) == "Unscored" else ConditionType.COMPLETE
    condition = find(run.status.conditions, type_)
    return None if condition is None or run_is_scored(run) else condition.reason


def message(run: ScenarioRun) -> str | None:
    """What goes with the reason, for people."""
    type_ = ConditionType.FAILED if state(run) == "Unscored" else ConditionType.COMPLETE
    condition = find(run.status.conditions, type_)
    return condition.message or None if condition else None


def run_is_scored(run: ScenarioRun) -> bool:
    """Whether a run has a score."""
    return state(run) in ("Passed", "NotPassed")


def blamed_on(run: ScenarioRun) -> Blame | None:
    """Who can have brought about that a run has no score; None if it has one, or has not ended."""
    cause = reason(run)
    return blame(cause) if state(run) == "Unscored" and cause else None


def points(run: ScenarioRun) -> float | None:
    """What the run counts as in a mean; None if it is left out, or has not ended."""
    if run_is_scored(run):
        return run.status.score
    return 0.0 if blamed_on(run) == "Agent" else None


def phase_times(run: ScenarioRun) -> list[PhaseTime]:
    """The phases of a run that have ended and were recorded, in their order."""
    status = run.status
    agent = status.agent
    working = agent.start_time if agent else None
    done = agent.finish_time if agent else None
    scoring = done or status.scoring_start_time
    bounds = (
        (run.metadata.creation_timestamp, status.start_time),
        (status.start_time, working or status.scoring_start_time),
        (working, done),
        (scoring, status.completion_time if status.scores else None),
    )
    return [
        PhaseTime(phase, seconds)
        for phase, (begin, end) in zip(PHASES, bounds, strict=True)
        if (seconds := _seconds(begin, end)) is not None
    ]


def total_seconds(run: ScenarioRun) -> float | None:
    """From its creation to its end."""
    return _seconds(run.metadata.creation_timestamp, run.status.completion_time)


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """Clocks of nodes differ: what ends before it begins took no time."""
    return max(0.0, (end - begin).total_seconds()) if begin and end else None
