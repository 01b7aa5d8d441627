"""Whom runs that prove scenarios concern, and what is kept of them."""

from __future__ import annotations

from typing import Any

from assay.reconcile.watch.routing import CALLED_MAX, keys_for
from assay.reconcile.watch.transforms import TRANSFORMS
from tests.unit.reconcile.contexts import condition, scenario
from tests.unit.reconcile.watch.test_routing import owner, store
from tests.unit.specs.objects import Obj, existing


def run(**status: Any) -> Obj:
    return existing(
        "ScenarioRun",
        "r",
        labels={"assay.dev/validation": "proved"},
        owner_references=owner("Scenario", "proved"),
        spec={"scenarioRef": {"name": "proved"}, "agent": {"type": "Nop"}},
        status=status,
    )


def called(changed: Obj, *known: Obj) -> set[str]:
    """Scenarios to look at."""
    return {key.name for key in keys_for("ScenarioRun", changed, store(*known)) if key.kind == "Scenario"}


QUEUED = [
    {**scenario(f"waits-{number}"), "status": {"conditions": [condition("Validated", "Unknown", "Queued")]}}
    for number in range(CALLED_MAX + 5)
]


def test_a_place_that_becomes_free_calls_some_of_those_that_wait() -> None:
    ended, going = run(phase="Complete", score=1.0), run(phase="Running")
    assert called(going, going, *QUEUED) == {"proved"}
    assert called(ended, ended, *QUEUED) == {"proved", *(f"waits-{n}" for n in range(CALLED_MAX))}
    assert len(called(going, *QUEUED)) == 1 + CALLED_MAX, "it was deleted"
    assert called(ended, ended, scenario("idle")) == {"proved"}


def test_what_a_run_proved_is_kept() -> None:
    failed = {**condition("Failed", "True", "ReferenceNotApplied"), "message": "hunk 3 failed"}
    whole = run(
        phase="Failed", conditions=[failed], pinned={"contentHash": "abc", "scenario": {"x": "y" * 1000}}
    )
    slim = TRANSFORMS["ScenarioRun"](whole)
    assert slim["status"]["contentHash"] == "abc"
    assert slim["status"]["conditions"][0]["message"] == "hunk 3 failed"
    assert "y" * 1000 not in str(slim)
