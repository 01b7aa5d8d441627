"""What is kept of each object, how it is found again, and whom a change of it concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.build import names
from assay.engine.store import IndexFn, Key, Project, Store

Obj = dict[str, Any]
RECONCILED = frozenset(
    {"Blueprint", "Devbox", "Scenario", "Agent", "Benchmark", "ScenarioRun", "BenchmarkRun"}
)
_META = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)


def keep_child(obj: Obj) -> Obj:
    """Of pods and Jobs: who they are, whose they are, and what became of them; not what they are made of."""
    metadata = obj["metadata"]
    kept = {key: metadata[key] for key in (*_META, "labels", "ownerReferences") if key in metadata}
    slim: Obj = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept}
    if node := (obj.get("spec") or {}).get("nodeName"):
        slim["spec"] = {"nodeName": node}
    status = obj.get("status") or {}
    slim["status"] = {
        key: status[key]
        for key in ("phase", "reason", "message", "conditions", "containerStatuses")
        if key in status
    }
    return slim


def keep_scenario_run(obj: Obj) -> Obj:
    """Of a run that has ended only what its benchmark run counts: there may be tens of thousands."""
    status = obj.get("status") or {}
    if status.get("phase") not in ("Complete", "Failed"):
        return obj
    metadata, spec = obj["metadata"], obj["spec"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {key: metadata[key] for key in (*_META, "ownerReferences") if key in metadata},
        "spec": {"scenarioRef": spec["scenarioRef"]},
        "status": {
            "phase": status["phase"],
            **{key: status[key] for key in ("score", "passed") if key in status},
            "conditions": [
                {
                    "type": c["type"],
                    "status": c["status"],
                    "reason": c["reason"],
                    "lastTransitionTime": c["lastTransitionTime"],
                }
                for c in status.get("conditions") or ()
                if c["type"] in ("Complete", "Failed")
            ],
        },
    }


def keep_config_map(obj: Obj) -> Obj:
    """Of a build context: that it is there and whether it changed."""
    metadata = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {key: metadata[key] for key in _META if key in metadata},
        "version": metadata.get("resourceVersion"),
    }


PROJECTIONS: Mapping[str, Project] = {
    "Pod": keep_child,
    "Job": keep_child,
    "ScenarioRun": keep_scenario_run,
    "ConfigMap": keep_config_map,
}


def _ref(*path: str) -> IndexFn:
    """An index of (namespace, name) by a reference at a path of the object."""

    def index(obj: Obj) -> tuple[tuple[str, str], ...]:
        value: Any = obj
        for step in path:
            value = (value or {}).get(step)
        return ((obj["metadata"]["namespace"], str(value)),) if value else ()

    return index


def _unpinned(pinned_field: str, *references: IndexFn) -> IndexFn:
    """An index of runs that still wait for what they refer to."""

    def index(obj: Obj) -> list[Any]:
        status = obj.get("status") or {}
        if pinned_field in status or status.get("phase") in ("Complete", "Failed"):
            return []
        return [value for reference in references for value in reference(obj) or ()]  # type: ignore[union-attr]

    return index


def _benchmark_scenarios(obj: Obj) -> list[tuple[str, str]]:
    namespace = obj["metadata"]["namespace"]
    return [(namespace, ref["name"]) for ref in obj["spec"].get("scenarios") or ()]


_AGENT = _ref("spec", "agent", "ref", "name")

INDEXES: Mapping[str, Mapping[str, IndexFn]] = {
    "Blueprint": {
        "context": _ref("spec", "context", "configMap", "name"),
        "content": lambda obj: (obj.get("status") or {}).get("contentHash"),
    },
    "Job": {"content": lambda obj: (obj["metadata"].get("labels") or {}).get(names.CONTENT_HASH)},
    "Scenario": {"blueprint": _ref("spec", "environment", "blueprintRef", "name")},
    "Benchmark": {"scenario": _benchmark_scenarios},
    "Devbox": {"blueprint": _ref("spec", "blueprintRef", "name")},
    "ScenarioRun": {
        "scenario": _unpinned("pinned", _ref("spec", "scenarioRef", "name")),
        "agent": _unpinned("pinned", _AGENT),
    },
    "BenchmarkRun": {
        "benchmark": _unpinned("scenarios", _ref("spec", "benchmarkRef", "name")),
        "agent": _unpinned("scenarios", _AGENT),
    },
}

_DEPENDANTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ConfigMap": (("Blueprint", "context"),),
    "Blueprint": (("Scenario", "blueprint"), ("Devbox", "blueprint")),
    "Scenario": (("Benchmark", "scenario"), ("ScenarioRun", "scenario")),
    "Agent": (("ScenarioRun", "agent"), ("BenchmarkRun", "agent")),
    "Benchmark": (("BenchmarkRun", "benchmark"),),
}
"""Who looks at objects of a kind by name: kind and index of those that refer to it."""


def concerned(kind: str, obj: Obj, store: Store) -> Iterator[Key]:
    """The keys to reconcile after an object was added, changed or removed."""
    metadata = obj["metadata"]
    namespace = metadata["namespace"]
    if kind in RECONCILED:
        yield Key(kind, namespace, metadata["name"])
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller") and owner["kind"] in RECONCILED:
            yield Key(owner["kind"], namespace, owner["name"])
    yield from _by_label(kind, metadata)
    for dependant, index in _DEPENDANTS.get(kind, ()):
        for found in store.find(dependant, index, (namespace, metadata["name"])):
            yield Key(dependant, namespace, found["metadata"]["name"])
    if kind == "Job" and (content := (metadata.get("labels") or {}).get(names.CONTENT_HASH)):
        # Blueprints of other namespaces may wait for the same content.
        for found in store.find("Blueprint", "content", content):
            yield Key("Blueprint", found["metadata"]["namespace"], found["metadata"]["name"])


def _by_label(kind: str, metadata: Mapping[str, Any]) -> Iterator[Key]:
    """The run or blueprint behind a Job and its pods."""
    labels = metadata.get("labels") or {}
    if kind not in ("Pod", "Job") or names.DEVBOX in labels:
        return
    if run := labels.get(names.SCENARIO_RUN):
        yield Key("ScenarioRun", metadata["namespace"], run)
    if blueprint := labels.get(names.BLUEPRINT):
        yield Key("Blueprint", metadata["namespace"], blueprint)
