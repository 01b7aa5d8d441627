"""A fake API server and a client of it for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.kube.client import Client
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.samples import THINGS


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi(THINGS, bookmark_seconds=0.2) as server:
        yield server


@pytest.fixture
async def client(api: FakeApi, tmp_path: Path) -> AsyncIterator[Client]:
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    yield client
    await client.close()


@pytest.fixture
async def kubelet(api: FakeApi) -> AsyncIterator[Kubelet]:
    with Kubelet(api) as running:
        yield running
