"""The operator's process: connect, list everything, then watch and reconcile until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import kopf

from assay import __version__, health
from assay.cluster.client import Client
from assay.cluster.registry import RegistryReader
from assay.engine.election import Lease
from assay.engine.events import Recorder
from assay.engine.queue import WorkQueue
from assay.engine.resync import Resyncer
from assay.engine.store import Key, Store
from assay.handlers import WATCHED, Intake, configure, reconciler, watch
from assay.reconcile.context import Context
from assay.reconcile.routing import INDEXES, PROJECTIONS
from assay.settings import NAMESPACE_VARIABLE, POD_VARIABLE, Settings, load

log = logging.getLogger(__name__)


def main() -> None:
    """Run the operator until SIGTERM; exit code 2 for a configuration that cannot work."""
    try:
        settings = load()
    except ValueError as error:
        sys.exit(f"assay: {error}")
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # one line per event otherwise
    log.info("assay %s", __version__)
    asyncio.run(run(settings))


async def run(settings: Settings, stop: asyncio.Event | None = None, kubeconfig: str | None = None) -> None:
    """Run until SIGTERM or `stop`. Everything it started has ended when this returns."""
    client = await Client.connect(
        kubeconfig, writes_per_second=settings.writes_per_second, burst=settings.write_burst
    )
    images = RegistryReader(settings.endpoints(), settings.registry.docker_config)
    try:
        async with _leading(settings, client):
            await _operate(settings, client, images, stop, kubeconfig)
    finally:
        await images.close()
        await client.close()


async def _operate(
    settings: Settings,
    client: Client,
    images: RegistryReader,
    stop: asyncio.Event | None,
    kubeconfig: str | None,
) -> None:
    store = Store(PROJECTIONS, INDEXES)
    queue: WorkQueue[Key] = WorkQueue()
    intake = Intake(store, queue)
    ctx = Context(client, store, Recorder(client, "assay"), images, settings.build(), intake.observe)
    resyncer = Resyncer(client, store, WATCHED, intake.changed, namespaces=settings.namespaces)
    endpoint = await health.serve(settings.port, resyncer.synced.is_set) if settings.port else None
    ended = asyncio.Event()

    async def work() -> None:
        # A child that is merely not listed yet must not look like one that is lost.
        await resyncer.synced.wait()
        log.info("listed everything; reconciling")
        await queue.run(reconciler(ctx), settings.workers, ended)

    tasks = [asyncio.create_task(resyncer.run(ended)), asyncio.create_task(work())]
    try:
        await kopf.operator(
            registry=_registry(intake, kubeconfig),
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            stop_flag=stop,
        )
    finally:
        ended.set()
        await asyncio.wait(tasks, timeout=10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if endpoint:
            await endpoint.cleanup()


def _registry(intake: Intake, kubeconfig: str | None) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.startup(registry=registry)
    async def startup(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings)

    @kopf.on.login(registry=registry)
    async def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        if kubeconfig:
            os.environ["KUBECONFIG"] = kubeconfig
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    watch(registry, intake)
    return registry


@contextlib.asynccontextmanager
async def _leading(settings: Settings, client: Client) -> AsyncIterator[None]:
    """Hold the Lease while operating, where several replicas run; lose it and the process ends."""
    if not settings.leader_election:
        yield
        return
    identity = f"{os.environ.get(POD_VARIABLE, 'assay')}_{uuid.uuid4().hex[:8]}"
    lease = Lease(client, os.environ[NAMESPACE_VARIABLE], "assay-operator", identity)
    await lease.acquire(asyncio.Event())

    def lost() -> None:
        log.error("lost the lease: another replica leads now")
        os._exit(1)  # at once: nothing may be written any more

    keeper = asyncio.create_task(lease.keep(lost))
    try:
        yield
    finally:
        keeper.cancel()
        await lease.release()
