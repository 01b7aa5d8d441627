"""What leaves owner references and labels of ours alone is nobody's concern."""

from __future__ import annotations

import pytest

from assay.kube.resources import CONFIG_MAPS, PODS
from tests.integration.apiserver.either import an_object
from tests.integration.apiserver.ownership.owned import (
    MANAGED,
    RESOURCES,
    job_owner,
    owner,
    plain,
    refuses,
)
from tests.integration.apiserver.people import (
    OPERATOR,
    POD_MAKER,
    Person,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

KINDS = sorted(RESOURCES)
EDITS: dict[str, Json] = {
    "BenchmarkRun": {"parallelism": 2},
    "Devbox": {"operatingMode": "Suspended"},
    "DiskSnapshot": {"ttlSeconds": 60},
    "Job": {"suspend": True},
    "PersistentVolumeClaim": {"volumeName": "v"},
    "Pod": {"activeDeadlineSeconds": 60},
    "Scenario": {"problemStatement": "y"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_edits_pass(api: RealApi, child: Json, kind: str) -> None:
    person = Person(api, POD_MAKER)
    mine = {"labels": {"app.kubernetes.io/managed-by": "kustomize", "team": "a"}, "annotations": {"a": "b"}}
    file = api.create(an_object(CONFIG_MAPS, "c"))
    reference = owner("ConfigMap", "v1", controller=True, name="c", uid=file["metadata"]["uid"])
    own = person.create(plain(kind, "own", **mine, ownerReferences=[reference]))
    ours = Person(api, OPERATOR).create(plain(kind, "ours", labels=MANAGED, **child))
    for made in (own, ours):
        argocd = {"labels": {"argocd.argoproj.io/instance": "x"}, "annotations": {"a": "c"}}
        person.patch(made, {"metadata": argocd})
        person.patch(made, {"metadata": {"finalizers": ["example.test/f"]}})
        person.patch(made, {"metadata": {"finalizers": None}})
        unblocked = [{**made["metadata"]["ownerReferences"][0], "blockOwnerDeletion": False}]
        person.patch(made, {"metadata": {"ownerReferences": unblocked}})
        changed = person.patch(made, {"metadata": {"ownerReferences": None}})
        assert "ownerReferences" not in changed["metadata"]
    person.apply(plain(kind, "own", labels={"team": "b"}))


def test_a_benchmark_may_go_with_its_only_run(api: RealApi) -> None:
    person = Person(api, POD_MAKER)
    assert person.create(plain("Benchmark", ownerReferences=[owner()]))
    refuses(person.create, plain("Benchmark", "b", ownerReferences=[owner(controller=True)]))
    refuses(person.create, plain("Benchmark", "c", ownerReferences=[owner("ScenarioRun")]))


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_specs_are_edited(api: RealApi, child: Json, kind: str) -> None:
    person, operator = Person(api, POD_MAKER), Person(api, OPERATOR)
    for made in (person.create(plain(kind)), operator.create(plain(kind, "ours", labels=MANAGED, **child))):
        changed = person.patch(made, {"spec": EDITS[kind]})
        assert changed["spec"].items() >= EDITS[kind].items()


def test_the_status_of_ours_is_written_by_others(api: RealApi, child: Json) -> None:
    kubelet = Person(api, POD_MAKER)
    made = Person(api, OPERATOR).create(plain("Pod", labels=MANAGED, **child))
    assert kubelet.patch(made, {"status": {"phase": "Running"}}, "status")["status"]["phase"] == "Running"
    target = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    head = {"name": "a", "namespace": "ns"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": head, "target": target}
    kubelet.request("POST", PODS.path("ns", "a", "binding"), binding)


def test_labels_for_people_stay_theirs(api: RealApi) -> None:
    person = Person(api, POD_MAKER)
    labels = {"assay.dev/build-context": "true"}
    assert person.create(an_object(CONFIG_MAPS, metadata={"namespace": "ns", "name": "c", "labels": labels}))
    assert person.create(plain("Blueprint", labels=labels))
    assert person.create(plain("Pod", ownerReferences=[job_owner()])), "a Job of theirs"
