"""Each test of this folder runs twice: on the fake API server, and on a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from tests.cluster import cluster, control_plane
from tests.integration.apiserver.controlplane import TOKEN, ControlPlane
from tests.integration.apiserver.either import Api
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakeapi import FakeApi
from tests.integration.samples import THINGS


@pytest.fixture(scope="session")
def real_api() -> Iterator[RealApi]:
    """A real API server for this process's tests, ready within seconds."""
    with _control_plane() as api:
        yield api


@pytest.fixture(scope="module")
def api_with_jobs() -> Iterator[RealApi]:
    """Another one, whose Jobs get pods; no kubelet runs these."""
    with _control_plane("job") as api:
        yield api


@contextmanager
def _control_plane(*controllers: str) -> Iterator[RealApi]:
    if (programs := control_plane.find()) is None:
        # Where there is a cluster its programs are there too: a skip would hide that they are not found.
        report = pytest.fail if cluster.kubeconfig_path().exists() else pytest.skip
        report("no kube-apiserver on this machine: make cluster")
    with ControlPlane(programs, *controllers) as plane:
        api = RealApi(plane)
        api.install()
        yield api


@pytest.fixture(params=["fake", "real"])
async def api(request: pytest.FixtureRequest) -> AsyncIterator[Api]:
    if request.param == "real":
        real: RealApi = request.getfixturevalue("real_api")
        yield real
        real.clear()
    else:
        async with FakeApi(THINGS) as fake:
            fake.token = TOKEN
            yield fake
