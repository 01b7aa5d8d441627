"""Which scenarios are reconciled after a validation run has changed."""

from __future__ import annotations

from typing import Any

from assay.reconcile.watch.routing import QUEUED_MAX, keys_for
from tests.unit.reconcile.caches import cache_of, owner
from tests.unit.reconcile.contexts import condition, scenario
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


def woken(changed: Obj, *known: Obj) -> set[str]:
    """The scenarios to reconcile."""
    return {key.name for key in keys_for("ScenarioRun", changed, cache_of(*known)) if key.kind == "Scenario"}


QUEUED = [
    {**scenario(f"waits-{number}"), "status": {"conditions": [condition("Validated", "Unknown", "Queued")]}}
    for number in range(QUEUED_MAX + 5)
]


def test_a_place_that_becomes_free_wakes_some_of_those_that_wait() -> None:
    ended, going = run(phase="Complete", score=1.0), run(phase="Running")
    assert woken(going, going, *QUEUED) == {"proved"}
    assert woken(ended, ended, *QUEUED) == {"proved", *(f"waits-{n}" for n in range(QUEUED_MAX))}
    assert len(woken(going, *QUEUED)) == 1 + QUEUED_MAX, "it was deleted"
    assert woken(ended, ended, scenario("idle")) == {"proved"}
