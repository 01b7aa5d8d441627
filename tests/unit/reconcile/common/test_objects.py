"""Questions to objects that have no model here."""

from __future__ import annotations

import pytest

from assay.api.scenariorun import ScenarioRun
from assay.api.unparsed import find_condition, holds, is_finished
from assay.kube_object import KubeObject
from assay.reconcile.common.objects import child
from tests.unit.reconcile.caches import cache_of, owner
from tests.unit.specs.objects import existing


def job(*conditions: tuple[str, str]) -> KubeObject:
    shown = [{"type": type_, "status": status} for type_, status in conditions]
    return {"status": {"conditions": shown}}


def test_a_condition_is_found_by_its_type() -> None:
    shown = job(("Suspended", "False"), ("Failed", "True"))
    assert find_condition(shown, "Failed") == {"type": "Failed", "status": "True"}
    assert find_condition(shown, "Complete") is None


@pytest.mark.parametrize("obj", [{}, {"status": None}, {"status": {}}, {"status": {"conditions": None}}])
def test_an_object_without_conditions_holds_none(obj: KubeObject) -> None:
    assert find_condition(obj, "Ready") is None
    assert not holds(obj, "Ready")
    assert not is_finished(obj)


@pytest.mark.parametrize(
    ("conditions", "finished"),
    [
        ([("Complete", "True")], True),
        ([("Failed", "True")], True),
        ([("FailureTarget", "True")], False),
        ([("Failed", "False"), ("Complete", "Unknown")], False),
        ([("Suspended", "True")], False),
    ],
)
def test_only_a_condition_that_is_true_finishes_it(conditions: list[tuple[str, str]], finished: bool) -> None:
    assert is_finished(job(*conditions)) is finished


@pytest.mark.parametrize(
    ("name", "owners", "is_found"),
    [
        ("r", owner("ScenarioRun", "r"), True),
        ("other", owner("ScenarioRun", "r"), False),
        ("r", [], False),
        ("r", owner("ScenarioRun", "r-of-before"), False),
    ],
    ids=["its own", "another name", "nobody's", "an earlier run's"],
)
def test_a_child_is_found_by_name_and_owner(name: str, owners: list[KubeObject], is_found: bool) -> None:
    run = ScenarioRun.parse(existing("ScenarioRun", "r", spec={}))
    box = existing("Devbox", name, owner_references=owners, spec={"image": "x"})
    assert (child(cache_of(box), "Devbox", run, "r") is not None) is is_found
