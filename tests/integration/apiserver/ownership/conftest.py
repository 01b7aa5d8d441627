"""The chart's policy on a real API server, and users with the rights of the chart's roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from assay.kube.errors import ApiError
from assay.kube.resources import Resource
from tests.integration.apiserver.ownership.owned import owner, plain
from tests.integration.apiserver.ownership.people import (
    AUTHOR,
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONTROLLERS,
    OPERATOR,
    POD_MAKER,
    RUNNER,
    Person,
    bind,
    rules,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.unit.chart.chart import ROOT, of_kind

INSTALLED = ROOT / "manifests/base/install.yaml"  # the chart, rendered
ADMISSION = "admissionregistration.k8s.io"
POLICY = Resource(
    ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False
)
BINDING = Resource(
    ADMISSION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", namespaced=False
)
EVERYTHING = rules("", "batch", "networking.k8s.io", "snapshot.storage.k8s.io", "assay.dev")
BOUND = {
    "assay-runner": [RUNNER],
    "assay-author": [AUTHOR],
    "pod-maker": [POD_MAKER, OPERATOR, *CONTROLLERS],
}


@pytest.fixture(scope="package")
def governed(real_api: RealApi) -> Iterator[RealApi]:
    """The API server with the chart's policy and roles."""
    chart = list(yaml.safe_load_all(INSTALLED.read_text()))
    roles = of_kind(chart, CLUSTER_ROLES.kind)
    made = [
        (CLUSTER_ROLES, roles["assay-runner"]),
        (CLUSTER_ROLES, roles["assay-author"]),
        (CLUSTER_ROLES, {**roles["assay-runner"], "metadata": {"name": "pod-maker"}, "rules": EVERYTHING}),
        (POLICY, of_kind(chart, POLICY.kind)["assay-ownership"]),
        (BINDING, of_kind(chart, BINDING.kind)["assay-ownership"]),
    ]
    for resource, one in made:
        real_api.create(one, resource)
    for role, users in BOUND.items():
        bind(real_api, role, *users)
    real_api.wait(lambda: _is_in_force(real_api))
    yield real_api
    for role in BOUND:
        real_api.delete(CLUSTER_ROLE_BINDINGS, "", role)
    for resource, one in reversed(made):
        real_api.delete(resource, "", one["metadata"]["name"])
    real_api.wait(lambda: not _is_in_force(real_api))


@pytest.fixture
def api(governed: RealApi) -> Iterator[RealApi]:
    """The same, with an empty namespace."""
    yield governed
    governed.clear()


@pytest.fixture
def child(api: RealApi) -> Json:
    """The metadata by which something is a child of a BenchmarkRun that exists."""
    parent = Person(api, RUNNER).create(plain("BenchmarkRun", "victim"))
    return {"ownerReferences": [owner(controller=True, uid=parent["metadata"]["uid"])]}


def _is_in_force(api: RealApi) -> bool:
    """Whether the policy and everybody's rights have reached the API server's memory."""
    forged = plain("ScenarioRun", ownerReferences=[owner()])
    try:
        for user in (RUNNER, AUTHOR, POD_MAKER, OPERATOR):
            Person(api, user).create(plain("ScenarioRun"), dryRun="All")
        Person(api, RUNNER).create(forged, dryRun="All")
    except ApiError as error:
        return "assay-ownership" in error.message
    return False
