"""Blueprints that others need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api import conditions
from assay.api.blueprint import Blueprint, BlueprintStatus
from assay.api.condition_types import ConditionType
from assay.api.meta import Condition
from assay.kube_object import KubeObject
from assay.reconcile.blueprint import in_use
from assay.specs.names import IN_USE
from tests.unit.reconcile import contexts
from tests.unit.specs.objects import existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
IMAGE = "pull.example.test/x@sha256:1"
BLOCKED = ConditionType.DELETION_BLOCKED


def blueprint(
    *finalizers: str, deleting: bool = False, generation: int | None = None, status: Any = None
) -> Blueprint:
    made = contexts.blueprint()
    made["metadata"]["finalizers"] = list(finalizers)
    if deleting:
        made["metadata"] |= {"deletionTimestamp": "2026-01-02T10:00:00Z", "generation": 2}
    if generation:
        made["metadata"]["generation"] = generation
    parsed = Blueprint.parse(made)
    return parsed if status is None else parsed.model_copy(update={"status": status})


def scenario(name: str, of: str = "project", **meta: str) -> KubeObject:
    made = existing("Scenario", name, spec={"environment": {"blueprintRef": {"name": of}}})
    made["metadata"] |= meta
    return made


def snapshot(name: str, on: str = IMAGE, **meta: str) -> KubeObject:
    made = existing("DiskSnapshot", name, status={"image": {"reference": on}})
    made["metadata"] |= meta
    return made


def test_scenarios_of_its_name_and_disks_on_its_image_need_it() -> None:
    ctx = contexts.context(
        scenario("b"),
        scenario("a"),
        scenario("other", of="another"),
        scenario("going", deletionTimestamp="now"),
        scenario("elsewhere", namespace="other"),
        snapshot("kept"),
        snapshot("old", on="pull.example.test/x@sha256:0"),
        snapshot("going", deletionTimestamp="now"),
        snapshot("elsewhere", namespace="other"),
    )
    assert in_use.needed_by(ctx, blueprint()) == ["Scenario a", "Scenario b", "DiskSnapshot kept"]


def test_without_an_image_no_disk_lies_on_it() -> None:
    unbuilt = Blueprint.parse(existing("Blueprint", "project", spec={"image": "x"}))
    assert in_use.needed_by(contexts.context(existing("DiskSnapshot", "new")), unbuilt) == []


@pytest.mark.parametrize(
    ("present", "needed", "deleting", "wanted"),
    [
        ((), True, False, [IN_USE]),
        (("theirs/own",), True, False, ["theirs/own", IN_USE]),
        ((IN_USE,), True, False, None),
        ((IN_USE,), False, False, []),
        (("theirs/own", IN_USE, "more/still"), False, True, ["theirs/own", "more/still"]),
        (("theirs/own",), False, False, None),
        ((), False, False, None),
        (("theirs/own",), True, True, None),
        ((IN_USE,), True, True, None),
    ],
)
def test_its_finalizers(
    present: tuple[str, ...], needed: bool, deleting: bool, wanted: list[str] | None
) -> None:
    observed = blueprint(*present, deleting=deleting)
    assert in_use.finalizers(observed, needed) == wanted
    decision = in_use.guard(observed, ["Scenario a"] if needed else [])
    if wanted is None:
        assert decision is None
        return
    assert decision is not None
    [(patched, change)] = decision.patch
    assert patched["metadata"]["resourceVersion"] == "7", "nothing is lost that others write meanwhile"
    assert change == {"metadata": {"finalizers": wanted}}
    assert not decision.write, "a status write would make the patch a conflict"


def condition(status: BlueprintStatus, type_: ConditionType) -> Condition:
    found = conditions.find(status.conditions, type_)
    assert found is not None
    return found


def test_a_blocked_deletion_is_reported_and_what_is_ready_stays_so() -> None:
    going = blueprint(IN_USE, deleting=True)
    status = in_use.reported(going, ["Scenario a"], NOW)
    blocked = condition(status, BLOCKED)
    assert (blocked.status, blocked.reason) == ("True", "InUse")
    assert blocked.message == "needed by Scenario a: delete them first"
    ready = condition(status, ConditionType.READY)
    assert (ready.status, ready.observed_generation) == ("True", 2), (
        "deletion is a generation of the same spec"
    )
    again = blueprint(IN_USE, deleting=True, status=status)
    assert in_use.reported(again, ["Scenario a"], NOW) == status


def test_what_was_observed_does_not_change() -> None:
    going = blueprint(IN_USE, deleting=True)
    before = going.model_copy(deep=True)
    in_use.reported(going, ["Scenario a"], NOW)
    assert going == before


@pytest.mark.parametrize("is_reported", [True, False])
def test_an_edit_beside_the_deletion_is_not_taken_for_it(is_reported: bool) -> None:
    status = in_use.reported(blueprint(IN_USE, deleting=True), ["Scenario a"], NOW) if is_reported else None
    edited = blueprint(IN_USE, deleting=True, generation=3, status=status)
    ready = condition(in_use.reported(edited, ["Scenario a"], NOW), ConditionType.READY)
    assert ready.observed_generation != 3


def test_once_others_alone_keep_it_nothing_is_reported_to_need_it() -> None:
    going = blueprint("theirs/own", deleting=True)
    status = in_use.reported(going, [], NOW)
    assert conditions.find(status.conditions, BLOCKED) is None
    status = in_use.reported(going, ["Scenario a"], NOW)
    status = in_use.reported(blueprint("theirs/own", deleting=True, status=status), [], NOW)
    freed = condition(status, BLOCKED)
    assert (freed.status, freed.reason) == ("False", "NotInUse")


def test_of_a_blueprint_that_stays_nothing_is_reported() -> None:
    stays = blueprint(IN_USE)
    assert in_use.reported(stays, ["Scenario a"], NOW) == stays.status
