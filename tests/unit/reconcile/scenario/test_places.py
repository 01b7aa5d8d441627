"""How many validation runs may start, and which runs take no place."""

from __future__ import annotations

import pytest

from assay.reconcile.scenario.places import places
from tests.unit.reconcile.contexts import condition
from tests.unit.specs.objects import Obj, existing


def unfinished(name: str, namespace: str = "team", reason: str | None = None, pinned: bool = True) -> Obj:
    status: Obj = {"phase": "Running", "pinned": {"contentHash": "abc"}} if pinned else {"phase": "Running"}
    if reason:
        status["conditions"] = [condition("Complete", "False", reason)]
    made = existing("ScenarioRun", name, labels={"assay.dev/validation": "x"}, spec={}, status=status)
    made["metadata"] |= {"namespace": namespace, "uid": f"uid-of-{namespace}-{name}"}
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
        ([unfinished("a", "other", "Invalid")], 3),
        ([unfinished("a", "team", "QuotaExceeded")], 0),
    ],
    ids=[
        "none",
        "some",
        "full",
        "rejected elsewhere",
        "waits elsewhere",
        "just created",
        "no node",
        "invalid",
        "rejected here",
    ],
)
def test_places(runs: list[Obj], free: int) -> None:
    found = places(runs, "team", 4)
    assert found.free == free
    if free == 0 and len(runs) == 1:
        assert "QuotaExceeded" in found.why_no_more
