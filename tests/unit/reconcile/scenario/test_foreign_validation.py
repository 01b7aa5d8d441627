"""A run that says that a scenario made it, but is not what the scenario makes, proves nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api import conditions
from assay.api.scenario import Scenario
from assay.reconcile.scenario import validation
from assay.reconcile.scenario.observed import Observed
from assay.reconcile.scenario.places import Places
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import validation_run
from tests.unit.specs.objects import SCENARIO, Obj, existing, from_yaml

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
