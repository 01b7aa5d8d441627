"""The command against the fake API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assay.cli.app import app
from assay.cli.checks.facts import ACCESS_REVIEWS, DEPLOYMENTS, SNAPSHOT_CLASSES, STORAGE_CLASSES
from tests.integration.fakeapi import FakeApi

Assay = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    """With what only doctor asks for."""
    async with FakeApi(DEPLOYMENTS, STORAGE_CLASSES, SNAPSHOT_CLASSES, ACCESS_REVIEWS) as server:
        yield server


@pytest.fixture
def assay(api: FakeApi, tmp_path: Path) -> Assay:
    """Run a command line in namespace `team`."""
    there = ["--kubeconfig", api.kubeconfig(tmp_path / "cli-kubeconfig"), "--namespace", "team"]

    async def run(command: str, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [command, *there, *words])

    return run
