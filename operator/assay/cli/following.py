"""Follow a BenchmarkRun on the terminal until it ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.text import Text

from assay.api.unparsed import is_finished
from assay.kube.errors import ApiError
from assay.kube.follow import follow
from assay.kube_object import KubeObject

from .cluster import Cluster
from .exits import Exit, Failure, complain
from .output import name_of, printable
from .verdict import Waiting, judge
from .views.attempts import attempts, selector
from .views.progress import headline, screen

TICK = 1.0
"""Seconds after which ages are shown anew."""


@dataclass(slots=True)
class State:
    """What is known of the run."""

    run: KubeObject
    runs: dict[str, KubeObject] = field(default_factory=dict)
    lost: ApiError | None = None
    is_gone: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


async def follow_created(cluster: Cluster, made: KubeObject, waiting: Waiting) -> Exit:
    """Say that a BenchmarkRun was created, and how to follow it or, if so asked, follow it."""
    print(f"{name_of(made)} created", flush=True)
    if not waiting.wait:
        print(f"follow it: {_again(cluster, made)}")
        return Exit.OK
    return judge([await follow_run(cluster, made, waiting.timeout)], waiting)


def _again(cluster: Cluster, run: KubeObject) -> str:
    return f"assay watch {run['metadata']['name']} --namespace {cluster.namespace}"


async def follow_run(cluster: Cluster, run: KubeObject, seconds: float | None) -> KubeObject:
    """Show the run until it has ended, then return it. Failure if it is deleted, or after `seconds`.

    Ctrl-C ends the view alone; the run goes on.
    """
    name = run["metadata"]["name"]
    again = f"it goes on; follow it again: {_again(cluster, run)}"
    try:
        async with asyncio.timeout(seconds):
            return await _shown(cluster, State(run))
    except TimeoutError as error:
        raise Failure(f"{name} has not ended after {seconds:g} s; {again}", Exit.TIMEOUT) from error
    except asyncio.CancelledError:
        complain(again)
        raise


async def _shown(cluster: Cluster, state: State) -> KubeObject:
    async with _watched(cluster, state), _display() as show:
        while not is_finished(state.run):
            if state.is_gone:
                raise Failure(f"BenchmarkRun {state.run['metadata']['name']} was deleted")
            show(state)
            state.changed.clear()
            try:
                await asyncio.wait_for(state.changed.wait(), TICK)
            except TimeoutError:
                continue
        await _read_runs(cluster, state)
        show(state)
        return state.run


async def _read_runs(cluster: Cluster, state: State) -> None:
    """Read the runs once more: their watch may be behind that of the BenchmarkRun."""
    selection = cluster.selection("ScenarioRun", selector(state.run["metadata"]["name"]))
    async with aclosing(follow(cluster.client, selection)) as views:
        async for seen in views:
            if seen.lost is None:
                state.runs = dict(seen.objects)
                return


@asynccontextmanager
async def _watched(cluster: Cluster, state: State) -> AsyncIterator[None]:
    """Keep the state up to date; an error that watching cannot cure ends what is within."""
    name = state.run["metadata"]["name"]

    async def watch_run() -> None:
        mine = cluster.selection("BenchmarkRun", field_selector=f"metadata.name={name}")
        async for seen in follow(cluster.client, mine):
            found = seen.objects.get(name)
            state.is_gone = found is None or found["metadata"]["uid"] != state.run["metadata"]["uid"]
            if found and not state.is_gone:
                state.run = found
            state.lost = seen.lost
            state.changed.set()

    async def watch_runs() -> None:
        async for seen in follow(cluster.client, cluster.selection("ScenarioRun", selector(name))):
            state.runs = dict(seen.objects)
            state.changed.set()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(watch_run()), group.create_task(watch_runs())]
            yield
            for task in tasks:
                task.cancel()
    except* (ApiError, Failure) as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


class _Screen:
    """On a terminal: one picture that changes."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def __call__(self, state: State) -> None:
        found = attempts(state.runs.values(), state.run)
        picture = screen(state.run, found, datetime.now(UTC))
        if state.lost:
            picture += f"\nthe connection is lost, trying again: {state.lost}"
        self._live.update(Text(printable(picture)), refresh=True)


class _Lines:
    """Elsewhere, as in CI: a line whenever there is something new."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, state: State) -> None:
        line = headline(state.run, attempts(state.runs.values(), state.run))
        if state.lost:
            line = f"the connection is lost, trying again: {state.lost}"
        if line != self._last:
            print(line, flush=True)
            self._last = line


@asynccontextmanager
async def _display() -> AsyncIterator[_Screen | _Lines]:
    if not sys.stdout.isatty():
        yield _Lines()
        return
    with Live(console=Console(), auto_refresh=False) as live:
        yield _Screen(live)
