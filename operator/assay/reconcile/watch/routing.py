"""Maps a changed object to the keys to reconcile. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from assay.api import KINDS
from assay.api.unparsed import controller, is_finished, is_of_kind
from assay.engine.cache import Cache, Key
from assay.kube_object import KubeObject
from assay.specs import names

from .indexes import scorers_of

RECONCILED = frozenset(kind.name for kind in KINDS)

QUEUED_MAX = 16
"""How many of the scenarios that wait to be validated are reconciled when a validation run ends."""

_DEPENDANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ConfigMap": (("Blueprint", "context"),),
    "Blueprint": (("Scenario", "blueprint"), ("Devbox", "blueprint"), ("ScenarioRun", "blueprint")),
    "Scenario": (("Benchmark", "scenario"), ("ScenarioRun", "scenario")),
    "Scorer": (("Scenario", "scorer"), ("ScenarioRun", "scorer")),
    "Agent": (("ScenarioRun", "agent"), ("BenchmarkRun", "agent")),
    "Benchmark": (("BenchmarkRun", "benchmark"),),
    "BenchmarkRun": (("BenchmarkRun", "rescore"), ("BenchmarkRun", "baseline")),
    "ScenarioRun": (("ScenarioRun", "rescore"), ("DiskSnapshot", "run")),
    "Devbox": (("DiskSnapshot", "devbox"),),
    "VolumeSnapshot": (("DiskSnapshot", "volumesnapshot"),),
    "DiskSnapshot": (("Scenario", "snapshot"), ("Devbox", "snapshot"), ("ScenarioRun", "snapshot")),
}
"""For each kind, the kinds that refer to it by name, with the index that finds them."""


def keys_for(kind: str, obj: KubeObject, cache: Cache) -> Iterator[Key]:
    """The keys to reconcile after an object was added, changed or deleted. A key may come twice."""
    if kind == "Node":
        return  # nodes are read when a devbox starts
    metadata = obj["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    if kind in RECONCILED:
        yield Key(kind, namespace, name)
    owner = controller(obj)
    if owner and owner["kind"] in RECONCILED:
        yield Key(owner["kind"], namespace, owner["name"])
    for dependant, index in _DEPENDANTS.get(kind, ()):
        for found in cache.find(dependant, index, (namespace, name)):
            yield _key(found)
    if kind in _EXTRA:
        yield from _EXTRA[kind](obj, cache)


def _pod(pod: KubeObject, cache: Cache) -> Iterator[Key]:
    """The run or blueprint that made the Job of a pod, and snapshots of a disk on which an agent works."""
    labels, namespace = pod["metadata"].get("labels") or {}, pod["metadata"]["namespace"]
    if names.DEVBOX in labels:
        return  # its owner is the devbox
    if run := labels.get(names.SCENARIO_RUN):
        yield Key("ScenarioRun", namespace, run)
        yield from map(_key, cache.find("DiskSnapshot", "run", (namespace, run)))
    if blueprint := labels.get(names.BLUEPRINT):
        yield Key("Blueprint", namespace, blueprint)


def _job(job: KubeObject, cache: Cache) -> Iterator[Key]:
    """Its run or blueprint, and blueprints of all namespaces that wait for the same image."""
    yield from _pod(job, cache)
    if content := (job["metadata"].get("labels") or {}).get(names.CONTENT_HASH):
        yield from map(_key, cache.find("Blueprint", "content", content))


def _scenario(scenario: KubeObject, cache: Cache) -> Iterator[Key]:
    """What it refers to: a blueprint or snapshot may be deleted once no scenario needs it."""
    namespace, environment = scenario["metadata"]["namespace"], scenario["spec"].get("environment") or {}
    for kind, field in (("Blueprint", "blueprintRef"), ("DiskSnapshot", "diskSnapshotRef")):
        if field in environment:
            yield Key(kind, namespace, environment[field]["name"])
    for _, scorer in scorers_of(scenario):
        yield Key("Scorer", namespace, scorer)


def _disk_snapshot(snapshot: KubeObject, cache: Cache) -> Iterator[Key]:
    """The blueprint whose image it needs, and runs that wait to score it again."""
    namespace, status = snapshot["metadata"]["namespace"], snapshot.get("status") or {}
    if image := (status.get("image") or {}).get("reference"):
        yield from map(_key, cache.find("Blueprint", "image", (namespace, image)))
    if run := (status.get("lineage") or {}).get("scenarioRun"):
        yield from map(_key, cache.find("ScenarioRun", "rescore", (namespace, run)))


def _benchmark(benchmark: KubeObject, cache: Cache) -> Iterator[Key]:
    """Its scenarios, if it requires them to be validated."""
    if benchmark["spec"].get("requireValidated"):
        for ref in benchmark["spec"].get("scenarios") or ():
            yield Key("Scenario", benchmark["metadata"]["namespace"], ref["name"])


def _devbox(devbox: KubeObject, cache: Cache) -> Iterator[Key]:
    """Snapshots of the disk of the run that made it."""
    owner = controller(devbox)
    if owner and owner["kind"] == "ScenarioRun":
        yield from map(
            _key, cache.find("DiskSnapshot", "run", (devbox["metadata"]["namespace"], owner["name"]))
        )


def _scenario_run(run: KubeObject, cache: Cache) -> Iterator[Key]:
    """The run that it scores again; scenarios that wait for the place of a validation run that has ended."""
    namespace = run["metadata"]["namespace"]
    rescore = run["spec"].get("rescore") or {}
    if earlier := rescore.get("scenarioRunRef"):
        yield Key("ScenarioRun", namespace, earlier["name"])
    is_gone = cache.get("ScenarioRun", namespace, run["metadata"]["name"]) is None
    if is_of_kind(run, "Scenario") and (is_finished(run) or is_gone):
        yield from map(_key, cache.find("Scenario", "queued", True)[:QUEUED_MAX])


_EXTRA: Mapping[str, Callable[[KubeObject, Cache], Iterator[Key]]] = {
    "Pod": _pod,
    "Job": _job,
    "Devbox": _devbox,
    "Scenario": _scenario,
    "DiskSnapshot": _disk_snapshot,
    "Benchmark": _benchmark,
    "ScenarioRun": _scenario_run,
}
"""Further keys, which neither owners nor `_DEPENDANTS` give."""


def _key(obj: KubeObject) -> Key:
    return Key(obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"])
