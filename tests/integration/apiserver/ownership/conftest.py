"""The chart's policy on a real API server, and users with the rights of the chart's roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.kube.errors import ApiError
from tests.integration.apiserver.governed import governed, installed
from tests.integration.apiserver.ownership.owned import owner, plain
from tests.integration.apiserver.people import (
    AUTHOR,
    CLUSTER_ROLES,
    CONTROLLERS,
    OPERATOR,
    POD_MAKER,
    RUNNER,
    Person,
    rules,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

EVERYTHING = rules("", "batch", "networking.k8s.io", "snapshot.storage.k8s.io", "assay.dev")
BOUND = {
    "assay-runner": [RUNNER],
    "assay-author": [AUTHOR],
    "pod-maker": [POD_MAKER, OPERATOR, *CONTROLLERS],
}


@pytest.fixture(scope="module")
def owning(real_api: RealApi) -> Iterator[RealApi]:
    """The API server with the chart's policy and roles."""
    runner, author = (installed(CLUSTER_ROLES, name) for name in ("assay-runner", "assay-author"))
    maker = {**runner, "metadata": {"name": "pod-maker"}, "rules": EVERYTHING}
    roles = [runner, author, maker]
    with governed(real_api, ["assay-ownership"], roles, BOUND, lambda: _is_in_force(real_api)) as api:
        yield api


@pytest.fixture
def api(owning: RealApi) -> Iterator[RealApi]:
    """The same, with an empty namespace."""
    yield owning
    owning.clear()


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
