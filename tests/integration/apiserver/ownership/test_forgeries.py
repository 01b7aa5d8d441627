"""Nobody but the operator writes what says that it made an object."""

from __future__ import annotations

import pytest

from assay.specs import names
from tests.integration.apiserver.ownership.owned import (
    MANAGED,
    RESOURCES,
    job_owner,
    owner,
    plain,
    refuses,
)
from tests.integration.apiserver.people import (
    AUTHOR,
    OPERATOR,
    POD_MAKER,
    RUNNER,
    Person,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

KINDS = sorted(RESOURCES)
LABELS = sorted(
    value
    for key, value in vars(names).items()
    if isinstance(value, str) and value.startswith("assay.dev/") and key not in ("BUILD_CONTEXT", "IN_USE")
)
CHILD: Json = {"ownerReferences": [owner(controller=True)]}


@pytest.mark.parametrize("user", [RUNNER, AUTHOR, POD_MAKER])
def test_nobody_forges_a_child(api: RealApi, user: str) -> None:
    person = Person(api, user)
    for child in (
        plain("ScenarioRun", **CHILD),
        plain("ScenarioRun", labels={"assay.dev/validation": "s"}),
        plain("BenchmarkRun", labels=MANAGED),
    ):
        refuses(person.create, child)
        refuses(person.apply, child)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_can_be_forged(api: RealApi, kind: str) -> None:
    person = Person(api, POD_MAKER)
    made = person.create(plain(kind, "own", labels={"a": "b"}, annotations={"a": "b"}))
    for metadata in (
        CHILD,
        {"labels": MANAGED},
        {"labels": {"assay.dev/scenario-run": "x"}},
        {"annotations": {"files.assay.dev/script": "echo 1"}},
    ):
        refuses(person.create, plain(kind, **metadata))
        refuses(person.patch, made, {"metadata": metadata})
        [(field, value)] = metadata.items()
        present = {**value, "a": "b"} if isinstance(value, dict) else value
        refuses(person.replace, {**made, "metadata": {**made["metadata"], field: present}})
        operations = [{"op": "add", "path": f"/metadata/{field}", "value": present}]
        refuses(person.patch, made, operations)
        nameless = plain(kind, **metadata, generateName="x-")
        del nameless["metadata"]["name"]
        refuses(person.create, nameless)
    named = refuses(person.create, plain(kind, labels={"assay.dev/devbox": "x", "b": "c"}))
    assert "(assay.dev/devbox)" in named


@pytest.mark.parametrize("label", LABELS)
def test_no_label_and_no_annotation_of_ours_can_be_forged(api: RealApi, label: str) -> None:
    person = Person(api, POD_MAKER)
    refuses(person.create, plain("Pod", labels={label: "x"}))
    refuses(person.create, plain("Pod", annotations={label: "x"}))


@pytest.mark.parametrize(
    "reference",
    [
        owner(),
        owner(controller=True, blockOwnerDeletion=True),
        owner(controller=False),
        owner(api_version="assay.dev/v1"),
        owner(api_version="ASSAY.DEV/v1alpha1"),
        owner(kind="Anything"),
    ],
)
def test_no_reference_to_our_kinds_can_be_forged(api: RealApi, reference: Json) -> None:
    person, another = Person(api, POD_MAKER), owner("ConfigMap", "v1", uid="another")
    for references in ([reference], [another, reference]):
        message = refuses(person.create, plain("Pod", ownerReferences=references))
        assert f"{reference['kind']} victim" in message


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_operator_made_stays_marked(api: RealApi, child: Json, kind: str) -> None:
    labels = {**MANAGED, "assay.dev/devbox": "x"}
    annotations = {"files.assay.dev/script": "true"}
    made = Person(api, OPERATOR).create(plain(kind, labels=labels, annotations=annotations, **child))
    [reference] = child["ownerReferences"]
    person = Person(api, POD_MAKER)
    for metadata in (
        {"labels": {"app.kubernetes.io/managed-by": "me"}},
        {"labels": {"app.kubernetes.io/managed-by": None}},
        {"labels": {"assay.dev/devbox": "y"}},
        {"labels": None},
        {"annotations": {"files.assay.dev/script": "echo 1"}},
        {"annotations": None},
        {"ownerReferences": [{**reference, "uid": "another"}]},
        {"ownerReferences": [{**reference, "controller": False}]},
        {"ownerReferences": [reference, {**job_owner(), "controller": False}]},
    ):
        refuses(person.patch, made, {"metadata": metadata})
    operator = Person(api, OPERATOR)
    assert operator.patch(made, {"metadata": {"labels": {"assay.dev/devbox": "y"}}})
