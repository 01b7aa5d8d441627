"""Whoever writes an object may read every Secret and ConfigMap that it refers to, wherever it does."""

from __future__ import annotations

from typing import Any

import pytest

from assay.kube.errors import Forbidden
from assay.our_resources import OURS
from tests.integration.apiserver.authority.writing import (
    MINE,
    NAMER,
    READER,
    name_of,
    names,
    paths,
    split,
    written,
)
from tests.integration.apiserver.ownership.owned import plain
from tests.integration.apiserver.people import AUTHOR, EDITOR, OPERATOR, RUNNER, Person
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

SECRET, CONFIG_MAP = "Secret", "ConfigMap"
FIELDS = {
    "secretRef": (SECRET,),
    "secretKeyRef": (SECRET,),
    "referenceFrom": (SECRET,),
    "imagePullSecrets": (SECRET,),
    "configMap": (CONFIG_MAP,),
    "configMapRef": (CONFIG_MAP,),
    "configMapKeyRef": (CONFIG_MAP,),
    "valueFrom": (SECRET, CONFIG_MAP),
}
"""Fields that refer to a Secret or ConfigMap, and to which."""
OURS_BY_NAME = {f"{kind[0].lower()}{kind[1:]}Ref" for kind in OURS} | {"ref"}
"""Fields that refer to one of our kinds, which people who write the one may use."""
POWERS = {"priorityClassName", "runtimeClassName", "volumeSnapshotRef"}
"""Fields that refer to what is for people with other rights (test_powers.py, test_roles.py)."""
FREE = {"storageClassName", "volumeSnapshotClassName"}
"""Fields that refer to what quotas bound (docs/security.md)."""
CASES = [
    pytest.param(kind, path, to, id=f"{kind}-{path}-{to}")
    for kind in OURS
    for path in paths(kind, *FIELDS)
    for to in FIELDS[name_of(path)]
]


def referring(kind: str, path: str, to: str, *referents: str) -> Json:
    """An object that refers to Secrets or ConfigMaps at a path of its spec."""
    place, rest = split(path)
    return written(kind, place, _part(rest, to, list(referents)))


def _part(rest: str, to: str, referents: list[str]) -> Json:
    keys = [{"name": name, "key": "k"} for name in referents]
    refs = [{"name": name} for name in referents]
    field = name_of(rest)
    of_key = "secretKeyRef" if to == SECRET else "configMapKeyRef"
    parts: dict[str, Any] = {
        "env[].valueFrom": lambda: [
            {"name": f"A{n}", "valueFrom": {of_key: key}} for n, key in enumerate(keys)
        ],
        f"envFrom[].{field}": lambda: [{field: ref} for ref in refs],
        f"bashScript.{field}": lambda: {field: keys[0]},
        f"pythonScript.{field}": lambda: {field: keys[0]},
        f"testFiles.from[].{field}": lambda: {"command": ["true"], "from": [{field: ref} for ref in refs]},
        "referenceOutput.secretKeyRef": lambda: {"secretKeyRef": keys[0]},
        "referenceFrom": lambda: keys[0],
        "context.configMap": lambda: {"configMap": refs[0]},
    }
    if field == "imagePullSecrets":
        return {"scheduling": {"imagePullSecrets": refs}}
    name = rest.split(".")[0].removesuffix("[]")
    part: Json = {name: parts[rest]()}
    if name == "context":
        part["dockerfile"] = "FROM scratch"
    if name in ("bashScript", "pythonScript", "testFiles"):
        part["type"] = name[0].upper() + name[1:]
    return part


@pytest.mark.parametrize("kind", OURS)
def test_every_field_that_names_a_secret_or_config_map_is_known(kind: str) -> None:
    like = {one for one in names(kind) if "secret" in one.lower() or "configmap" in one.lower()}
    assert like <= FIELDS.keys()
    assert names(kind) >= set(plain(kind)["spec"]), "fields are found"


@pytest.mark.parametrize("kind", OURS)
def test_every_reference_is_checked_or_free_on_purpose(kind: str) -> None:
    like = {one for one in names(kind) if one.endswith(("Ref", "Refs", "ClassName", "From"))} - {"envFrom"}
    assert like | names(kind) & {"ref"} <= FIELDS.keys() | OURS_BY_NAME | POWERS | FREE


@pytest.mark.parametrize(("kind", "path", "to"), CASES)
def test_a_reference_is_for_people_who_may_read_what_it_names(
    api: RealApi, kind: str, path: str, to: str
) -> None:
    mine, other = (referring(kind, path, to, name) for name in ("mine", "other"))
    for user, allowed in ((READER, (mine, other)), (EDITOR, (mine, other)), (NAMER, (mine,))):
        for obj in allowed:
            Person(api, user).create(obj, dryRun="All")
    for user, refused in ((AUTHOR, mine), (AUTHOR, other), (NAMER, other)):
        name = "mine" if refused is mine else "other"
        with pytest.raises(
            Forbidden, match=rf"assay-references.*refers to {to} {name}, which you may not get"
        ):
            Person(api, user).create(refused, dryRun="All")
    Person(api, OPERATOR).create(other, dryRun="All")


@pytest.mark.parametrize(
    ("kind", "place"), [("ScenarioRun", "agent"), ("BenchmarkRun", "agent"), ("ScenarioRun", "scheduling")]
)
@pytest.mark.parametrize("to", [SECRET, CONFIG_MAP])
def test_a_runner_refers_to_nothing(api: RealApi, kind: str, place: str, to: str) -> None:
    if place == "scheduling":
        obj = referring(kind, "scheduling.imagePullSecrets", SECRET, "mine")
    else:
        obj = referring(kind, f"{place}.env[].valueFrom", to, "mine")
    with pytest.raises(Forbidden, match="assay-references"):
        Person(api, RUNNER).create(obj, dryRun="All")


@pytest.mark.parametrize("to", [SECRET, CONFIG_MAP])
def test_every_one_of_several_is_asked_about(api: RealApi, to: str) -> None:
    path = "envFrom[].secretRef" if to == SECRET else "envFrom[].configMapRef"
    with pytest.raises(Forbidden, match=f"refers to {to} other,"):
        Person(api, NAMER).create(referring("Agent", path, to, "mine", "mine", "other"), dryRun="All")
    Person(api, NAMER).create(referring("Agent", path, to, *["mine"] * 20), dryRun="All")
    many = referring("Agent", path, to, *(f"s{n}" for n in range(20)))
    Person(api, READER).create(many, dryRun="All")
    with pytest.raises(Forbidden, match=f"refers to {to} s0,"):
        Person(api, AUTHOR).create(many, dryRun="All")


@pytest.mark.parametrize("to", [SECRET, CONFIG_MAP])
def test_eight_of_each_by_name_are_not_too_many_to_ask_about(api: RealApi, to: str) -> None:
    path = "envFrom[].secretRef" if to == SECRET else "envFrom[].configMapRef"
    namer = Person(api, NAMER)
    namer.create(referring("Agent", path, to, *MINE[:8]), dryRun="All")
    with pytest.raises(Forbidden, match=f"more than 8 {to}s"):
        namer.create(referring("Agent", path, to, *MINE), dryRun="All")
    both = referring("Agent", "envFrom[].secretRef", SECRET, *MINE[:8])
    both["spec"]["envFrom"] += referring("Agent", "envFrom[].configMapRef", CONFIG_MAP, *MINE[:8])["spec"][
        "envFrom"
    ]
    namer.create(both, dryRun="All")


def test_a_change_is_asked_about_as_a_new_object_is(api: RealApi) -> None:
    author, reader = Person(api, AUTHOR), Person(api, READER)
    with pytest.raises(Forbidden, match="refers to Secret other,"):
        author.patch(
            author.create(written("Agent", "")), {"spec": {"envFrom": [{"secretRef": {"name": "other"}}]}}
        )
    made = reader.patch(
        author.create(written("Agent", "") | {"metadata": {"name": "b", "namespace": "ns"}}),
        {"spec": {"envFrom": [{"secretRef": {"name": "other"}}]}},
    )
    author.patch(made, {"metadata": {"labels": {"team": "a"}}})
    with pytest.raises(Forbidden, match="refers to Secret other,"):
        author.patch(made, {"spec": {"args": ["x"]}})
    author.patch(made, {"spec": {"envFrom": None}})
