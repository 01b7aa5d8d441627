"""Which runs prove a scenario, when they begin, and when what they proved no longer holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api import conditions
from assay.api.scenario import ScenarioSpec, ScenarioStatus, ValidationStatus
from assay.reconcile.scenario import validation
from assay.reconcile.scenario.validation import Places, Step
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import validation_run
from tests.unit.reconcile.contexts import condition
from tests.unit.specs.objects import SCENARIO, Obj, existing, from_yaml

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
SCN = existing("Scenario", "fix-it", generation=3)
NEW, OLD = "1" * 32, "0" * 32
NOTHING = Step([], [])
ANY_PLACES = Places(4, "at most 4")
REFERENCE, NOP = "fix-it-validate-11111111-reference-1", "fix-it-validate-11111111-nop"
SECOND = "fix-it-validate-11111111-reference-2"


def spec(reference: bool = True, **validation: Any) -> ScenarioSpec:
    output = {"referenceOutput": {"patch": "x"}} if reference else {}
    return ScenarioSpec.model_validate({**from_yaml(SCENARIO), **output, "validation": validation})


def run(name: str, score: float | None = None, content: str | None = NEW, **status: Any) -> Obj:
    """A run as the store has it; unfinished without a score."""
    if score is not None:
        status |= {"phase": "Complete", "score": score}
    if content:
        status["pinned"] = {"contentHash": content}
    made = existing("ScenarioRun", name, labels={"assay.dev/validation": "fix-it"}, spec={}, status=status)
    return TRANSFORMS["ScenarioRun"](made)


def step(
    *runs: Obj,
    status: ScenarioStatus | None = None,
    of: ScenarioSpec | None = None,
    requested: bool = True,
    places: Places = ANY_PLACES,
) -> tuple[Step, ScenarioStatus]:
    status = status or ScenarioStatus()
    return validation.step(SCN, of or spec(), status, NEW, runs, requested, places, NOW), status


def names(objects: Any) -> list[str]:
    return [one["metadata"]["name"] for one in objects]


def said(status: ScenarioStatus) -> tuple[str, str]:
    found = conditions.find(status.conditions, "Validated")
    assert found is not None
    assert found.observed_generation == 3
    assert found.message
    return found.status, found.reason


def proved(content: str = OLD) -> ScenarioStatus:
    """Validated for that content."""
    status = ScenarioStatus(validation=ValidationStatus(content_hash=content))
    status.conditions = conditions.put([], "Validated", "True", "ReferencePassed", "x", generation=3, now=NOW)
    return status


def test_the_first_step_is_a_reference_and_an_untouched_environment() -> None:
    next_step, status = step()
    assert names(next_step.create) == [REFERENCE, NOP]
    assert [one["spec"]["agent"] for one in next_step.create] == [{"type": "Reference"}, {"type": "Nop"}]
    assert said(status) == ("Unknown", "Running")
    assert status.validation is not None
    assert (status.validation.content_hash, names_of(status)) == (NEW, [REFERENCE, NOP])
    for one in next_step.create:
        assert one["metadata"]["labels"]["assay.dev/validation"] == "fix-it"
        [owner] = one["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("Scenario", "uid-of-fix-it", True)


def names_of(status: ScenarioStatus) -> list[str]:
    assert status.validation is not None
    return [one.name for one in status.validation.runs]


def test_the_reference_is_repeated() -> None:
    next_step, _ = step(of=spec(repetitions=2))
    assert names(next_step.create) == [REFERENCE, NOP, SECOND]


def test_runs_that_go_on_are_waited_for() -> None:
    next_step, status = step(run(REFERENCE), run(NOP, 0.0))
    assert next_step == NOTHING
    assert said(status) == ("Unknown", "Running")
    assert status.validation is not None
    assert [one.score for one in status.validation.runs] == [None, 0.0]


def test_the_verdict() -> None:
    next_step, status = step(run(REFERENCE, 1.0), run(NOP, 0.0))
    assert next_step == NOTHING
    assert said(status) == ("True", "ReferencePassed")
    flaky, status = step(run(REFERENCE, 1.0), run(NOP, 0.0), run(SECOND, 0.0), of=spec(repetitions=2))
    assert flaky == NOTHING
    assert said(status) == ("False", "Flaky")


@pytest.mark.parametrize(("threshold", "reason"), [(None, "ReferenceFailed"), (0.8, "ReferencePassed")])
def test_the_threshold(threshold: float | None, reason: str) -> None:
    of = spec(referenceThreshold=threshold)
    _, status = step(run(REFERENCE, 0.8), run(NOP, 0.0), of=of)
    assert said(status)[1] == reason


def test_a_proof_holds_though_nobody_asks_any_more() -> None:
    _, status = step(run(REFERENCE, 1.0), run(NOP, 0.0), requested=False)
    assert said(status) == ("True", "ReferencePassed")


def test_a_run_that_was_deleted_is_made_anew() -> None:
    next_step, status = step(run(NOP, 0.0))
    assert names(next_step.create) == [REFERENCE]
    assert said(status) == ("Unknown", "Running")


# --- stale ---


@pytest.mark.parametrize("requested", [True, False])
def test_what_was_proved_of_other_content_no_longer_holds(requested: bool) -> None:
    old = [
        run("fix-it-validate-00000000-reference-1", 1.0, OLD),
        run("fix-it-validate-00000000-nop", 0.0, OLD),
    ]
    next_step, status = step(*old, status=proved(), requested=requested)
    assert names(next_step.delete) == names(old)
    assert said(status) == (("Unknown", "Running") if requested else ("False", "Stale"))
    assert names(next_step.create) == ([REFERENCE, NOP] if requested else [])


def test_stale_stays_said() -> None:
    _, status = step(status=proved(), requested=False)
    again, status = step(status=status, requested=False)
    assert again == NOTHING
    assert said(status) == ("False", "Stale")


@pytest.mark.parametrize(
    "thrown_away",
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
def test_a_run_that_pinned_other_content_proves_nothing(thrown_away: Obj) -> None:
    next_step, status = step(thrown_away, run(NOP, 0.0))
    assert names(next_step.delete) == [REFERENCE]
    assert next_step.create == [], "its name is free once it is gone"
    assert said(status)[0] == "Unknown"


def test_nothing_holds_of_what_cannot_be_run() -> None:
    for status, expected in ((proved(), ("False", "Stale")), (ScenarioStatus(), ("Unknown", "NotReady"))):
        validation.withdraw(SCN, status, NOW)
        assert said(status) == expected
        validation.withdraw(SCN, status, NOW)
        assert said(status) == expected


def test_a_verdict_comes_back_with_its_content() -> None:
    status = proved(NEW)
    validation.withdraw(SCN, status, NOW)
    next_step, status = step(run(REFERENCE, 1.0), run(NOP, 0.0), status=status)
    assert next_step == NOTHING
    assert said(status) == ("True", "ReferencePassed")


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
    asked = validation.is_requested(
        spec(mode=mode), [existing("Benchmark", "b", spec=one) for one in benchmarks]
    )
    assert asked is expected


def test_nothing_begins_that_nobody_asked_for() -> None:
    next_step, status = step(requested=False)
    assert next_step == NOTHING
    assert said(status) == ("Unknown", "NotRequested")
    assert status.validation is None


def test_without_a_reference_there_is_no_proof() -> None:
    next_step, status = step(of=spec(reference=False))
    assert next_step == NOTHING
    assert said(status) == ("Unknown", "NoReference")


def test_a_scenario_waits_for_its_turn() -> None:
    next_step, status = step(places=Places(0, "at most 4"))
    assert next_step.create == []
    assert next_step.requeue
    assert said(status) == ("Unknown", "Queued")
    next_step, status = step(places=Places(1, "at most 4"))
    assert names(next_step.create) == [REFERENCE]
    assert said(status) == ("Unknown", "Running")


def unfinished(name: str, namespace: str = "team", reason: str | None = None, pinned: bool = True) -> Obj:
    made = run(name, content=NEW if pinned else None, phase="Running")
    made["metadata"] |= {"namespace": namespace, "uid": f"uid-of-{namespace}-{name}"}
    if reason:
        made["status"]["conditions"] = [condition("Complete", "False", reason)]
    return made


@pytest.mark.parametrize(
    ("runs", "free"),
    [
        ([], 4),
        ([unfinished("a"), unfinished("b", "other", "AgentWorking")], 2),
        ([unfinished(str(number)) for number in range(6)], 0),
        ([unfinished("a", "other", "PodSecurityForbidden"), unfinished("b", "other")], 3),
        ([unfinished("a", "other", "BlueprintNotReady", pinned=False)], 4),
        ([unfinished("a", "other", pinned=False)], 3),
        ([unfinished("a", "other", "Unschedulable")], 3),
        ([unfinished("a", "team", "QuotaExceeded")], 0),
    ],
    ids=["none", "some", "full", "refused elsewhere", "waits elsewhere", "just begun", "no node", "refused here"],
)  # fmt: skip
def test_places(runs: list[Obj], free: int) -> None:
    found = validation.places(runs, "team", 4)
    assert found.free == free
    if free == 0 and len(runs) == 1:
        assert "QuotaExceeded" in found.why_not


def test_names_are_those_of_the_content() -> None:
    assert validation_run.run_names("fix-it", NEW, 1).keys() == {REFERENCE, NOP}
    assert (
        not validation_run.run_names("fix-it", OLD, 3).keys()
        & validation_run.run_names("fix-it", NEW, 3).keys()
    )
    assert len({name for name in validation_run.run_names("x" * 63, NEW, 20) if len(name) <= 63}) == 21
