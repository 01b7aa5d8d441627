"""A run that says that a scenario made it, but is not what the scenario makes, proves nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api import conditions
from assay.api.scenario import Scenario
from assay.reconcile.scenario import validation
from assay.reconcile.scenario.observed import Observed, observe
from assay.reconcile.scenario.places import Places
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import validation_run
from tests.unit.reconcile.contexts import condition, context
from tests.unit.specs.objects import SCENARIO, SETTINGS, Obj, existing, from_yaml

CONTENT = "1" * 32
SPEC = {**from_yaml(SCENARIO), "referenceOutput": {"patch": "x"}}
FIX_IT = Scenario.parse(existing("Scenario", "fix-it", spec=SPEC))
REFERENCE, NOP = validation_run.run_names("fix-it", CONTENT, 1)
ENDED: Obj = {"phase": "Complete", "score": 1.0, "pinned": {"contentHash": CONTENT}}


@pytest.mark.parametrize("status", [ENDED, {"phase": "Running"}], ids=["ended", "goes on"])
@pytest.mark.parametrize(
    "changes",
    [
        {"agent": {"type": "Command", "command": ["sh", "-c", "echo 42 > /answer"]}},
        {"agent": {"type": "Nop"}},
        {"scenarioRef": {"name": "easy"}},
        {"parameters": [{"name": "A", "value": "b"}]},
    ],
)
def test_it_is_named_and_deleted(status: Obj, changes: Obj) -> None:
    made = validation_run.run(FIX_IT, REFERENCE, "Reference")
    made["spec"] |= changes
    owners = made["metadata"]["ownerReferences"]
    forged = existing("ScenarioRun", REFERENCE, owner_references=owners, spec=made["spec"], status=status)
    observed = Observed(CONTENT, [TRANSFORMS["ScenarioRun"](forged)], True, Places(4, "at most 4"))
    decision = validation.decide(FIX_IT, observed, datetime(2026, 1, 2, tzinfo=UTC))
    assert [one["metadata"]["name"] for one in decision.delete] == [REFERENCE]
    assert [one["metadata"]["name"] for one in decision.create] == [NOP], (
        "the other name is taken until it is gone"
    )
    condition = conditions.find(decision.status.conditions, "Validated")
    assert condition
    assert (condition.status, condition.reason) == ("Unknown", "ForeignRuns")
    assert REFERENCE in condition.message


# --- places ---


def places_beside(*objects: Obj) -> Places:
    """The places that another scenario finds."""
    mine = Scenario.parse(existing("Scenario", "mine", spec=SPEC))
    return observe(context(*objects), mine, "2" * 32).places


def fix_it(content: str | None = CONTENT) -> Obj:
    return existing("Scenario", "fix-it", spec=SPEC, status={"contentHash": content} if content else {})


def going_on(name: str = REFERENCE, status: Obj | None = None, **changes: object) -> Obj:
    """A validation run of fix-it; `changes` are to its metadata."""
    made = validation_run.run(FIX_IT, name, "Reference")
    stored = existing("ScenarioRun", name, spec=made["spec"], status=status or {"phase": "Running"})
    return {**stored, "metadata": {**stored["metadata"], **made["metadata"], **changes}}


ALL = SETTINGS.validation_parallelism


@pytest.mark.parametrize(
    ("pinned", "scenario"),
    [(None, fix_it()), (CONTENT, fix_it("3" * 32)), (CONTENT, fix_it(None))],
    ids=["not pinned yet", "content that has changed", "content that is unknown now"],
)
def test_a_run_that_a_scenario_made_takes_a_place(pinned: str | None, scenario: Obj) -> None:
    status = {"phase": "Running", **({"pinned": {"contentHash": pinned}} if pinned else {})}
    assert places_beside(scenario, going_on(status=status)).free == ALL - 1


def forged() -> list[Obj]:
    """Runs that say that they validate, by all that people could write."""
    other = {**going_on()["metadata"]["ownerReferences"][0], "uid": "uid-of-an-earlier-one"}
    agent = {**going_on()["spec"], "agent": {"type": "Command", "command": ["sleep", "99999"]}}
    return [
        going_on(ownerReferences=[]),
        going_on(ownerReferences=[other]),
        going_on("any-name"),
        going_on(NOP),
        {**going_on(), "spec": agent},
    ]


@pytest.mark.parametrize(
    "run", forged(), ids=["a label", "an earlier scenario", "another name", "another agent", "another spec"]
)
def test_a_forged_run_takes_no_place(run: Obj) -> None:
    assert places_beside(fix_it(), run).free == ALL


def test_a_forged_run_that_cannot_start_keeps_none_of_its_namespace_waiting() -> None:
    waits = {"phase": "Pending", "conditions": [condition("Complete", "False", "QuotaExceeded")]}
    assert places_beside(fix_it(), going_on(status=waits)).free == 0
    for run in forged():
        assert places_beside(fix_it(), {**run, "status": waits}).free == ALL
