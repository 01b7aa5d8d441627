"""ScenarioRuns of a BenchmarkRun as they are stored, for the tests of what counts them."""

from __future__ import annotations

from typing import Any

from tests.unit.specs.objects import Obj, existing


def child(name: str, **status: Any) -> Obj:
    """A run with that status; it has ended if its phase says so."""
    return existing("ScenarioRun", name, spec={"scenarioRef": {"name": f"of-{name}"}}, status=status)


def scored(name: str, score: float, passed: bool = False) -> Obj:
    """A run that ended with a score."""
    return child(name, phase="Complete", score=score, passed=passed)


def unscored(name: str, reason: str) -> Obj:
    """A run that ended without a score."""
    failed = {
        "type": "Failed",
        "status": "True",
        "reason": reason,
        "lastTransitionTime": "2026-01-02T10:00:00Z",
    }
    return child(name, phase="Failed", conditions=[failed])
