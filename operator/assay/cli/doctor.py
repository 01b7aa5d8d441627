"""`assay doctor`: what is missing, and its cure."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from .checks import cluster as cluster_checks
from .checks import operator as operator_checks
from .checks import storage as storage_checks
from .checks.check import Check
from .checks.facts import Facts, gather
from .cluster import Cluster, on_cluster
from .exits import Exit
from .options import ClusterOptions, command
from .output import columns, printable

EXAMPLE = """\b
Examples:
  assay doctor --namespace bench
  assay doctor --json | jq '.[] | select(.verdict == "missing")'

\b
Exit codes: 0 nothing is missing; 1 something is; 3 the cluster does not answer.
What you may not look at is unknown, which is no failure."""


@command
def doctor(
    cluster: ClusterOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> int:
    """Look for what the cluster, the operator or your rights lack."""

    async def work(there: Cluster) -> Exit:
        checks = diagnose(await gather(there, tuple(operator_checks.RIGHTS)))
        if as_json:
            print(json.dumps([asdict(one) for one in checks], indent=2))
        else:
            sys.stdout.write(_report(checks))
        return Exit.FAILED if any(one.verdict == "missing" for one in checks) else Exit.OK

    return on_cluster(cluster, work)


def diagnose(facts: Facts) -> list[Check]:
    """All checks."""
    parts = (cluster_checks, operator_checks, storage_checks)
    return [one for part in parts for one in part.check(facts)]


def _report(checks: list[Check]) -> str:
    text = columns([(one.verdict, one.about, one.found) for one in checks])
    cures = [f"\n{one.about}: {one.found}\n  {one.cure}\n" for one in checks if one.cure]
    return text + "".join(map(printable, cures))
