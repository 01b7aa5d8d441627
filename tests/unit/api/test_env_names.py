"""Names of variables that are ours: refused wherever a user sets variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assay.api import KINDS
from assay.api.meta import HANDED, RESERVED
from assay.crdgen.crd import crd
from assay.crdgen.kind import Kind

Schema = dict[str, Any]
OURS = f"!one.name.startsWith('{RESERVED}')"


def nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """All fields below, by their paths."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from nodes(field, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")


def spec(kind: Kind) -> list[tuple[str, Schema]]:
    [version] = crd(kind)["spec"]["versions"]
    return list(nodes(version["schema"]["openAPIV3Schema"]["properties"]["spec"], "spec"))


def rules(field: Schema) -> list[Schema]:
    return list(field.get("x-kubernetes-validations", ()))


def lists(kind: Kind) -> list[tuple[str, Schema]]:
    """Fields that hold variables: names with a value or where it is from."""
    return [
        (path, field)
        for path, field in spec(kind)
        if {"name", "valueFrom"} <= field.get("items", {}).get("properties", {}).keys()
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_list_of_variables_takes_our_names(kind: Kind) -> None:
    for path, field in lists(kind):
        [rule] = [one for one in rules(field) if RESERVED in one["rule"]]
        terms = rule["rule"].removeprefix("self.all(one, ").removesuffix(")").split(" || ")
        assert terms[0] == OURS, path
        assert (len(terms) == 1) is (kind.name != "Devbox"), path
        assert "give the variable another name" in rule["message"]


def test_all_lists_of_variables_are_known() -> None:
    found = {kind.name: [path for path, _ in lists(kind)] for kind in KINDS}
    assert {name: paths for name, paths in found.items() if paths} == {
        "Agent": ["spec.env"],
        "BenchmarkRun": ["spec.agent.env"],
        "Devbox": ["spec.env"],
        "Scenario": ["spec.environment.env", "spec.scoringContract.scoringFunctions[].env"],
        "ScenarioRun": ["spec.agent.env", "spec.dryRun.environment.env"],
        "Scorer": ["spec.env"],
    }


def test_a_devbox_may_have_what_a_run_hands_to_its_agent() -> None:
    [devbox] = [kind for kind in KINDS if kind.name == "Devbox"]
    [(_, field)] = lists(devbox)
    [rule] = rules(field)
    assert all(f"'{name}'" in rule["rule"] for name in HANDED)
    assert "one.name.startsWith('ASSAY_PARAM_')" in rule["rule"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_prefix_makes_a_key_one_of_our_names(kind: Kind) -> None:
    sources = [(path, field) for path, field in spec(kind) if "prefix" in field.get("properties", {})]
    sources += [
        (path, f["items"]) for path, f in spec(kind) if "prefix" in f.get("items", {}).get("properties", {})
    ]
    for path, source in sources:
        [rule] = [one["rule"] for one in rules(source) if "prefix" in one["rule"]]
        assert "self.prefix.startsWith('ASSAY_')" in rule, path
        assert "'ASSAY_'.startsWith(self.prefix)" in rule, path
        assert "self.prefix == ''" in rule, path
