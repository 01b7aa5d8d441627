"""`assay report`: runs as one page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.scenariorun import ScenarioRun
from assay.kube_object import KubeObject
from assay.report import read, render

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure
from .options import ClusterOptions, command
from .views.attempts import selector

EXAMPLE = """\b
Examples:
  assay report monday
  assay report monday tuesday --output compared.html

\b
The page holds all that it shows: leaderboard, matrix, causes, times, and what was pinned.
Exit codes: 0 written; 1 there is no such run; 2 it cannot be written; 3 the cluster refuses."""


@command
def report(
    runs: Annotated[list[str], typer.Argument(help="Names of BenchmarkRuns.", metavar="RUN")],
    cluster: ClusterOptions,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("report.html"),
) -> int:
    """Write a page about runs."""

    async def work(there: Cluster) -> int:
        page, count = await page_about(there, runs)
        _write(output, page)
        print(f"{output} written: {count} objects, {len(page) / 1024:.0f} KiB")
        return Exit.OK

    return on_cluster(cluster, work)


async def page_about(there: Cluster, runs: Iterable[str]) -> tuple[str, int]:
    """The page about these BenchmarkRuns as they are now, and of how many objects it was made.

    Failure: one is missing, or is of a version that this one does not know.
    """
    objects = []
    for name in dict.fromkeys(runs):
        objects.append(await there.get("BenchmarkRun", name))
        objects += await there.list("ScenarioRun", selector(name))
    return render(*parsed(objects), now=datetime.now(UTC)), len(objects)


def parsed(objects: Iterable[KubeObject]) -> tuple[list[BenchmarkRun], list[ScenarioRun]]:
    """The BenchmarkRuns and ScenarioRuns among these objects. Failure: one has a version that is not known here."""
    try:
        return read(objects)
    except ValueError as error:
        raise Failure(str(error)) from error


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", Exit.USAGE) from error
