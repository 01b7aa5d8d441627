"""`assay watch`: follow a run that was started before."""

from __future__ import annotations

from typing import Annotated

import typer

from .cluster import Cluster, on_cluster
from .exits import Exit
from .following import follow_run
from .options import ClusterOptions, command
from .verdict import Demand, judge

EXAMPLE = """\b
Example:
  assay watch monday --min-score 0.8

\b
Exit codes: as `assay run --wait`."""


@command
def watch(
    run: Annotated[str, typer.Argument(help="Name of a BenchmarkRun.", metavar="RUN")],
    demand: Demand,
    cluster: ClusterOptions,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds to wait at most; exit code 4 after them.", min=0)
    ] = None,
) -> int:
    """Follow a BenchmarkRun until it ends."""

    async def work(there: Cluster) -> Exit:
        found = await there.get("BenchmarkRun", run)
        return judge([await follow_run(there, found, timeout)], demand)

    return on_cluster(cluster, work)
