"""What others make for somebody, subresources and templates are no way round the policy."""

from __future__ import annotations

import pytest

from assay.kube.errors import Forbidden
from assay.kube.resources import PODS
from tests.integration.apiserver.ownership.owned import (
    MANAGED,
    job_owner,
    labelled_job,
    owner,
    plain,
    refuses,
)
from tests.integration.apiserver.people import (
    JOB_CONTROLLERS,
    OPERATOR,
    OTHERS,
    POD_MAKER,
    Person,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.integration.samples import CONTAINER

CHILD: Json = {"ownerReferences": [owner(controller=True)]}


@pytest.mark.parametrize("user", JOB_CONTROLLERS)
def test_the_job_controller_makes_the_pods_of_a_job(api: RealApi, user: str) -> None:
    operator, controller = Person(api, OPERATOR), Person(api, user)
    labels = {**MANAGED, "assay.dev/scenario-run": "r"}
    job = operator.create(labelled_job(labels, **{"files.assay.dev/script": "true"}))
    annotations = {"files.assay.dev/script": "true"}
    given: Json = {"labels": labels, "annotations": annotations, "ownerReferences": [job_owner(job)]}
    pod = controller.create(plain("Pod", finalizers=["batch.kubernetes.io/job-tracking"], **given))
    controller.patch(pod, {"metadata": {"finalizers": None}})
    refuses(controller.create, plain("Pod", "b", labels=labels))
    refuses(controller.create, plain("Pod", "b", labels=labels, **CHILD))
    references = [{**job_owner(), "controller": False}]
    refuses(controller.create, plain("Pod", "b", labels=labels, ownerReferences=references))


def test_a_job_of_ours_is_not_made_by_hand(api: RealApi) -> None:
    person = Person(api, POD_MAKER)
    for labels in (MANAGED, {"assay.dev/scenario-run": "r"}):
        refuses(person.create, labelled_job(labels))
    refuses(person.create, labelled_job({}, **{"files.assay.dev/script": "echo 1"}))
    suspended = labelled_job({"a": "b"})
    suspended["spec"]["suspend"] = True
    made = person.create(suspended)
    refuses(person.patch, made, {"spec": {"template": {"metadata": {"labels": MANAGED}}}})


def test_the_pods_of_a_job_of_ours_are_not_rewritten_before_it_starts(api: RealApi) -> None:
    job = labelled_job(MANAGED, **{"files.assay.dev/script": "true"})
    job["spec"]["suspend"] = True
    made = Person(api, OPERATOR).create(job)
    person = Person(api, POD_MAKER)
    annotations = {"files.assay.dev/script": "echo 1"}
    refuses(person.patch, made, {"spec": {"template": {"metadata": {"annotations": annotations}}}})


@pytest.mark.parametrize("user", [POD_MAKER, *OTHERS])
def test_a_pod_of_our_job_is_not_made_by_others(api: RealApi, user: str) -> None:
    person = Person(api, user)
    for labels in (MANAGED, {"assay.dev/scenario-run": "r"}):
        refuses(person.create, plain("Pod", labels=labels, ownerReferences=[job_owner()]))
        refuses(person.create, plain("Pod", labels=labels))


@pytest.mark.parametrize("kind", ["Pod", "Job", "PersistentVolumeClaim"])
def test_no_status_is_a_way_round(api: RealApi, kind: str) -> None:
    person = Person(api, POD_MAKER)
    made = person.create(plain(kind))
    for metadata in ({"labels": MANAGED}, {"annotations": {"files.assay.dev/x": "y"}}):
        refuses(person.patch, made, {"metadata": metadata}, "status")
    try:
        changed = person.patch(made, {"metadata": CHILD}, "status")
    except Forbidden:
        return
    assert "ownerReferences" not in changed["metadata"]


def test_no_binding_is_a_way_round(api: RealApi) -> None:
    person = Person(api, POD_MAKER)
    made = person.create(plain("Pod"))
    target = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    for metadata in ({"labels": MANAGED}, {"annotations": {"files.assay.dev/x": "y"}}):
        head = {"name": "a", "namespace": "ns", **metadata}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": head, "target": target}
        for path in (PODS.path("ns", "a", "binding"), "/api/v1/namespaces/ns/bindings"):
            refuses(person.request, "POST", path, binding)
    assert made["metadata"]["name"] == "a"


def test_no_ephemeral_container_is_a_way_round(api: RealApi) -> None:
    person = Person(api, POD_MAKER)
    made = person.create(plain("Pod"))
    change = {"spec": {"ephemeralContainers": [{**CONTAINER, "name": "e"}]}, "metadata": {"labels": MANAGED}}
    try:
        changed = person.patch(made, change, "ephemeralcontainers")
    except Forbidden:
        return
    assert "labels" not in changed["metadata"]


def test_the_image_of_a_pod_of_ours_stays(api: RealApi, child: Json) -> None:
    made = Person(api, OPERATOR).create(plain("Pod", labels=MANAGED, **child))
    person = Person(api, POD_MAKER)
    other = [{"op": "replace", "path": "/spec/containers/0/image", "value": "example.test/y"}]
    with pytest.raises(Forbidden, match="not the images of the pod"):
        person.patch(made, other)
    own = person.create(plain("Pod", "own"))
    assert person.patch(own, other)["spec"]["containers"][0]["image"] == "example.test/y"
