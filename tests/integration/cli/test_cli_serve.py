"""serve: pages that are read anew from the cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from assay.cli.cluster import connected
from assay.cli.options import ClusterOptions
from assay.cli.serve import application
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.running import create
from tests.unit.cli.objects import conditions

Browser = TestClient[web.Request, web.Application]
SPEC = {"benchmarkRef": {"name": "ledger"}, "agent": {"type": "Nop"}}
ENDED = {"conditions": conditions(Complete=("True", "AllScored")), "score": 0.75}


@pytest.fixture
async def browser(api: FakeApi, tmp_path: Path) -> AsyncIterator[Browser]:
    options = ClusterOptions(namespace="team", kubeconfig=api.kubeconfig(tmp_path / "serve"))
    async with connected(options) as there, TestClient(TestServer(application(there, []))) as client:
        yield client


async def test_runs_are_chosen_and_shown_as_they_are_now(api: FakeApi, browser: Browser) -> None:
    assert "There is no BenchmarkRun in namespace team" in await (await browser.get("/")).text()
    create(api, "BenchmarkRun", "monday", SPEC)
    page = await (await browser.get("/")).text()
    assert 'href="report?run=monday"' in page
    assert "0.750" not in await (await browser.get("/report?run=monday")).text()
    create(api, "BenchmarkRun", "tuesday", SPEC, ENDED)
    both = await browser.get("/report?run=monday&run=tuesday")
    assert both.headers["Cache-Control"] == "no-store"
    assert {"monday", "tuesday", "0.750"} <= set(
        (await both.text()).replace("<", " ").replace(">", " ").split()
    )
    assert api.writes == []


async def test_what_is_wrong_is_told_and_the_next_load_tries_again(api: FakeApi, browser: Browser) -> None:
    missing = await browser.get("/report?run=monday")
    assert (missing.status, await missing.text()) == (
        404,
        "there is no BenchmarkRun monday in namespace team\n",
    )
    nothing = await browser.get("/report", allow_redirects=False)
    assert nothing.headers["Location"] == "/"
    create(api, "BenchmarkRun", "monday", SPEC)
    assert (await browser.get("/report?run=monday")).status == 200


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com"])
async def test_pages_of_other_sites_cannot_read_it(browser: Browser, host: str) -> None:
    assert (await browser.get("/", headers={"Host": host})).status == 403
    assert (await browser.get("/", headers={"Host": "localhost:8000"})).status == 200


async def test_nothing_but_reading_is_served(browser: Browser) -> None:
    assert (await browser.post("/report?run=monday")).status == 405
    assert (await browser.get("/etc/passwd")).status == 404


async def test_a_port_that_is_taken_is_told(api: FakeApi, assay: Assay, browser: Browser) -> None:
    done = await assay("serve", "--port", str(browser.port))
    assert done.exit_code == 2
    assert "give another --port" in done.output
