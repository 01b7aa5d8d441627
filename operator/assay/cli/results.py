"""`assay results`: what runs came to, side by side."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure, complain
from .options import ClusterOptions, OutputOptions, command
from .output import Format
from .verdict import Demand, judge
from .views import junit
from .views.attempts import attempts, selector
from .views.results import Results, listing, matrix, regressions

EXAMPLE = """\b
Examples:
  assay results monday
  assay results monday tuesday --changed
  assay results main-branch this-branch --fail-on-regression --junit report.xml
  assay results monday -o csv >monday.csv

\b
A * marks scenarios at which the runs differ. -o wide and csv have a row for each attempt.
Exit codes: 1 if a finished run has unscored attempts, is below --min-score, or with
--fail-on-regression worse than the first run somewhere; 3 the cluster refuses."""


@dataclass(frozen=True, slots=True)
class ResultsOptions:
    """What to show, and where to write it."""

    changed: Annotated[bool, typer.Option("--changed", help="Only scenarios at which runs differ.")] = False
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="Exit code 1 if a run is worse than the first.")
    ] = False
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file; - is the output.")] = None
    csv: Annotated[Path | None, typer.Option(help="Write CSV to this file, a row for each attempt.")] = None


@command
def results(
    runs: Annotated[list[str], typer.Argument(help="Names of BenchmarkRuns.", metavar="RUN")],
    options: ResultsOptions,
    output: OutputOptions,
    demand: Demand,
    cluster: ClusterOptions,
) -> int:
    """Show results by scenario and run."""

    async def work(there: Cluster) -> Exit:
        columns = [await _read(there, name) for name in runs]
        if options.junit:
            _write(options.junit, junit.junit(columns))
        if options.csv:
            _write(options.csv, listing(columns).render(Format.CSV))
        if not _is_output(options.junit) and not _is_output(options.csv):
            sys.stdout.write(_table(columns, options, output.output))
        verdict = judge([one.run for one in columns], demand)
        worse = regressions(columns) if options.fail_on_regression else []
        for line in worse:
            complain(line)
        return Exit.FAILED if worse else verdict

    return on_cluster(cluster, work)


def _table(columns: list[Results], options: ResultsOptions, output: Format) -> str:
    if output in (Format.WIDE, Format.CSV):
        return listing(columns).render(output)
    return matrix(columns, only_changed=options.changed).render(output)


async def _read(there: Cluster, name: str) -> Results:
    run = await there.get("BenchmarkRun", name)
    found = await there.list("ScenarioRun", selector(name))
    return Results(run, attempts(found, run))


def _is_output(path: Path | None) -> bool:
    return str(path) == "-"


def _write(path: Path, content: str) -> None:
    if _is_output(path):
        sys.stdout.write(content)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", Exit.USAGE) from error
