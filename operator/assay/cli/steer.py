"""`assay cancel`, `suspend` and `resume`: what may change of a run that goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from assay.api.unparsed import is_finished
from assay.kube_object import KubeObject

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure
from .options import ClusterOptions, command
from .output import name_of

_CODES = "Exit codes: 0 asked for; 1 there is no such run, or it has ended; 3 the cluster refuses."

CANCEL_EXAMPLE = f"""\b
Examples:
  assay cancel monday
  assay cancel monday tuesday-sum-1

\b
What has been scored counts. To stop for a while: assay suspend
{_CODES}"""

SUSPEND_EXAMPLE = f"""\b
Examples:
  assay suspend monday
  assay resume monday

\b
An agent that had not ended begins again, on a fresh disk: docs/lifecycle.md
{_CODES}"""

Runs = Annotated[list[str], typer.Argument(help="BenchmarkRuns or ScenarioRuns that go on.", metavar="RUN")]


@command
def cancel(runs: Runs, cluster: ClusterOptions) -> int:
    """End runs for good, without deleting them."""
    return _steer(cluster, runs, {"cancel": True}, "canceled")


@command
def suspend(runs: Runs, cluster: ClusterOptions) -> int:
    """Stop runs until they are resumed; their pods go."""
    return _steer(cluster, runs, {"suspend": True}, "suspended")


@command
def resume(runs: Runs, cluster: ClusterOptions) -> int:
    """Let runs go on that were suspended."""
    return _steer(cluster, runs, {"suspend": False}, "resumed")


def _steer(cluster: ClusterOptions, names: Iterable[str], change: KubeObject, done: str) -> int:
    async def work(there: Cluster) -> Exit:
        runs = [await there.find(name) for name in dict.fromkeys(names)]
        if ended := [name_of(run) for run in runs if is_finished(run)]:
            raise Failure(f"{', '.join(ended)} has ended: nothing of it can be {done}")
        for run in runs:
            # Whatever else changes of it meanwhile: this holds for any version of this run.
            metadata = {key: run["metadata"][key] for key in ("name", "namespace")}
            uid = {"metadata": {"uid": run["metadata"]["uid"]}}
            await there.client.patch({**run, "metadata": metadata}, {**uid, "spec": change})
            print(f"{name_of(run)} {done}")
        return Exit.OK

    return on_cluster(cluster, work)
