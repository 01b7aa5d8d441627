"""The command against the fake API server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assay.cli.app import app
from tests.integration.fakeapi import FakeApi

Assay = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
def assay(api: FakeApi, tmp_path: Path) -> Assay:
    """Run a command line in namespace `team`."""
    there = ["--kubeconfig", api.kubeconfig(tmp_path / "cli-kubeconfig"), "--namespace", "team"]

    async def run(command: str, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [command, *there, *words])

    return run
