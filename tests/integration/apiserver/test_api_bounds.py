"""The chart's policy on a real API server: what is too large or too deeply nested is refused at the door."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from assay.kube.errors import Invalid
from assay.kube.resources import Resource
from assay.our_resources import OURS
from tests.integration.apiserver.realapi import CRDS, RealApi
from tests.integration.fakecollection import Json

INSTALL = CRDS.parent / "manifests" / "base" / "install.yaml"
REGISTRATION = "admissionregistration.k8s.io"
POLICIES = Resource(REGISTRATION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", False)
BINDINGS = Resource(
    REGISTRATION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", False
)
NAME = "assay-bounds"
LEVELS = 40


def nested(levels: int, bottom: Any = "x") -> Any:
    """Lists and maps in turn, so many levels of them, with others beside them."""
    for level in range(levels):
        bottom = {"a": bottom} if level % 2 else [bottom, *([{}] if level else [])]
    return bottom


def scorer(name: str, **schema: Any) -> Json:
    spec = {"type": "BashScript", "bashScript": {"script": "echo 1"}, "parametersSchema": schema}
    return {**_head("Scorer", name), "spec": spec}


def agent(name: str, **more: Any) -> Json:
    return {**_head("Agent", name), "spec": {"type": "Command", "command": ["x"], **more}}


def _head(kind: str, name: str) -> Json:
    api_version = OURS[kind].api_version
    return {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "ns", "name": name}}


@pytest.fixture(scope="module")
def door(real_api: RealApi) -> Iterator[RealApi]:
    """The server with the policy, in force."""
    documents = [one for one in yaml.safe_load_all(INSTALL.read_text()) if one["metadata"]["name"] == NAME]
    for document in documents:
        real_api.create(document, POLICIES if document["kind"] == POLICIES.kind else BINDINGS)
    deadline = time.monotonic() + 15
    while refusal(real_api, scorer("probe", x=nested(LEVELS + 5))) is None:
        real_api.delete(OURS["Scorer"], "ns", "probe")
        assert time.monotonic() < deadline, "the policy is not in force"
        time.sleep(0.2)
    yield real_api
    for resource in (BINDINGS, POLICIES):
        real_api.delete(resource, "", NAME)
    while refusal(real_api, scorer("probe", x=nested(LEVELS + 5))) is not None:
        time.sleep(0.2)
    real_api.clear()


def refusal(api: RealApi, obj: Json) -> str | None:
    """Why the server refuses an object; None if it takes it."""
    try:
        api.create(obj)
    except Invalid as error:
        return error.message
    return None


@pytest.mark.parametrize("levels", [1, LEVELS - 2])
def test_what_is_nested_as_deeply_as_documented_is_taken(door: RealApi, levels: int) -> None:
    assert refusal(door, scorer(f"deep-{levels}", x=nested(levels))) is None


@pytest.mark.parametrize("levels", [LEVELS - 1, 200, 900])
def test_what_is_nested_more_deeply_is_refused_in_every_free_field(door: RealApi, levels: int) -> None:
    name = f"deeper-{levels}"
    env = [{"name": "A", "valueFrom": {"secretKeyRef": nested(levels)}}]
    for obj in (scorer(name, x=nested(levels)), agent(name, env=env)):
        assert "more than 40 levels" in (refusal(door, obj) or "")


def test_what_is_large_is_refused(door: RealApi) -> None:
    assert refusal(door, scorer("half", x="y" * 500_000)) is None
    assert "512 KiB" in (refusal(door, scorer("large", x="y" * 530_000)) or "")
    assert "512 KiB" in (refusal(door, scorer("bytes", x="ü" * 270_000)) or "")
    assert "512 KiB" in (refusal(door, agent("agent", command=["y" * 65_536] * 9)) or "")


def test_lists_of_their_greatest_length_are_taken(door: RealApi) -> None:
    named = [{"name": f"scenario-{number}"} for number in range(1000)]
    assert refusal(door, {**_head("Benchmark", "long"), "spec": {"scenarios": named}}) is None
    env = [{"name": f"A{number}", "value": "x"} for number in range(100)]
    command = {"type": "Command", "command": {"command": ["true"]}, "env": env}
    functions = [{"name": f"f{number}", **command} for number in range(32)]
    spec = {
        "problemStatement": "x" * 60_000,
        "environment": {"image": "example.test/x", "env": env},
        "scoringContract": {"scoringFunctions": functions},
    }
    assert refusal(door, {**_head("Scenario", "long"), "spec": spec}) is None


@pytest.mark.parametrize(
    "wide",
    [
        lambda: {"enum": [[] for _ in range(120_000)]},
        lambda: {"enum": [[[]] for _ in range(60_000)]},
        lambda: {str(number): {} for number in range(40_000)},
        lambda: {"enum": [[[[] for _ in range(100)] for _ in range(100)] for _ in range(10)]},
        lambda: {"enum": list(range(70_000))},
    ],
    ids=["lists", "nested-lists", "maps", "wide-levels", "numbers"],
)
def test_what_would_take_long_to_check_is_refused_before_it_is_walked(
    door: RealApi, wide: Callable[[], Json]
) -> None:
    why = refusal(door, scorer("wide", **wide())) or ""
    assert "more than 5000" in why or "cost limit exceeded" in why


def test_an_object_that_got_in_before_can_still_be_labelled(door: RealApi) -> None:
    """Only what changes the spec is checked: controllers write finalizers and labels."""
    [binding] = [one for one in door.all(BINDINGS) if one["metadata"]["name"] == NAME]
    door.delete(BINDINGS, "", NAME)
    before = scorer("before", x=nested(60))
    while refusal(door, before) is not None:
        time.sleep(0.1)
    head = {key: binding["metadata"][key] for key in ("name", "labels")}
    door.create({**binding, "metadata": head}, BINDINGS)
    while refusal(door, scorer("probe", x=nested(60))) is None:
        door.delete(OURS["Scorer"], "ns", "probe")
        time.sleep(0.1)
    labelled = door.patch(OURS["Scorer"], "ns", "before", {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["labels"] == {"a": "b"}
