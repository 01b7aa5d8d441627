"""The operator's process: connect, list everything, then watch and reconcile until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import kopf

from assay import __version__, handlers, health, kopf_shell, logs
from assay.dispatch import WATCHED, Intake, reconciler, reporter
from assay.engine.cache import Cache, Key
from assay.engine.events import Recorder
from assay.engine.leader_election import Lease
from assay.engine.queue import WorkQueue
from assay.engine.relist import Relister, Schedule
from assay.kube.client import Client
from assay.reconcile.common.context import Context
from assay.reconcile.watch.indexes import INDEXES
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.registry.reader import RegistryReader
from assay.settings import NAMESPACE_VARIABLE, POD_VARIABLE, Settings, load

log = logging.getLogger(__name__)

STOP_SECONDS = 10.0
KOPF_HANDLERS = (handlers, kopf_shell)  # importing them registers them with kopf


def main() -> None:
    """Run the operator until SIGTERM; exit code 2 for a configuration that cannot work."""
    try:
        settings = load()
    except ValueError as error:
        sys.exit(f"assay: {error}")
    logs.configure(settings.log_level, settings.log_format)
    log.info("assay %s", __version__)
    os.environ.setdefault("USER", "assay")  # kopf asks for one, and a container's uid has no name
    asyncio.run(run(settings))


@dataclass(frozen=True, slots=True)
class Operator:
    """The parts of a running operator."""

    ctx: Context
    intake: Intake
    queue: WorkQueue[Key]
    relister: Relister
    stop: asyncio.Event
    kubeconfig: str | None


async def run(
    settings: Settings,
    stop: asyncio.Event | None = None,
    kubeconfig: str | None = None,
    started: Callable[[Operator], None] = lambda _: None,
) -> None:
    """Run until SIGTERM, SIGINT or `stop`. Everything it started has ended when this returns.

    `started` gets the parts of the operator when it begins to operate (a standby never does).
    """
    stop = stop or asyncio.Event()
    _stop_on_signals(stop)
    client = await Client.connect(
        kubeconfig, writes_per_second=settings.writes_per_second, burst=settings.write_burst
    )
    images = RegistryReader(settings.registry.endpoints(), settings.registry.docker_config)
    synced = asyncio.Event()
    if settings.leader_election:
        synced.set()  # a standby is ready to take over
    endpoint = await health.serve(settings.port, synced.is_set) if settings.port else None
    try:
        async with _leading(settings, client, stop) as leads:
            if leads:
                operator = _assemble(settings, client, images, stop, kubeconfig)
                started(operator)
                await _operate(operator, synced)
    finally:
        if endpoint:
            await endpoint.cleanup()
        await images.close()
        await client.close()


def _assemble(
    settings: Settings, client: Client, images: RegistryReader, stop: asyncio.Event, kubeconfig: str | None
) -> Operator:
    cache = Cache(TRANSFORMS, INDEXES)
    queue: WorkQueue[Key] = WorkQueue()
    intake = Intake(cache, queue)
    ctx = Context(client, cache, Recorder(client, "assay"), images, settings, intake.observe, intake.forget)
    relister = Relister(client, cache, WATCHED, intake.changed, Schedule(settings.namespaces))
    return Operator(ctx, intake, queue, relister, stop, kubeconfig)


async def _operate(operator: Operator, synced: asyncio.Event) -> None:
    """List, watch and reconcile until stopped; `synced` is set while reconcilers work."""
    synced.clear()
    ended, kopf_stop = asyncio.Event(), asyncio.Event()
    ours = [
        asyncio.create_task(operator.relister.run(ended)),
        asyncio.create_task(_work(operator, synced, ended)),
    ]
    watching = asyncio.create_task(_watch(operator, kopf_stop))
    stopping = asyncio.create_task(operator.stop.wait())
    try:
        await asyncio.wait([stopping, watching, *ours], return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Ours first: kopf cancels every task that was started while it ran, ours too.
        ended.set()
        synced.clear()
        await asyncio.wait(ours, timeout=STOP_SECONDS)
        kopf_stop.set()
        for task in (stopping, *ours):
            task.cancel()
        results = await asyncio.gather(watching, *ours, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _work(operator: Operator, synced: asyncio.Event, ended: asyncio.Event) -> None:
    """Reconcile once everything is listed: a child that is not listed yet must not look like one that is lost."""
    listed = asyncio.create_task(operator.relister.synced.wait())
    end = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait([listed, end], return_when=asyncio.FIRST_COMPLETED)
    finally:
        listed.cancel()
        end.cancel()
    if ended.is_set():
        return
    synced.set()
    log.info("listed everything; reconciling")
    ctx = operator.ctx
    await operator.queue.run(reconciler(ctx), ctx.settings.workers, ended, reporter(ctx))


async def _watch(operator: Operator, stop: asyncio.Event) -> None:
    """Run kopf: its handlers (handlers.py) feed the intake."""
    namespaces = operator.ctx.settings.namespaces
    memo = kopf.Memo(
        intake=operator.intake,
        kubeconfig=operator.kubeconfig,
        stop_on_signals=lambda: _stop_on_signals(operator.stop),
        watched=WATCHED,
    )
    await kopf.operator(memo=memo, clusterwide=not namespaces, namespaces=namespaces, stop_flag=stop)


def _stop_on_signals(stop: asyncio.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)


@contextlib.asynccontextmanager
async def _leading(settings: Settings, client: Client, stop: asyncio.Event) -> AsyncIterator[bool]:
    """Hold the Lease while operating, where several replicas run; lose it and the process ends.

    Yields False if the process was stopped before it led.
    """
    if not settings.leader_election:
        yield True
        return
    identity = f"{os.environ.get(POD_VARIABLE, 'assay')}_{uuid.uuid4().hex[:8]}"
    lease = Lease(client, os.environ[NAMESPACE_VARIABLE], "assay-operator", identity)
    if not await lease.acquire(stop):
        yield False
        return

    def lost() -> None:
        log.error("lost the lease: another replica leads now")
        os._exit(1)  # at once: nothing may be written any more

    keeper = asyncio.create_task(lease.keep(lost))
    try:
        yield True
    finally:
        keeper.cancel()
        await lease.release()
