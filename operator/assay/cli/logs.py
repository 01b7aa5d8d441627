"""`assay logs`: what an agent or a scoring function wrote."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

import typer

from assay.api.unparsed import is_finished
from assay.kube.client import Selection
from assay.kube.errors import ApiError, NotFound, Unavailable
from assay.kube.resources import PODS
from assay.kube_object import KubeObject
from assay.specs import devbox_container, names

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure, complain
from .options import ClusterOptions, command
from .output import printable
from .views.attempts import selector
from .views.tails import tails

EXAMPLE = """\b
Examples:
  assay logs monday-sum-1
  assay logs monday-sum-1 --follow
  assay logs monday-sum-1 --function tests
  assay logs monday

\b
While the run's pods are there, their logs; after that, what the status keeps: the end of the
output of functions, and of agents that failed. Control characters are replaced.
Exit codes: 1 there is nothing to show; 3 the cluster refuses."""
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Source:
    """A container whose log there is."""

    pod: str
    container: str


@command
def logs(
    run: Annotated[
        str, typer.Argument(help="A ScenarioRun; of a BenchmarkRun, all its runs.", metavar="RUN")
    ],
    cluster: ClusterOptions,
    function: Annotated[
        str | None, typer.Option(help="A scoring function's output instead of the agent's.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False,
) -> int:
    """Show what an agent or a scoring function wrote."""

    async def work(there: Cluster) -> Exit:
        found = await there.find(run)
        if found["kind"] == "ScenarioRun":
            await _show(there, found, function, follow=follow)
            return Exit.OK
        if follow:
            raise Failure(f"{run} is a BenchmarkRun: --follow takes one ScenarioRun", Exit.USAGE)
        for one in await there.list("ScenarioRun", selector(run)):
            print(f"### {one['metadata']['name']}")
            try:
                await _show(there, one, function, follow=False)
            except Failure as error:
                complain(str(error))
        return Exit.OK

    return on_cluster(cluster, work)


async def _show(there: Cluster, run: KubeObject, function: str | None, *, follow: bool) -> None:
    """Print a run's log, or what its status keeps. Failure if there is neither."""
    name, container = run["metadata"]["name"], function or devbox_container.CONTAINER
    source = await _source(there, name, container)
    while source is None and follow and not is_finished(run):
        await asyncio.sleep(LOOK_SECONDS)
        run = await there.get("ScenarioRun", name)
        source = await _source(there, name, container)
    if source is not None:
        await (_follow(there, source) if follow else _print(there, source))
        return
    kept = tails(run, function)
    if not kept:
        raise Failure(f"ScenarioRun {name} has no {function or 'agent'} that wrote anything yet")
    print("\n".join(kept), end="")


async def _source(there: Cluster, run: str, container: str) -> Source | None:
    """The container of the run's pods that has that name and has started."""
    selection = Selection(PODS, there.namespace, f"{names.SCENARIO_RUN}={run}")
    async for page in there.client.pages(selection):
        for pod in page["items"]:
            status = pod.get("status") or {}
            for one in (
                *(status.get("initContainerStatuses") or ()),
                *(status.get("containerStatuses") or ()),
            ):
                if one["name"] == container and (one.get("state") or {}).keys() & {"running", "terminated"}:
                    return Source(pod["metadata"]["name"], container)
    return None


async def _print(there: Cluster, source: Source) -> None:
    text = await there.client.pod_log(there.namespace, source.pod, source.container)
    print(printable(text), end="")


async def _follow(there: Cluster, source: Source) -> None:
    """Print lines as they come; over a lost connection the log is read again, without the lines shown."""
    shown = 0
    while True:
        number = 0
        try:
            async for line in there.client.follow_log(there.namespace, source.pod, source.container):
                number += 1
                if number > shown:
                    print(printable(line), flush=True)
                    shown = number
        except NotFound:
            return  # the pod is gone, and all it wrote was there to read until then
        except Unavailable as error:
            complain(f"the connection is lost, trying again: {error}")
            await asyncio.sleep(LOOK_SECONDS)
            continue
        except ApiError as error:
            raise Failure(str(error), Exit.REFUSED) from error
        return
