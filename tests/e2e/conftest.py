"""End-to-end tests run on the kind cluster with the operator installed by its chart (`make test-e2e`)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.kube import CommandFailed, create_namespace, kubectl

from . import objects


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the cluster."""
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def operator() -> None:
    """The operator answers; else say how to get it, rather than fail in each test."""
    try:
        kubectl("rollout", "status", "-n", "assay-system", "deployment/assay-operator", "--timeout=120s")
    except (CommandFailed, FileNotFoundError) as error:
        pytest.exit(f"no operator on the current cluster: run `make test-e2e`\n{error}", returncode=3)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A fresh namespace, gone with all it holds after the test."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    create_namespace(name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest.fixture(params=["SamePod", "OwnPod"])
def each_placement(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs once for each place where scoring functions may work."""
    monkeypatch.setattr(objects, "PLACEMENT", request.param)


@pytest.fixture
def scenario() -> Any:
    """A builder of small scenarios on a plain Debian image."""
    return objects.scenario
