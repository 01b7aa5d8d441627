"""Blueprints that others need."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api import conditions
from assay.api.blueprint import BlueprintStatus
from assay.reconcile.blueprint import in_use
from assay.specs.names import IN_USE
from tests.unit.reconcile import contexts
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
IMAGE = "pull.example.test/x@sha256:1"


def blueprint(*finalizers: str, deleting: bool = False) -> Obj:
    made = contexts.blueprint()
    if finalizers:
        made["metadata"]["finalizers"] = list(finalizers)
    if deleting:
        made["metadata"] |= {"deletionTimestamp": "2026-01-02T10:00:00Z", "generation": 2}
    return made


def scenario(name: str, of: str = "project", **meta: str) -> Obj:
    made = existing("Scenario", name, spec={"environment": {"blueprintRef": {"name": of}}})
    made["metadata"] |= meta
    return made


def snapshot(name: str, on: str = IMAGE, **meta: str) -> Obj:
    made = existing("DiskSnapshot", name, status={"image": {"reference": on}})
    made["metadata"] |= meta
    return made


def test_who_needs_it() -> None:
    scenarios = [
        scenario("b"),
        scenario("a"),
        scenario("other", of="another"),
        scenario("going", deletionTimestamp="now"),
        scenario("elsewhere", namespace="other"),
    ]
    snapshots = [
        snapshot("kept"),
        snapshot("old", on="pull.example.test/x@sha256:0"),
        snapshot("going", deletionTimestamp="now"),
        snapshot("elsewhere", namespace="other"),
    ]
    needed = in_use.needed_by(blueprint(), scenarios, snapshots)
    assert needed == ["Scenario a", "Scenario b", "DiskSnapshot kept"]


def test_without_an_image_no_disk_lies_on_it() -> None:
    unbuilt = existing("Blueprint", "project")
    unknown = existing("DiskSnapshot", "new")
    assert in_use.needed_by(unbuilt, [], [unknown]) == []


def test_dependants_are_found_by_name_and_by_image() -> None:
    ctx = contexts.context(
        contexts.scenario("s"), snapshot("kept"), snapshot("other", on="x"), scenario("no", of="another")
    )
    assert in_use.dependants(ctx, blueprint()) == ["Scenario s", "DiskSnapshot kept"]


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
    assert in_use.finalizers(blueprint(*present, deleting=deleting), needed) == wanted


def status_of(obj: Obj) -> BlueprintStatus:
    return BlueprintStatus.model_validate(obj["status"])


def test_deletion_is_said_to_be_blocked_and_what_is_ready_stays_so() -> None:
    going = blueprint(IN_USE, deleting=True)
    status = status_of(going)
    in_use.tell(going, status, ["Scenario a"], NOW)
    said = conditions.find(status.conditions, in_use.BLOCKED)
    assert said is not None
    assert (said.status, said.reason, said.message) == (
        "True",
        "InUse",
        "needed by Scenario a: delete them first",
    )
    ready = conditions.find(status.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.observed_generation) == ("True", 2), (
        "deletion is a generation of the same spec"
    )
    again = status.model_copy(deep=True)
    in_use.tell(going, again, ["Scenario a"], NOW)
    assert again == status


@pytest.mark.parametrize("already_said", [True, False])
def test_an_edit_beside_the_deletion_is_not_taken_for_it(already_said: bool) -> None:
    going = blueprint(IN_USE, deleting=True)
    status = status_of(going)
    if already_said:
        in_use.tell(going, status, ["Scenario a"], NOW)
    going["metadata"]["generation"] = 3
    in_use.tell(going, status, ["Scenario a"], NOW)
    ready = conditions.find(status.conditions, "Ready")
    assert ready is not None
    assert ready.observed_generation != 3


def test_once_others_alone_keep_it_nothing_is_said_to_need_it() -> None:
    going = blueprint("theirs/own", deleting=True)
    status = status_of(going)
    in_use.tell(going, status, [], NOW)
    assert conditions.find(status.conditions, in_use.BLOCKED) is None
    in_use.tell(going, status, ["Scenario a"], NOW)
    in_use.tell(going, status, [], NOW)
    assert not conditions.is_true(status.conditions, in_use.BLOCKED)
