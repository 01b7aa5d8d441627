"""The table of docs/security.md, "People": what each role may, tried by a user who has that role alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from assay.kube.errors import Forbidden, Invalid
from assay.kube.resources import CONFIG_MAPS, PODS
from assay.our_resources import OURS
from tests.integration.apiserver.authority.writing import SECRETS, secret_of, written
from tests.integration.apiserver.ownership.owned import owner, plain
from tests.integration.apiserver.people import ADMIN, AUTHOR, EDITOR, RUNNER, VIEWER, Person
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.unit.chart.chart import ROOT

USERS = {"view": VIEWER, "assay-runner": RUNNER, "assay-author": AUTHOR, "edit": EDITOR, "admin": ADMIN}
RUNS = ("ScenarioRun", "BenchmarkRun")
KEPT: Json = {"metadata": {"annotations": {"a": "b"}}}
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

Act = Callable[[Person], object]
"""Something to try. It raises Forbidden or Invalid where the user may not."""


def reads(kind: str) -> list[Act]:
    """get, list and watch of a kind."""
    resource = OURS[kind]
    return [
        lambda user: user.request("GET", resource.path("ns", "there"), None),
        lambda user: user.request("GET", resource.path("ns"), None),
        may("watch", resource.plural, resource.group),
    ]


def writes(kind: str) -> list[Act]:
    """create, apply, patch, update, delete and deletecollection of a kind."""
    there, path = plain(kind, "there"), OURS[kind].path("ns")
    applied = {**written(kind, ""), "metadata": plain(kind, "applied")["metadata"]}
    return [
        *creates(written(kind, "")),
        lambda user: user.apply(applied),
        lambda user: user.patch(there, KEPT),
        lambda user: user.replace(user.request("GET", f"{path}/there", None)),
        lambda user: user.delete(there, dryRun=["All"]),
        lambda user: user.request("DELETE", f"{path}?dryRun=All", {}),
    ]


def writes_status(kind: str) -> Act:
    """patch of a kind's status."""
    return lambda user: user.patch(plain(kind, "there"), {"status": {"phase": "Complete"}}, "status")


def creates(*objects: Json) -> list[Act]:
    """create of each object."""
    return [partial(_create, obj) for obj in objects]


def _create(obj: Json, user: Person) -> object:
    return user.create(obj, dryRun="All")


def may(verb: str, resource: str, group: str = "", subresource: str = "") -> Act:
    """What cannot be tried by one short request is asked of the API server."""

    def ask(user: Person) -> None:
        attributes = {
            "namespace": "ns",
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
        }
        body = {"spec": {"resourceAttributes": attributes}}
        if not user.request("POST", REVIEW, body)["status"]["allowed"]:
            raise Forbidden(403, "Forbidden", f"may not {verb} {resource}/{subresource}")

    return ask


def env(kind: str) -> list[Json]:
    """Runs whose agent has a variable from a Secret or ConfigMap, in both ways."""
    of_key, of_all = (
        ("secretKeyRef", "secretRef") if kind == "Secret" else ("configMapKeyRef", "configMapRef")
    )
    key, ref = {"name": "there", "key": "k"}, {"name": "there"}
    parts = ({"env": [{"name": "A", "valueFrom": {of_key: key}}]}, {"envFrom": [{of_all: ref}]})
    return [written(run, "agent", part) for run in RUNS for part in parts]


def runs(part: Mapping[str, Any]) -> list[Json]:
    """Runs with these fields in their template."""
    return [written("ScenarioRun", "", part), written("BenchmarkRun", "template", part)]


def takes(**part: Any) -> list[Json]:
    """Runs by agents that take nothing, and such an Agent, with something all the same."""
    made = [{**written("Agent", ""), "spec": {"type": "Nop", **part}}] if part else []
    for kind in RUNS:
        for type_ in ("Reference", "Nop"):
            obj = written(kind, "")
            obj["spec"]["agent"] = {"type": type_, **part}
            made.append(obj)
    return made


ACTS: dict[str, list[Act]] = {
    "get, list, watch our kinds": [act for kind in OURS for act in reads(kind)],
    "create, update, patch, delete ScenarioRuns and BenchmarkRuns": [
        act for kind in RUNS for act in writes(kind)
    ],
    "create, update, patch, delete the other kinds": [
        act for kind in OURS if kind not in RUNS for act in writes(kind)
    ],
    "write the status of any kind": [writes_status(kind) for kind in OURS],
    "read Secrets": [lambda user: user.request("GET", secret_of("there"), None)],
    "read ConfigMaps": [lambda user: user.request("GET", CONFIG_MAPS.path("ns", "there"), None)],
    "read pods and their logs": [
        lambda user: user.request("GET", PODS.path("ns"), None),
        may("get", "pods", subresource="log"),
    ],
    "create pods, `exec` into them": [*creates(plain("Pod")), may("create", "pods", subresource="exec")],
    "try a Scorer in an environment of their own (`dryRun`)": creates(
        written("ScenarioRun", "dryRun.environment")
    ),
    "make a disk of a VolumeSnapshot (`volumeSnapshotRef`)": creates(
        {**plain("DiskSnapshot"), "spec": {"volumeSnapshotRef": {"name": "there"}}}
    ),
    "give a run a variable from a Secret": creates(*env("Secret")),
    "give a run a variable from a ConfigMap": creates(*env("ConfigMap")),
    "give a run a priority or runtime class, tolerations, pod affinity": creates(
        *runs({"scheduling": {"priorityClassName": "system-node-critical"}}),
        *runs({"scheduling": {"runtimeClassName": "privileged"}}),
        *runs({"scheduling": {"tolerations": [{"operator": "Exists"}]}}),
        *runs({"scheduling": {"affinity": {"podAntiAffinity": {}}}}),
    ),
    "give a run `egress: Any`": creates(
        *runs({"network": {"egress": "Any"}}),
        *(written(kind, "agent", {"network": {"egress": "Any"}}) for kind in RUNS),
    ),
    "give anything to a Reference or Nop agent": creates(
        *takes(args=["x"]),
        *takes(env=[{"name": "A", "value": "b"}]),
        *takes(envFrom=[{"configMapRef": {"name": "there"}}]),
        *takes(resources={"limits": {"cpu": "1"}}),
        *takes(network={"egress": "None"}),
        *({**obj, "spec": {**obj["spec"], "parameters": [{"name": "A", "value": "b"}]}} for obj in takes()),
        {**takes()[0], "spec": {**takes()[0]["spec"], "network": {"egress": "None"}}},
        {**takes()[2], "spec": {**takes()[2]["spec"], "template": {"network": {"egress": "None"}}}},
    ),
    "make what counts as the operator's": creates(
        *(written(kind, "", ownerReferences=[owner(controller=True)]) for kind in RUNS),
        *(written(kind, "", labels={"assay.dev/validation": "s"}) for kind in RUNS),
    ),
}


def table() -> dict[str, dict[str, bool]]:
    """What the docs say: right → role → whether the role has it."""
    text = (ROOT / "docs/security.md").read_text().split("\n## People\n")[1]
    text = text[text.index("| a person with this role alone may") :]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    roles = [role.strip("`") for role in head[1:]]
    return {row[0]: dict(zip(roles, (cell == "yes" for cell in row[1:]), strict=True)) for row in rows}


TABLE = table()


@pytest.fixture
def filled(api: RealApi) -> Iterator[RealApi]:
    """A namespace with an object of every kind, named `there`."""
    for kind in OURS:
        api.create(written(kind, "") | {"metadata": plain(kind, "there")["metadata"]})
    for kind in ("Secret", "ConfigMap"):
        made = {"apiVersion": "v1", "kind": kind, "metadata": {"namespace": "ns", "name": "there"}}
        api.create(made, SECRETS if kind == "Secret" else CONFIG_MAPS)
    yield api
    api.delete(SECRETS, "ns", "there")  # the rest goes with the namespace's content


def test_the_table_has_what_is_tried_and_nothing_else() -> None:
    assert TABLE.keys() == ACTS.keys()
    assert all(row.keys() == USERS.keys() for row in TABLE.values())


@pytest.mark.parametrize("role", USERS)
@pytest.mark.parametrize("right", ACTS)
def test_a_role_may_what_the_table_says_and_no_more(filled: RealApi, right: str, role: str) -> None:
    user = Person(filled, USERS[role])
    outcomes = [_is_allowed(act, user) for act in ACTS[right]]
    assert outcomes == [TABLE[right][role]] * len(outcomes)


def _is_allowed(act: Act, user: Person) -> bool:
    try:
        act(user)
    except (Forbidden, Invalid):
        return False
    return True
