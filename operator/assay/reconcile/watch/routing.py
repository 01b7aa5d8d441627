"""Whom a change of an object concerns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assay.engine.cache import Cache, Key
from assay.reconcile.common.objects import is_finished
from assay.specs import names

from .indexes import scorers_of
from .transforms import Obj

RECONCILED = frozenset(
    {"Blueprint", "Devbox", "DiskSnapshot", "Scenario", "Agent", "Scorer", "Benchmark"}
    | {"ScenarioRun", "BenchmarkRun"}
)

CALLED_MAX = 16
"""How many of the scenarios that wait to be validated are called when one place becomes free."""

_DEPENDANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ConfigMap": (("Blueprint", "context"),),
    "Blueprint": (("Scenario", "blueprint"), ("Devbox", "blueprint"), ("ScenarioRun", "blueprint")),
    "Scenario": (("Benchmark", "scenario"), ("ScenarioRun", "scenario")),
    "Scorer": (("Scenario", "scorer"), ("ScenarioRun", "scorer")),
    "Agent": (("ScenarioRun", "agent"), ("BenchmarkRun", "agent")),
    "Benchmark": (("BenchmarkRun", "benchmark"),),
    "BenchmarkRun": (("BenchmarkRun", "rescore"),),
    "ScenarioRun": (("ScenarioRun", "rescore"),),
    "Devbox": (("DiskSnapshot", "devbox"),),
    "VolumeSnapshot": (("DiskSnapshot", "volumesnapshot"),),
    "DiskSnapshot": (("Scenario", "snapshot"), ("Devbox", "snapshot"), ("ScenarioRun", "snapshot")),
}
"""Who looks at objects of a kind by name: kind and index of those that refer to it."""


def keys_for(kind: str, obj: Obj, cache: Cache) -> Iterator[Key]:
    """The keys to reconcile after an object was added, changed or removed."""
    metadata = obj["metadata"]
    if kind == "Node":
        return  # read when needed
    namespace = metadata["namespace"]
    if kind in RECONCILED:
        yield Key(kind, namespace, metadata["name"])
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller") and owner["kind"] in RECONCILED:
            yield Key(owner["kind"], namespace, owner["name"])
    yield from _by_label(kind, metadata)
    for dependant, index in _DEPENDANTS.get(kind, ()):
        for found in cache.find(dependant, index, (namespace, metadata["name"])):
            yield Key(dependant, namespace, found["metadata"]["name"])
    if kind in _EXTRA_KEYS:
        yield from _EXTRA_KEYS[kind](obj, cache)


def _job(obj: Obj, cache: Cache) -> Iterator[Key]:
    """Blueprints of other namespaces may wait for the same content."""
    if content := (obj["metadata"].get("labels") or {}).get(names.CONTENT_HASH):
        for found in cache.find("Blueprint", "content", content):
            yield Key("Blueprint", found["metadata"]["namespace"], found["metadata"]["name"])


def _scenario(obj: Obj, cache: Cache) -> Iterator[Key]:
    """Whatever it needs may go when it no longer does."""
    namespace, environment = obj["metadata"]["namespace"], obj["spec"].get("environment") or {}
    for kind, field in (("Blueprint", "blueprintRef"), ("DiskSnapshot", "diskSnapshotRef")):
        if field in environment:
            yield Key(kind, namespace, environment[field]["name"])
    for _, scorer in scorers_of(obj):
        yield Key("Scorer", namespace, scorer)


def _disk_snapshot(obj: Obj, cache: Cache) -> Iterator[Key]:
    """The blueprint it lies on, and runs that wait to score it again."""
    namespace, status = obj["metadata"]["namespace"], obj.get("status") or {}
    if image := (status.get("image") or {}).get("reference"):
        for found in cache.find("Blueprint", "image", (namespace, image)):
            yield Key("Blueprint", namespace, found["metadata"]["name"])
    if run := (status.get("lineage") or {}).get("scenarioRun"):
        for found in cache.find("ScenarioRun", "rescore", (namespace, run)):
            yield Key("ScenarioRun", namespace, found["metadata"]["name"])


def _benchmark(obj: Obj, cache: Cache) -> Iterator[Key]:
    """It may ask for its scenarios to be validated."""
    if obj["spec"].get("requireValidated"):
        for ref in obj["spec"].get("scenarios") or ():
            yield Key("Scenario", obj["metadata"]["namespace"], ref["name"])


def _scenario_run(obj: Obj, cache: Cache) -> Iterator[Key]:
    """The run that it scores again; scenarios that wait for a place among the validation runs."""
    namespace, labels = obj["metadata"]["namespace"], obj["metadata"].get("labels") or {}
    rescore = obj["spec"].get("rescore") or {}
    if earlier := rescore.get("scenarioRunRef"):
        yield Key("ScenarioRun", namespace, earlier["name"])
    is_gone = cache.get("ScenarioRun", namespace, obj["metadata"]["name"]) is None
    if names.VALIDATION in labels and (is_finished(obj) or is_gone):
        for found in cache.find("Scenario", "queued", True)[:CALLED_MAX]:
            yield Key("Scenario", found["metadata"]["namespace"], found["metadata"]["name"])


_EXTRA_KEYS: Mapping[str, Callable[[Obj, Cache], Iterator[Key]]] = {
    "Job": _job,
    "Scenario": _scenario,
    "DiskSnapshot": _disk_snapshot,
    "Benchmark": _benchmark,
    "ScenarioRun": _scenario_run,
}


def _by_label(kind: str, metadata: Mapping[str, Any]) -> Iterator[Key]:
    """The run or blueprint behind a Job and its pods."""
    labels = metadata.get("labels") or {}
    if kind not in ("Pod", "Job") or names.DEVBOX in labels:
        return
    if run := labels.get(names.SCENARIO_RUN):
        yield Key("ScenarioRun", metadata["namespace"], run)
    if blueprint := labels.get(names.BLUEPRINT):
        yield Key("Blueprint", metadata["namespace"], blueprint)
