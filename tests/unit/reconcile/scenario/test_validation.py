"""Which runs validate a scenario, when they start, and when their verdict no longer holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.reasons import ForeignReason, ReferenceReason
from assay.api.scenario import Scenario, ScenarioSpec, ScenarioStatus, ValidationStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.scenario import validation
from assay.reconcile.scenario.observed import Observed, is_requested
from assay.reconcile.scenario.places import Places
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import validation_run
from assay.specs.validation_run import ValidationAgent
from tests.unit.reconcile.contexts import condition, context
from tests.unit.specs.objects import SCENARIO, Obj, existing, from_yaml

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
NEW, OLD = "1" * 32, "0" * 32
ANY_PLACES = Places(4, "at most 4")
REFERENCE, NOP = "fix-it-validate-11111111-reference-1", "fix-it-validate-11111111-nop"
SECOND = "fix-it-validate-11111111-reference-2"


def spec(reference: bool = True, **validation: Any) -> ScenarioSpec:
    output = {"referenceOutput": {"patch": "x"}} if reference else {}
    return ScenarioSpec.model_validate({**from_yaml(SCENARIO), **output, "validation": validation})


def scenario(of: ScenarioSpec | None = None, status: ScenarioStatus | None = None) -> Scenario:
    """Scenario fix-it with this spec and status."""
    parts = {"spec": of or spec(), "status": status or ScenarioStatus()}
    dumped = {name: part.model_dump(by_alias=True, mode="json") for name, part in parts.items()}
    return Scenario.parse(existing("Scenario", "fix-it", generation=3, **dumped))


def run(name: str, score: float | None = None, content: str | None = NEW, **status: Any) -> Obj:
    """A run as the cache has it; unfinished without a score."""
    if score is not None:
        status |= {"phase": "Complete", "score": score}
    if content:
        status["pinned"] = {"contentHash": content}
    agent: ValidationAgent = "Nop" if name.endswith("nop") else "Reference"
    made = validation_run.run(scenario(), name, agent)
    metadata = {"labels": made["metadata"]["labels"], "owner_references": made["metadata"]["ownerReferences"]}
    return TRANSFORMS["ScenarioRun"](
        existing("ScenarioRun", name, spec=made["spec"], status=status, **metadata)
    )


def decide(
    *runs: Obj,
    status: ScenarioStatus | None = None,
    of: ScenarioSpec | None = None,
    requested: bool = True,
    places: Places = ANY_PLACES,
) -> tuple[Decision, ScenarioStatus]:
    """The decision about the scenario with these runs, and the status in it."""
    observed = Observed(NEW, runs, requested, places)
    decision = validation.decide(scenario(of, status), observed, NOW)
    assert isinstance(decision.status, ScenarioStatus)
    assert decision.status.content_hash == NEW
    assert condition_of(decision.status, "Ready")[:2] == ("True", "ReferencesResolved")
    return decision, decision.status


def does_nothing(decision: Decision) -> bool:
    """Whether it creates and deletes nothing, and waits for nothing but changes."""
    return not decision.create and not decision.delete and decision.requeue is None


def names(objects: Any) -> list[str]:
    return [one["metadata"]["name"] for one in objects]


def condition_of(status: ScenarioStatus, type_: str = "Validated") -> tuple[str, str]:
    """Status and reason of the condition, which is of the present generation."""
    found = conditions.find(status.conditions, type_)
    assert found is not None
    assert found.observed_generation == 3
    return found.status, found.reason


def validated(status: ScenarioStatus) -> tuple[str, str]:
    """Status and reason of Validated, which always has a message."""
    found = conditions.find(status.conditions, "Validated")
    assert found is not None
    assert found.message
    return condition_of(status)


def validated_before(content: str = OLD) -> ScenarioStatus:
    """The status of a scenario that was validated with that content."""
    status = ScenarioStatus(validation=ValidationStatus(content_hash=content))
    status.conditions = conditions.put(
        [], conditions.true(ConditionType.VALIDATED, ForeignReason("ReferencePassed"), "x"), 3, NOW
    )
    return status


def test_the_first_runs_are_a_reference_and_an_untouched_environment() -> None:
    decision, status = decide()
    assert names(decision.create) == [REFERENCE, NOP]
    assert [one["spec"]["agent"] for one in decision.create] == [{"type": "Reference"}, {"type": "Nop"}]
    assert validated(status) == ("Unknown", "Running")
    assert status.validation is not None
    assert (status.validation.content_hash, names_of(status)) == (NEW, [REFERENCE, NOP])
    for one in decision.create:
        assert one["metadata"]["labels"]["assay.dev/validation"] == "fix-it"
        [owner] = one["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("Scenario", "uid-of-fix-it", True)


def names_of(status: ScenarioStatus) -> list[str]:
    assert status.validation is not None
    return [one.name for one in status.validation.runs]


def test_the_reference_is_repeated() -> None:
    decision, _ = decide(of=spec(repetitions=2))
    assert names(decision.create) == [REFERENCE, NOP, SECOND]


def test_the_verdict_waits_for_runs_that_go_on() -> None:
    decision, status = decide(run(REFERENCE), run(NOP, 0.0))
    assert does_nothing(decision)
    assert validated(status) == ("Unknown", "Running")
    assert status.validation is not None
    assert [one.score for one in status.validation.runs] == [None, 0.0]


def test_the_verdict() -> None:
    decision, status = decide(run(REFERENCE, 1.0), run(NOP, 0.0))
    assert does_nothing(decision)
    assert validated(status) == ("True", "ReferencePassed")
    flaky, status = decide(run(REFERENCE, 1.0), run(NOP, 0.0), run(SECOND, 0.0), of=spec(repetitions=2))
    assert does_nothing(flaky)
    assert validated(status) == ("False", "Flaky")


@pytest.mark.parametrize(("threshold", "reason"), [(None, "ReferenceFailed"), (0.8, "ReferencePassed")])
def test_the_threshold(threshold: float | None, reason: str) -> None:
    of = spec(referenceThreshold=threshold)
    _, status = decide(run(REFERENCE, 0.8), run(NOP, 0.0), of=of)
    assert validated(status)[1] == reason


def test_a_verdict_holds_although_it_is_no_longer_requested() -> None:
    _, status = decide(run(REFERENCE, 1.0), run(NOP, 0.0), requested=False)
    assert validated(status) == ("True", "ReferencePassed")


def test_a_run_that_was_deleted_is_made_anew() -> None:
    decision, status = decide(run(NOP, 0.0))
    assert names(decision.create) == [REFERENCE]
    assert validated(status) == ("Unknown", "Running")


# --- stale ---


@pytest.mark.parametrize("requested", [True, False])
def test_a_verdict_about_other_content_no_longer_holds(requested: bool) -> None:
    old = [
        run("fix-it-validate-00000000-reference-1", 1.0, OLD),
        run("fix-it-validate-00000000-nop", 0.0, OLD),
    ]
    decision, status = decide(*old, status=validated_before(), requested=requested)
    assert names(decision.delete) == names(old)
    assert validated(status) == (("Unknown", "Running") if requested else ("False", "Stale"))
    assert names(decision.create) == ([REFERENCE, NOP] if requested else [])


def test_stale_stays() -> None:
    _, status = decide(status=validated_before(), requested=False)
    again, status = decide(status=status, requested=False)
    assert does_nothing(again)
    assert validated(status) == ("False", "Stale")


@pytest.mark.parametrize(
    "outdated",
    [
        run(REFERENCE, 1.0, OLD),
        run(REFERENCE, content=OLD),
        run(
            REFERENCE,
            content=None,
            phase="Failed",
            conditions=[condition("Failed", "True", "InvalidReference")],
        ),
    ],
    ids=["ended", "goes on", "never pinned"],
)
def test_a_run_that_pinned_other_content_does_not_count(outdated: Obj) -> None:
    decision, status = decide(outdated, run(NOP, 0.0))
    assert names(decision.delete) == [REFERENCE]
    assert decision.create == [], "its name is free once it is gone"
    assert validated(status)[0] == "Unknown"


MISSING = ReferenceNotReady(ReferenceReason.BLUEPRINT_NOT_FOUND, "there is no Blueprint x", 30.0)


def unready(status: ScenarioStatus, error: ReferenceNotReady | InvalidReference = MISSING) -> Decision:
    return validation.decide_unready(scenario(status=status), error, NOW)


@pytest.mark.parametrize(
    ("before", "expected"),
    [(validated_before(), ("False", "Stale")), (ScenarioStatus(), ("Unknown", "NotReady"))],
)
def test_a_scenario_that_cannot_be_run_is_not_validated(
    before: ScenarioStatus, expected: tuple[str, str]
) -> None:
    status = before
    for _ in range(2):
        decision = unready(status)
        assert isinstance(decision.status, ScenarioStatus)
        status = decision.status
        assert validated(status) == expected
        assert condition_of(status, "Ready") == ("False", "BlueprintNotFound")
        assert not decision.create
        assert not decision.delete


def test_a_scenario_is_looked_at_again_where_no_change_announces_itself() -> None:
    assert unready(ScenarioStatus()).requeue == 30.0
    never = InvalidReference(ReferenceReason.PARAMETERS_INVALID, "x: not an integer")
    assert unready(ScenarioStatus(), never).requeue is None


def test_a_verdict_comes_back_with_its_content() -> None:
    status = unready(validated_before(NEW)).status
    assert isinstance(status, ScenarioStatus)
    decision, status = decide(run(REFERENCE, 1.0), run(NOP, 0.0), status=status)
    assert does_nothing(decision)
    assert validated(status) == ("True", "ReferencePassed")


def test_what_was_observed_is_not_changed() -> None:
    observed, runs = scenario(status=validated_before()), [run(REFERENCE, 1.0), run(NOP, 0.0)]
    before = observed.model_copy(deep=True)
    validation.decide(observed, Observed(NEW, runs, True, ANY_PLACES), NOW)
    validation.decide_unready(observed, MISSING, NOW)
    assert observed == before


# --- who asks, and whose turn it is ---


@pytest.mark.parametrize(
    ("mode", "benchmarks", "expected"),
    [
        ("Always", [], True),
        ("OnDemand", [], False),
        ("OnDemand", [{}], False),
        ("OnDemand", [{}, {"requireValidated": True}], True),
        ("Never", [{"requireValidated": True}], False),
    ],
)
def test_who_asks_for_it(mode: str, benchmarks: list[Obj], expected: bool) -> None:
    named = {"scenarios": [{"name": "fix-it"}]}
    known = [existing("Benchmark", f"b{n}", spec={**named, **one}) for n, one in enumerate(benchmarks)]
    assert is_requested(context(*known), scenario(spec(mode=mode))) is expected


def test_no_run_starts_unless_validation_is_requested() -> None:
    decision, status = decide(requested=False)
    assert does_nothing(decision)
    assert validated(status) == ("Unknown", "NotRequested")
    assert status.validation is None


def test_without_a_reference_there_is_no_validation() -> None:
    decision, status = decide(of=spec(reference=False))
    assert does_nothing(decision)
    assert validated(status) == ("Unknown", "NoReference")


def test_a_scenario_waits_for_its_turn() -> None:
    decision, status = decide(places=Places(0, "at most 4"))
    assert decision.create == []
    assert decision.requeue
    assert validated(status) == ("Unknown", "Queued")
    decision, status = decide(places=Places(1, "at most 4"))
    assert names(decision.create) == [REFERENCE]
    assert validated(status) == ("Unknown", "Running")


def test_names_are_those_of_the_content() -> None:
    assert validation_run.run_names("fix-it", NEW, 1).keys() == {REFERENCE, NOP}
    assert (
        not validation_run.run_names("fix-it", OLD, 3).keys()
        & validation_run.run_names("fix-it", NEW, 3).keys()
    )
    assert len({name for name in validation_run.run_names("x" * 63, NEW, 20) if len(name) <= 63}) == 21
