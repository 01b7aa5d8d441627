"""kopf's handlers: one for each kind that the operator watches. Each hands what it sees to the intake.

The intake puts objects into the cache and keys into the queue; reconcilers start from the queue. CONTRIBUTING.md
explains why no handler works on its object by itself (`on.create`, `on.update`).
"""

from __future__ import annotations

from typing import Any

import kopf

from assay.crdgen.kind import GROUP, VERSION
from assay.specs import names

MANAGED = {names.MANAGED_BY: names.OPERATOR}
BUILD_CONTEXTS = {names.BUILD_CONTEXT: "true"}


@kopf.on.event(GROUP, VERSION, "agents")
async def agent(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """An Agent: its condition Ready, and the runs that wait for it."""
    memo.intake.event("Agent", type, body)


@kopf.on.event(GROUP, VERSION, "benchmarks")
async def benchmark(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Benchmark: its counts, the runs that wait for it, the scenarios that it wants validated."""
    memo.intake.event("Benchmark", type, body)


@kopf.on.event(GROUP, VERSION, "benchmarkruns")
async def benchmark_run(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A BenchmarkRun: its ScenarioRuns and their summary."""
    memo.intake.event("BenchmarkRun", type, body)


@kopf.on.event(GROUP, VERSION, "blueprints")
async def blueprint(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Blueprint: its build, and everything that waits for its image."""
    memo.intake.event("Blueprint", type, body)


@kopf.on.event(GROUP, VERSION, "devboxes")
async def devbox(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Devbox: its claim and pod, its run, snapshots of its disk."""
    memo.intake.event("Devbox", type, body)


@kopf.on.event(GROUP, VERSION, "disksnapshots")
async def disk_snapshot(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A DiskSnapshot: its VolumeSnapshot, and everything that begins from it."""
    memo.intake.event("DiskSnapshot", type, body)


@kopf.on.event(GROUP, VERSION, "scenarios")
async def scenario(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Scenario: its references and its validation, and the benchmarks and runs that name it."""
    memo.intake.event("Scenario", type, body)


@kopf.on.event(GROUP, VERSION, "scenarioruns")
async def scenario_run(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A ScenarioRun: its agent, its score and its disk, and its BenchmarkRun or Scenario."""
    memo.intake.event("ScenarioRun", type, body)


@kopf.on.event(GROUP, VERSION, "scorers")
async def scorer(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Scorer: its condition Ready, and the scenarios that use it."""
    memo.intake.event("Scorer", type, body)


@kopf.on.event("", "v1", "pods", labels=MANAGED)
async def pod(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A pod of ours: its devbox, or the run or blueprint of its Job."""
    memo.intake.event("Pod", type, body)


@kopf.on.event("batch", "v1", "jobs", labels=MANAGED)
async def job(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A Job of ours: its run or blueprint, and blueprints that wait for the same content."""
    memo.intake.event("Job", type, body)


@kopf.on.event("", "v1", "persistentvolumeclaims", labels=MANAGED)
async def claim(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A claim of ours: its run or devbox."""
    memo.intake.event("PersistentVolumeClaim", type, body)


@kopf.on.event("networking.k8s.io", "v1", "networkpolicies", labels=MANAGED)
async def network_policy(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A network policy of ours: it must be there before a pod that needs it."""
    memo.intake.event("NetworkPolicy", type, body)


@kopf.on.event("", "v1", "configmaps", labels=BUILD_CONTEXTS)
async def config_map(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A build context: blueprints that COPY from it."""
    memo.intake.event("ConfigMap", type, body)


@kopf.on.event("snapshot.storage.k8s.io", "v1", "volumesnapshots")
async def volume_snapshot(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A VolumeSnapshot: its DiskSnapshot, or those that import it."""
    memo.intake.event("VolumeSnapshot", type, body)


@kopf.on.event("", "v1", "nodes")
async def node(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A node: it is read when a devbox needs to know what nodes can mount."""
    memo.intake.event("Node", type, body)
