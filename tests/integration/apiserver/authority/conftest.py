"""The chart's policies about what people write, on a real API server, and users who have the roles that there are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.kube.errors import ApiError, NotFound
from assay.kube.resources import PODS
from tests.integration.apiserver.authority.writing import MINE, NAMER, READER, secret_of, written
from tests.integration.apiserver.governed import governed, installed
from tests.integration.apiserver.people import (
    ADMIN,
    AUTHOR,
    CLUSTER_ROLES,
    EDITOR,
    OPERATOR,
    RUNNER,
    VIEWER,
    Person,
    rules,
)
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

POLICIES = ["assay-authority", "assay-ownership", "assay-references"]
GET = {"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["get"]}
BOUND = {
    "view": [VIEWER],
    "assay-runner": [RUNNER],
    "assay-author": [AUTHOR, NAMER, READER],
    "edit": [EDITOR],
    "admin": [ADMIN],
    "reads-mine": [NAMER],
    "reads-all": [READER],
    "operates": [OPERATOR],
}


@pytest.fixture(scope="module")
def authoritative(real_api: RealApi) -> Iterator[RealApi]:
    """The API server with the chart's policies and roles."""
    roles = [installed(CLUSTER_ROLES, f"assay-{name}") for name in ("viewer", "runner", "author")]
    roles += [
        _role("reads-mine", {**GET, "resourceNames": list(MINE)}),
        _role("reads-all", GET),
        _role("operates", *rules("assay.dev")),
    ]
    with governed(real_api, POLICIES, roles, BOUND, lambda: _is_in_force(real_api)) as api:
        yield api


@pytest.fixture
def api(authoritative: RealApi) -> Iterator[RealApi]:
    """The same, with an empty namespace."""
    yield authoritative
    authoritative.clear()


def _role(name: str, *rules_: Json) -> Json:
    api_version = f"{CLUSTER_ROLES.group}/v1"
    return {
        "apiVersion": api_version,
        "kind": CLUSTER_ROLES.kind,
        "metadata": {"name": name},
        "rules": list(rules_),
    }


def _is_in_force(api: RealApi) -> bool:
    """Whether the policies and everybody's rights have reached the API server's memory."""
    run = written("ScenarioRun", "")
    try:
        for user in (RUNNER, AUTHOR, NAMER, READER, EDITOR, ADMIN, OPERATOR):
            Person(api, user).create(run, dryRun="All")
        for user in (VIEWER, EDITOR, ADMIN):
            Person(api, user).request("GET", PODS.path("ns"), None)
        for user, name in ((NAMER, "mine"), (READER, "other")):
            try:
                Person(api, user).request("GET", secret_of(name), None)
            except NotFound:
                continue
    except ApiError:
        return False
    return all(_refuses(api, one) for one in POLICIES)


def _refuses(api: RealApi, policy: str) -> bool:
    """Whether this policy refuses what it is to refuse."""
    author = Person(api, AUTHOR)
    hostile = {
        "assay-authority": written("ScenarioRun", "", {"scheduling": {"priorityClassName": "high"}}),
        "assay-ownership": written("ScenarioRun", "", labels={"assay.dev/scenario": "x"}),
        "assay-references": written("Devbox", "", {"referenceFrom": {"name": "x", "key": "k"}}),
    }[policy]
    try:
        author.create(hostile, dryRun="All")
    except ApiError as error:
        return policy in error.message
    return False
