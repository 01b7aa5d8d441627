"""`assay top`: what runs where, what waits and why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from assay.kube.resources import PODS
from assay.our_resources import OURS
from assay.specs.names import MANAGED_SELECTOR

from .cluster import Cluster, on_cluster
from .exits import Exit
from .options import ClusterOptions, OutputOptions, command
from .views.top import top as view

EXAMPLE = """\b
Examples:
  assay top
  assay top --all-namespaces -o wide

\b
Runs and builds that have not ended, what waits first. -o wide has whole messages.
Exit codes: 0 shown; 3 the cluster refuses."""


@command
def top(
    output: OutputOptions,
    cluster: ClusterOptions,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="All namespaces that you may list.")
    ] = False,
) -> int:
    """Show what runs where, what waits and why."""

    async def work(there: Cluster) -> Exit:
        namespace = None if everywhere else there.namespace
        objects = {
            kind: [one async for one in there.client.list(OURS[kind], namespace)]
            for kind in ("BenchmarkRun", "Blueprint", "ScenarioRun")
        }
        pods = [one async for one in there.client.list(PODS, namespace, MANAGED_SELECTOR)]
        table = view(objects, pods, datetime.now(UTC))
        sys.stdout.write(table.render(output.output))
        return Exit.OK

    return on_cluster(cluster, work)
