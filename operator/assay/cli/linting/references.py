"""References to objects that no file has. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .documents import Document, Finding, Path_

REFERENCES = {
    "blueprintRef": "Blueprint",
    "diskSnapshotRef": "DiskSnapshot",
    "scenarioRef": "Scenario",
    "scorerRef": "Scorer",
    "benchmarkRef": "Benchmark",
    "benchmarkRunRef": "BenchmarkRun",
    "scenarioRunRef": "ScenarioRun",
    "devboxRef": "Devbox",
    "configMap": "ConfigMap",
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
}
"""Names of fields, and of which kind the object is that their `name` names."""

GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def check(documents: Iterable[Document], known: Iterable[Document]) -> list[Finding]:
    """A warning for each reference whose object is in no file: it may be in the cluster."""
    there = {target for one in known for target in _targets(one)}
    return [
        document.finding(path, f"there is no {kind} {name} in these files", "warning")
        for document in documents
        for kind, name, path in _references(document)
        if (kind, name) not in there
    ]


def _targets(document: Document) -> Iterator[tuple[str, str]]:
    """What a document can be referred to as; a kustomization as what it generates."""
    value = document.value
    yield str(value.get("kind")), str((value.get("metadata") or {}).get("name"))
    for generator, kind in GENERATORS.items():
        yield from ((kind, str(one.get("name"))) for one in value.get(generator) or ())


def _references(document: Document) -> Iterator[tuple[str, str, Path_]]:
    spec = document.value.get("spec") or {}
    if document.value.get("kind") == "Benchmark":
        for number, one in enumerate(spec.get("scenarios") or ()):
            yield "Scenario", one["name"], ["spec", "scenarios", number]
    if ref := (spec.get("agent") or {}).get("ref"):
        yield "Agent", ref["name"], ["spec", "agent", "ref"]
    yield from _within(spec, ["spec"])


def _within(value: Any, path: Path_) -> Iterator[tuple[str, str, Path_]]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name in REFERENCES and isinstance(child, dict) and isinstance(child.get("name"), str):
                yield REFERENCES[name], child["name"], [*path, name]
            yield from _within(child, [*path, name])
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _within(child, [*path, number])
