"""Secrets that a function's variables need are missed before the agent works in the function's pod."""

from __future__ import annotations

from typing import Any

import pytest

from assay.specs import run_job
from tests.unit.specs import objects
from tests.unit.specs.objects import SETTINGS, Obj, pinned, run, scorer_jobs

KEY = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "judge", "key": "token"}}}
OPTIONAL = {"name": "O", "valueFrom": {"secretKeyRef": {"name": "o", "key": "o", "optional": True}}}
OTHERS = [
    OPTIONAL,
    {"name": "PLAIN", "value": "x"},
    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "c"}}},
    {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
]
WHOLE = [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "c"}}]


def function(**more: Any) -> Obj:
    return {"name": "f", "type": "BashScript", "bashScript": {"script": "echo 1"}, **more}


def pod(*functions: Obj, beside: bool = True) -> Obj:
    """The pod in which these functions work: the agent's, or one of their own."""
    contract = {"scoringFunctions": list(functions)}
    made = pinned(scoringContract=contract)
    if beside:
        made = made.model_copy(update={"same_pod": [one["name"] for one in functions]})
        job = run_job.job(run(), made, SETTINGS)
    else:
        [job] = scorer_jobs(run(), made, objects.devbox("r", rootFilesystem="Overlay"), SETTINGS)
    found: Obj = job["spec"]["template"]["spec"]
    return found


def required(made: Obj) -> dict[str, list[Obj]]:
    """The sources of each volume of them, by the function whose container mounts it."""
    sources = {one["name"]: one["projected"]["sources"] for one in made["volumes"] if "projected" in one}
    found = {}
    for container in (*made["containers"], *made.get("initContainers", ())):
        for mount in container["volumeMounts"]:
            if mount["mountPath"] == "/.assay/required":
                assert mount["readOnly"]
                found[container["name"]] = sources.pop(mount["name"])
    assert not sources, "every volume is mounted, or the kubelet passes over it"
    return found


def test_keys_and_whole_secrets_are_mounted_in_the_functions_container_alone() -> None:
    made = pod(function(env=[*OTHERS, KEY], envFrom=WHOLE), function() | {"name": "g"})
    items = [{"key": "token", "path": "0"}]
    assert required(made) == {
        "f": [{"secret": {"name": "judge", "items": items}}, {"secret": {"name": "all"}}]
    }


def test_two_keys_are_two_files() -> None:
    """The API server refuses equal paths."""
    twice = [KEY, {**KEY, "name": "AGAIN"}]
    [sources] = required(pod(function(env=twice))).values()
    assert [one["secret"]["items"][0]["path"] for one in sources] == ["0", "1"]


@pytest.mark.parametrize("env", [[], OTHERS])
def test_what_needs_no_secret_has_no_volume(env: list[Obj]) -> None:
    assert required(pod(function(env=env))) == {}


def test_in_a_pod_of_its_own_nothing_is_mounted() -> None:
    assert required(pod(function(env=[KEY], envFrom=WHOLE), beside=False)) == {}
