"""Commands in containers, by the fake API server's WebSocket."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assay.kube import errors
from assay.kube.client import Client
from assay.kube.exec import OUTPUT_MAX
from tests.integration.fakeapi import FakeApi
from tests.integration.fakeexec import Command, Ended
from tests.integration.samples import pod


@pytest.fixture
async def box(api: FakeApi) -> None:
    api.create(pod("box"))


@pytest.mark.usefixtures("box")
async def test_output_of_a_command(api: FakeApi, client: Client) -> None:
    api.run_command = lambda _: Ended(0, "hällo\n", "and this aside")
    assert await client.exec("ns", "box", "main", ["sh", "-c", "a b & c"], 5) == "hällo\n"
    assert api.commands == [Command("box", "main", ["sh", "-c", "a b & c"])]


@pytest.mark.usefixtures("box")
async def test_another_exit_code_is_an_error_that_says_why(api: FakeApi, client: Client) -> None:
    api.run_command = lambda _: Ended(3, "", "no such disk\n")
    with pytest.raises(errors.ApiError, match=r"exit code 3: no such disk$") as caught:
        await client.exec("ns", "box", "main", ["sync"], 5)
    assert caught.value.reason == "NonZeroExitCode"


@pytest.mark.usefixtures("box")
async def test_a_command_that_does_not_end_in_time(api: FakeApi, client: Client) -> None:
    api.run_command = lambda _: None
    begun = asyncio.get_running_loop().time()
    with pytest.raises(errors.Unavailable, match="sync: not done in 0 s"):
        await client.exec("ns", "box", "main", ["sync"], 0.2)
    assert asyncio.get_running_loop().time() - begun < 3


@pytest.mark.usefixtures("box")
async def test_a_connection_that_breaks_is_no_success(api: FakeApi, client: Client) -> None:
    api.run_command = lambda _: Ended(None, "half of")
    with pytest.raises(errors.Unavailable, match="ended before the command did"):
        await client.exec("ns", "box", "main", ["sync"], 5)


@pytest.mark.usefixtures("box")
async def test_output_is_bounded(api: FakeApi, client: Client) -> None:
    api.run_command = lambda _: Ended(0, "x" * (3 * OUTPUT_MAX))
    assert await client.exec("ns", "box", "main", ["yes"], 5) == "x" * OUTPUT_MAX


async def test_a_pod_that_is_not_there(client: Client) -> None:
    with pytest.raises(errors.NotFound):
        await client.exec("ns", "none", "main", ["sync"], 5)


async def test_a_new_token_is_read_when_the_old_one_is_refused(api: FakeApi, tmp_path: Path) -> None:
    api.create(pod("box"))
    api.token = "first"
    kubeconfig = api.kubeconfig(tmp_path / "with-token")
    client = await Client.connect(kubeconfig)
    api.token = "second"
    api.kubeconfig(tmp_path / "with-token")
    assert await client.exec("ns", "box", "main", ["sync"], 5) == ""
    api.token = "third, which nobody tells us"
    with pytest.raises(errors.ApiError) as refused:
        await client.exec("ns", "box", "main", ["sync"], 5)
    assert refused.value.status == 401
    await client.close()


async def test_no_server(tmp_path: Path) -> None:
    async with FakeApi() as api:
        client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    with pytest.raises(errors.Unavailable):
        await client.exec("ns", "box", "main", ["sync"], 5)
    await client.close()
