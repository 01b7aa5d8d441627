"""`assay validate`: have scenarios proved."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from assay.kube.errors import ApiError
from assay.kube.follow import follow
from assay.kube_object import KubeObject

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure, complain
from .options import ClusterOptions, OutputOptions, command
from .output import name_of
from .views.validation import is_judged, is_validated, table, verdict

EXAMPLE = """\b
Examples:
  assay validate sum
  assay validate sum parser --wait --timeout 600

\b
Without --wait: the verdicts that there are. With it, a Benchmark that requires these scenarios
validated is created, and deleted when every verdict is there, or the command ends.
Exit codes: 0 all are validated; 1 some are not; 4 --timeout is over."""


@command
def validate(
    scenarios: Annotated[list[str], typer.Argument(help="Names of Scenarios.", metavar="SCENARIO")],
    output: OutputOptions,
    cluster: ClusterOptions,
    wait: Annotated[bool, typer.Option("--wait", help="Have them validated, and wait for it.")] = False,
    timeout: Annotated[float | None, typer.Option(help="Seconds to wait at most.", min=0)] = None,
) -> int:
    """Prove that scenarios measure something: the reference passes, doing nothing does not."""

    async def work(there: Cluster) -> Exit:
        found = [await there.get("Scenario", name) for name in scenarios]
        if wait:
            found = await _judged(there, scenarios, timeout)
        sys.stdout.write(table(found).render(output.output))
        refuted = [one["metadata"]["name"] for one in found if not is_validated(one)]
        if refuted:
            complain(f"not validated: {', '.join(refuted)} (-o wide says why)")
        return Exit.FAILED if refuted else Exit.OK

    return on_cluster(cluster, work)


async def _judged(there: Cluster, names: list[str], seconds: float | None) -> list[KubeObject]:
    """The scenarios, once there is a verdict about each."""
    try:
        async with asyncio.timeout(seconds), _required(there, names):
            return await _wait(there, names)
    except TimeoutError as error:
        raise Failure(f"there is no verdict after {seconds:g} s", Exit.TIMEOUT) from error


async def _wait(there: Cluster, names: list[str]) -> list[KubeObject]:
    last = ""
    async for seen in follow(there.client, there.selection("Scenario")):
        if gone := [name for name in names if name not in seen.objects]:
            raise Failure(f"deleted meanwhile: {', '.join(gone)}")
        found = [seen.objects[name] for name in names]
        waiting = [one for one in found if not is_judged(one)]
        if not waiting:
            return found
        listed = ", ".join(f"{one['metadata']['name']} ({verdict(one) or 'new'})" for one in waiting[:5])
        line = f"{len(found) - len(waiting)}/{len(found)} judged, waiting for {listed}"
        if seen.lost:
            line = f"the connection is lost, trying again: {seen.lost}"
        if line != last:
            print(line, file=sys.stderr, flush=True)
            last = line
    raise AssertionError  # a watch is followed for ever


@contextlib.asynccontextmanager
async def _required(there: Cluster, names: list[str]) -> AsyncIterator[None]:
    """Somebody asks for these scenarios to be validated, while this is entered."""
    spec = {"scenarios": [{"name": one} for one in dict.fromkeys(names)], "requireValidated": True}
    made = await there.create(there.manifest("Benchmark", f"validate-{uuid.uuid4().hex[:8]}", spec))
    try:
        yield
    finally:
        try:
            await there.client.delete(made)
        except ApiError:
            complain(f"the Benchmark stays: kubectl delete {name_of(made)} -n {there.namespace}")
            raise
