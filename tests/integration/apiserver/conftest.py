"""Each test of this folder runs twice: on the fake API server, and on a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

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
    if (programs := control_plane.find()) is None:
        # Where there is a cluster its programs are there too: a skip would hide that they are not found.
        report = pytest.fail if cluster.kubeconfig_path().exists() else pytest.skip
        report("no kube-apiserver on this machine: make cluster")
    with ControlPlane(programs) as plane:
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
