"""Objects of every kind that the operator makes, and what says that it made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assay.kube.errors import Forbidden
from assay.kube.resources import JOBS, NETWORK_POLICIES, PERSISTENT_VOLUME_CLAIMS, PODS, VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from tests.integration.apiserver.either import an_object
from tests.integration.fakecollection import Json
from tests.integration.samples import CONTAINER

NOP: Json = {"type": "Nop"}
_SPECS: dict[str, Json] = {
    "Agent": {"type": "Nop"},
    "Benchmark": {"scenarios": [{"name": "s"}]},
    "BenchmarkRun": {"benchmarkRef": {"name": "b"}, "agent": NOP},
    "Blueprint": {"image": "example.test/x"},
    "Devbox": {"image": "example.test/x"},
    "DiskSnapshot": {"devboxRef": {"name": "d"}},
    "Scenario": {
        "problemStatement": "x",
        "environment": {"image": "example.test/x"},
        "scoringContract": {
            "scoringFunctions": [{"name": "f", "type": "BashScript", "bashScript": {"script": "echo 1"}}]
        },
    },
    "ScenarioRun": {"scenarioRef": {"name": "s"}, "agent": NOP},
    "Scorer": {"type": "BashScript", "bashScript": {"script": "echo 1"}},
}
OTHERS = (PODS, JOBS, PERSISTENT_VOLUME_CLAIMS, NETWORK_POLICIES, VOLUME_SNAPSHOTS)
RESOURCES = {one.kind: one for one in (*OURS.values(), *OTHERS)}
REFUSED = "assay-ownership.*Assay's operator"
MANAGED = {"app.kubernetes.io/managed-by": "assay"}


def plain(kind: str, name: str = "a", **metadata: Any) -> Json:
    """An object as people write it."""
    made = an_object(RESOURCES[kind], name)
    if kind in _SPECS:
        made["spec"] = _SPECS[kind]
    made["metadata"] |= metadata
    return made


def owner(kind: str = "BenchmarkRun", api_version: str = "assay.dev/v1alpha1", **more: Any) -> Json:
    """An owner reference."""
    return {"apiVersion": api_version, "kind": kind, "name": "victim", "uid": "uid-of-victim", **more}


def job_owner(job: Json | None = None) -> Json:
    """The owner reference by which the Job controller marks a pod of a Job, or of one that does not exist."""
    named = {key: job["metadata"][key] for key in ("name", "uid")} if job else {}
    return owner("Job", "batch/v1", controller=True, blockOwnerDeletion=True, **named)


def labelled_job(labels: Json, **annotations: str) -> Json:
    """A Job that says nothing of itself, and whose pods would have these labels and annotations."""
    made = plain("Job")
    template = {"metadata": {"labels": labels, "annotations": annotations}}
    made["spec"] = {"template": {**template, "spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}}
    return made


def refuses(act: Callable[..., Json], *arguments: Any, **more: Any) -> str:
    """Assert that the policy, and not RBAC or validation, refuses the act; returns the message."""
    with pytest.raises(Forbidden, match=REFUSED) as refused:
        act(*arguments, **more)
    return str(refused.value.message)
