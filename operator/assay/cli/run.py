"""`assay run`: an agent's attempts at a benchmark."""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any

import typer
import yaml

from assay.kube_object import KubeObject
from assay.specs.names import child_name

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure
from .following import follow_created
from .options import ClusterOptions, command
from .verdict import Waiting

EXAMPLE = """\b
Examples:
  assay run ledger --agent apprentice --wait
  assay run ledger --agent mini --param MODEL=small --attempts 4 --parallelism 8
  assay run ledger --scenario sum --wait -- bash -c 'echo 5050 >sum.txt'

\b
Exit codes: 0 done; 1 a run has no score, or the score is below --min-score;
2 usage; 3 the cluster refuses; 4 --timeout is over; 130 Ctrl-C (the run goes on)."""


class Snapshots(StrEnum):
    """Which disks are kept, for `assay open` and `assay rescore`."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run, and how often."""

    agent: Annotated[str | None, typer.Option(help="Name of an Agent; else give a command after --.")] = None
    param: Annotated[
        list[str], typer.Option(help="KEY=VALUE, the agent's ASSAY_PARAM_KEY; may be repeated.")
    ] = field(default_factory=list)
    scenario: Annotated[
        list[str], typer.Option(help="Only this scenario of the benchmark; may be repeated.")
    ] = field(default_factory=list)
    attempts: Annotated[int, typer.Option(help="How often each scenario is run.", min=1, max=100)] = 1
    parallelism: Annotated[int, typer.Option(help="How many run at once.", min=1, max=1000)] = 4
    name: Annotated[str | None, typer.Option(help="Name of the BenchmarkRun; made up when absent.")] = None
    snapshots: Annotated[
        Snapshots, typer.Option(help="Whose disks are kept, to open them or to score them again.")
    ] = Snapshots.NEVER
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the objects, create nothing.")] = False


@command
def run(
    benchmark: Annotated[str, typer.Argument(help="Name of a Benchmark.", metavar="BENCHMARK")],
    options: RunOptions,
    waiting: Waiting,
    cluster: ClusterOptions,
    words: Annotated[
        list[str] | None, typer.Argument(help="After --: the command of an agent.", metavar="-- COMMAND…")
    ] = None,
) -> int:
    """Run an agent at a benchmark."""
    spec = spec_of(benchmark, options, words or [])
    name = options.name or child_name(benchmark, _short(options, words), uuid.uuid4().hex[:5])

    async def work(there: Cluster) -> Exit:
        chosen = await _subset(there, benchmark, name, options.scenario)
        if chosen:
            spec["benchmarkRef"] = {"name": name}
        manifest = there.manifest("BenchmarkRun", name, spec)
        if options.dry_run:
            objects = [manifest, *([chosen] if chosen else [])]
            yaml.safe_dump_all(objects, sys.stdout, sort_keys=False, allow_unicode=True)
            return Exit.OK
        made = await there.create(manifest)
        if chosen:
            await there.create(_owned(chosen, made))
        return await follow_created(there, made, waiting)

    return on_cluster(cluster, work)


def spec_of(benchmark: str, options: RunOptions, command: list[str]) -> KubeObject:
    """The spec of the BenchmarkRun. Failure if it is not clear which agent."""
    if bool(options.agent) == bool(command):
        raise Failure("give either --agent NAME, or the agent's command after --", Exit.USAGE)
    agent: KubeObject = {"ref": {"name": options.agent}}
    if command:
        agent = {"type": "Command", "command": command}
    spec: KubeObject = {"benchmarkRef": {"name": benchmark}, "agent": agent}
    if options.param:
        spec["parameters"] = [_parameter(one) for one in options.param]
    spec |= {"attempts": options.attempts, "parallelism": options.parallelism}
    if options.snapshots != Snapshots.NEVER:
        spec["template"] = {"snapshotPolicy": options.snapshots.value}
    return spec


def _parameter(text: str) -> dict[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise Failure(f"--param {text}: write KEY=VALUE", Exit.USAGE)
    return {"name": key, "value": value}


def _short(options: RunOptions, command: list[str] | None) -> str:
    """What the name of the run says of its agent."""
    word = options.agent or PurePosixPath((command or ["run"])[0]).name
    return (
        "".join(one if one.isascii() and one.isalnum() else "-" for one in word.lower()).strip("-")[:20]
        or "run"
    )


async def _subset(there: Cluster, benchmark: str, name: str, scenarios: list[str]) -> KubeObject | None:
    """A Benchmark of these scenarios alone, of the run's name; None if all are to run."""
    if not scenarios:
        return None
    spec: dict[str, Any] = (await there.get("Benchmark", benchmark))["spec"]
    known = [one["name"] for one in spec.get("scenarios") or ()]
    if strange := [one for one in scenarios if one not in known]:
        listed = ", ".join(known)
        raise Failure(f"Benchmark {benchmark} has no scenario {', '.join(strange)}, but {listed}", Exit.USAGE)
    chosen = [{"name": one} for one in dict.fromkeys(scenarios)]
    return there.manifest("Benchmark", name, {**spec, "scenarios": chosen})


def _owned(obj: KubeObject, owner: KubeObject) -> KubeObject:
    """The object, to be deleted with its owner."""
    metadata = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    reference |= {"name": metadata["name"], "uid": metadata["uid"]}
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [reference]}}
