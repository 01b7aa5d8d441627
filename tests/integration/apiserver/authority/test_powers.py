"""What pods do not have by themselves is for people who may create pods, and for what the chart's values allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assay.api.scheduling import Scheduling
from assay.kube.errors import Forbidden
from assay.our_resources import OURS
from tests.integration.apiserver.authority.writing import name_of, paths, split, written
from tests.integration.apiserver.governed import POLICY, installed
from tests.integration.apiserver.people import AUTHOR, EDITOR, OPERATOR, RUNNER, Person
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.unit.chart.chart import of_kind, render

NAME = "assay-authority"
GPU = {"key": "gpu", "operator": "Exists", "effect": "NoExecute"}
TEAM = {"key": "team", "value": "a", "effect": "NoSchedule"}
NEAR = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}
POWERS: dict[str, list[Any]] = {
    "egress": ["Any"],
    "priorityClassName": ["system-node-critical", "high"],
    "runtimeClassName": ["privileged"],
    "tolerations": [
        [{"operator": "Exists"}],
        [{"key": "gpu", "operator": "Exists"}],
        [{**GPU, "key": "infra"}],
        [{**GPU, "effect": ""}],
        [{**TEAM, "value": "b"}],
        [GPU, {"operator": "Exists"}],
        [{}],
    ],
    "affinity": [
        {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [NEAR]}},
        {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [NEAR]}},
    ],
}
"""What people who may not create pods do not give to pods."""
FREE: dict[str, list[Any]] = {
    "egress": ["None", "Internet"],
    "nodeSelector": [{"disk": "fast"}],
    "affinity": [{}, {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}],
    "tolerations": [[]],
}
ALLOWED = {"egress": "Any", "priorityClassName": "batch", "runtimeClassName": "gvisor", "tolerations": [GPU]}
ALLOWING = (
    "admission.allowed.priorityClassNames={batch}",
    "admission.allowed.runtimeClassNames={gvisor,kata}",
    "admission.allowed.egressAny=true",
    *(
        f"admission.allowed.tolerations[{number}].{key}={value}"
        for number, toleration in enumerate((GPU, TEAM))
        for key, value in toleration.items()
    ),
)


def cases(values: dict[str, list[Any]]) -> list[Any]:
    """Every path of every kind with each of these values."""
    return [
        pytest.param(kind, path, value, id=f"{kind}-{path}-{number}")
        for kind in OURS
        for path in paths(kind, *values)
        for number, value in enumerate(values[name_of(path)])
    ]


def powerful(kind: str, path: str, value: Any) -> Json:
    """An object with a value at a path of its spec."""
    place, rest = split(path)
    outer, _, inner = rest.partition(".")
    return written(kind, place, {outer: {inner: value}})


@pytest.fixture(scope="module")
def allowing(authoritative: RealApi) -> Iterator[RealApi]:
    """The policy of a chart whose values allow something."""
    policy = of_kind(render(*ALLOWING), POLICY.kind)[NAME]
    authoritative.patch(POLICY, "", NAME, {"spec": policy["spec"]})
    batch = powerful("ScenarioRun", "scheduling.priorityClassName", "batch")
    authoritative.wait(lambda: _is_taken(authoritative, batch))
    yield authoritative
    authoritative.patch(POLICY, "", NAME, {"spec": installed(POLICY, NAME)["spec"]})
    authoritative.wait(lambda: not _is_taken(authoritative, batch))


def _is_taken(api: RealApi, obj: Json) -> bool:
    try:
        Person(api, AUTHOR).create(obj, dryRun="All")
    except Forbidden:
        return False
    return True


def test_every_field_of_a_pod_is_governed_or_free() -> None:
    elsewhere = {"image_pull_secrets"}  # a reference
    known = {Scheduling.model_fields[name].alias for name in Scheduling.model_fields if name not in elsewhere}
    assert known <= POWERS.keys() | FREE.keys()


@pytest.mark.parametrize(("kind", "path", "value"), cases(POWERS))
def test_a_power_is_for_people_who_may_create_pods(api: RealApi, kind: str, path: str, value: Any) -> None:
    obj = powerful(kind, path, value)
    for user in (EDITOR, OPERATOR):
        Person(api, user).create(obj, dryRun="All")
    users = (
        (AUTHOR, RUNNER) if kind in ("ScenarioRun", "BenchmarkRun") and "dryRun" not in path else (AUTHOR,)
    )
    for user in users:
        with pytest.raises(Forbidden, match=f"{NAME}.*people who may create pods"):
            Person(api, user).create(obj, dryRun="All")


@pytest.mark.parametrize(("kind", "path", "value"), cases(FREE))
def test_what_gives_no_power_is_free(api: RealApi, kind: str, path: str, value: Any) -> None:
    Person(api, AUTHOR).create(powerful(kind, path, value), dryRun="All")


def test_a_change_is_asked_about_as_a_new_object_is(api: RealApi) -> None:
    author = Person(api, AUTHOR)
    made = author.create(written("Scenario", ""))
    power = {"spec": {"environment": {"network": {"egress": "Any"}}}}
    with pytest.raises(Forbidden, match=NAME):
        author.patch(made, power)
    made = Person(api, EDITOR).patch(made, power)
    author.patch(made, {"metadata": {"labels": {"team": "a"}}})


@pytest.mark.parametrize(
    ("kind", "path"), [("ScenarioRun", "network.egress"), ("BenchmarkRun", "template.network.egress")]
)
def test_who_has_no_power_may_suspend_and_cancel_what_uses_one(api: RealApi, kind: str, path: str) -> None:
    """A queue, for one, which makes no pods and reads no Secrets."""
    made = Person(api, EDITOR).create(powerful(kind, path, "Any"))
    for change in ({"suspend": True}, {"suspend": False}, {"cancel": True}):
        made = Person(api, RUNNER).patch(made, {"spec": change})
    assert made["spec"]["cancel"] is True


@pytest.mark.parametrize(
    ("kind", "path"), [("ScenarioRun", "scheduling"), ("BenchmarkRun", "template.scheduling")]
)
def test_what_the_values_allow_everybody_may(allowing: RealApi, kind: str, path: str) -> None:
    runner = Person(allowing, RUNNER)
    for field, value in ALLOWED.items():
        parent = path.removesuffix("scheduling") + "network" if field == "egress" else path
        runner.create(powerful(kind, f"{parent}.{field}", value), dryRun="All")
    for field, values in POWERS.items():
        for value in values:
            if field != "egress":
                with pytest.raises(Forbidden, match=f"{NAME}.*people who may create pods"):
                    runner.create(powerful(kind, f"{path}.{field}", value), dryRun="All")
    both = [{**GPU, "tolerationSeconds": 60}, TEAM, {**TEAM, "operator": "Equal"}]
    runner.create(powerful(kind, f"{path}.tolerations", both), dryRun="All")
