"""kopf as the operator embeds it, with the handlers of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import kopf

from assay import kopf_shell


@asynccontextmanager
async def operate(connection: kopf.ConnectionInfo, registry: kopf.OperatorRegistry) -> AsyncIterator[None]:
    """Runs kopf as the operator embeds it.

    Not a fixture: a fixture ends in a task younger than kopf, and kopf would wait for that task and cancel it.
    """

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf_shell.Login:
        return kopf_shell.logged_in(connection)

    ready, stop = asyncio.Event(), asyncio.Event()
    operator = kopf.operator(
        registry=registry,
        settings=_quick(),
        clusterwide=True,
        ready_flag=ready,
        stop_flag=stop,
        memo=kopf.Memo(),
    )
    task = asyncio.create_task(operator)
    try:
        await asyncio.wait_for(ready.wait(), 15)
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


def _quick() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.idle_timeout = 0.1
    settings.watching.reconnect_backoff = 0.01
    settings.watching.chunk_size = 2
    settings.watching.label_selectors["v1", "pods"] = "mine=yes"
    return settings
