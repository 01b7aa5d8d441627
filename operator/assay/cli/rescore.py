"""`assay rescore`: score kept disks again, by today's contracts."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from assay.api.unparsed import is_finished
from assay.kube_object import KubeObject
from assay.specs.names import child_name

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure
from .following import follow_created
from .options import ClusterOptions, command
from .output import name_of
from .verdict import Waiting

EXAMPLE = """\b
Examples:
  assay rescore monday --wait
  assay rescore monday-sum-1 --name second-look

\b
No agent runs: what agents left is scored by the scenarios and scorers of now. The run must have
kept its disks (assay run --snapshots Always). Compare: assay results monday NEW
Exit codes: as `assay run`."""


@command
def rescore(
    run: Annotated[str, typer.Argument(help="A BenchmarkRun or ScenarioRun that has ended.", metavar="RUN")],
    waiting: Waiting,
    cluster: ClusterOptions,
    name: Annotated[str | None, typer.Option(help="Name of the new run; made up when absent.")] = None,
) -> int:
    """Score the disks that a run kept again."""

    async def work(there: Cluster) -> Exit:
        earlier = await there.find(run)
        if not is_finished(earlier):
            raise Failure(f"{earlier['kind']} {run} has not ended: wait for it (assay watch {run})")
        if waiting.wait and earlier["kind"] == "ScenarioRun":
            raise Failure("--wait follows BenchmarkRuns: leave it out for a ScenarioRun", Exit.USAGE)
        new = name or child_name(run, "rescore", uuid.uuid4().hex[:5])
        made = await there.create(there.manifest(earlier["kind"], new, spec_of(earlier)))
        if earlier["kind"] == "BenchmarkRun":
            return await follow_created(there, made, waiting)
        print(f"{name_of(made)} created")
        print(f"wait for it: kubectl wait --for=condition=Complete {name_of(made)} -n {there.namespace}")
        return Exit.OK

    return on_cluster(cluster, work)


def spec_of(earlier: KubeObject) -> KubeObject:
    """The spec of a run that scores this one's disks again."""
    reference = {"name": earlier["metadata"]["name"]}
    if earlier["kind"] == "BenchmarkRun":
        parallelism = earlier["spec"].get("parallelism")
        more = {"parallelism": parallelism} if parallelism else {}
        return {"rescore": {"benchmarkRunRef": reference}, **more}
    if not (scenario := earlier["spec"].get("scenarioRef")):
        raise Failure(f"ScenarioRun {reference['name']} is a dry run: it left nothing to score again")
    return {"scenarioRef": scenario, "rescore": {"scenarioRunRef": reference}}
