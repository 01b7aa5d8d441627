"""Which turns of a validation an Event tells."""

from __future__ import annotations

from datetime import UTC, datetime

from assay.api.scenario import Scenario, ScenarioStatus
from assay.reconcile.scenario import validation
from assay.reconcile.scenario.observed import Observed
from assay.reconcile.scenario.places import Places
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import validation_run
from assay.specs.validation_run import ValidationAgent
from tests.unit.specs.objects import SCENARIO, Obj, existing, from_yaml

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
CONTENT = "1" * 32
NONE = ScenarioStatus()


def scenario(status: ScenarioStatus = NONE) -> Scenario:
    spec = {**from_yaml(SCENARIO), "referenceOutput": {"patch": "x"}, "validation": {"mode": "Always"}}
    dumped = status.model_dump(by_alias=True, mode="json", exclude_none=True)
    return Scenario.parse(existing("Scenario", "fix-it", spec=spec, status=dumped))


def run(agent: ValidationAgent, score: float | None) -> Obj:
    """A validation run as the cache has it; unfinished without a score."""
    names = validation_run.run_names("fix-it", CONTENT, 1)
    name = next(name for name, of in names.items() if of == agent)
    made = validation_run.run(scenario(), name, agent)
    ended = {"phase": "Complete", "score": score} if score is not None else {}
    metadata = {"labels": made["metadata"]["labels"], "owner_references": made["metadata"]["ownerReferences"]}
    status = {"pinned": {"contentHash": CONTENT}, **ended}
    return TRANSFORMS["ScenarioRun"](
        existing("ScenarioRun", name, spec=made["spec"], status=status, **metadata)
    )


def decide(
    *runs: Obj, before: ScenarioStatus = NONE, requested: bool = True
) -> tuple[tuple[str, str] | None, ScenarioStatus]:
    """Type and reason of the Event, and the new status."""
    observed = Observed(CONTENT, runs, requested, Places(4, "at most 4"))
    decision = validation.decide(scenario(before), observed, NOW)
    assert isinstance(decision.status, ScenarioStatus)
    told = (decision.event.type, str(decision.event.reason)) if decision.event else None
    return told, decision.status


def test_the_start_of_a_validation_and_its_verdict_are_told_once() -> None:
    told, status = decide()
    assert told == ("Normal", "Running")
    told, status = decide(run("Nop", 0.0), run("Reference", None), before=status)
    assert told is None, "one more run has ended, which is no other turn"
    runs = [run("Nop", 0.0), run("Reference", 1.0)]
    told, status = decide(*runs, before=status)
    assert told == ("Normal", "ReferencePassed")
    told, status = decide(*runs, before=status)
    assert told is None


def test_a_verdict_against_the_scenario_is_a_warning() -> None:
    told, _ = decide(run("Nop", 0.0), run("Reference", 0.1))
    assert told == ("Warning", "ReferenceFailed")


def test_a_scenario_that_nobody_asks_to_validate_tells_nothing() -> None:
    assert decide(requested=False)[0] is None
