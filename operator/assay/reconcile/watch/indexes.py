"""How objects are found again by what they refer to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.engine.cache import IndexFn
from assay.reconcile.common.objects import is_finished
from assay.specs import names

from .transforms import Obj


def _ref(*path: str) -> IndexFn:
    """An index of (namespace, name) by a reference at a path of the object."""

    def index(obj: Obj) -> tuple[tuple[str, str], ...]:
        value: Any = obj
        for step in path:
            value = (value or {}).get(step)
        return ((obj["metadata"]["namespace"], str(value)),) if value else ()

    return index


def _either(*references: IndexFn) -> IndexFn:
    """The first of these indexes that gives anything."""

    def index(obj: Obj) -> Any:
        return next((found for reference in references if (found := reference(obj))), ())

    return index


def _unpinned(pinned_field: str, *references: IndexFn) -> IndexFn:
    """An index of runs that still wait for what they refer to."""

    def index(obj: Obj) -> list[Any]:
        status = obj.get("status") or {}
        if pinned_field in status or is_finished(obj):
            return []
        return [value for reference in references for value in reference(obj) or ()]  # type: ignore[union-attr]

    return index


def _benchmark_scenarios(obj: Obj) -> list[tuple[str, str]]:
    namespace = obj["metadata"]["namespace"]
    return [(namespace, ref["name"]) for ref in obj["spec"].get("scenarios") or ()]


def scorers_of(obj: Obj) -> list[tuple[str, str]]:
    """Namespace and name of the Scorers that a scenario uses."""
    contract = obj["spec"].get("scoringContract") or {}
    customs = (function.get("custom") for function in contract.get("scoringFunctions") or ())
    return [(obj["metadata"]["namespace"], custom["scorerRef"]["name"]) for custom in customs if custom]


def _is_queued(obj: Obj) -> bool | None:
    """Whether a scenario waits for its turn to be validated."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Validated" and c["reason"] == "Queued" for c in found) or None


def _label(key: str) -> IndexFn:
    """An index of (namespace, value) by a label."""

    def index(obj: Obj) -> tuple[tuple[str, str], ...]:
        value = (obj["metadata"].get("labels") or {}).get(key)
        return ((obj["metadata"]["namespace"], value),) if value else ()

    return index


def _unfinished_validation(obj: Obj) -> bool | None:
    """Whether it is a run that proves a scenario and goes on: there may be so many at once."""
    if names.VALIDATION not in (obj["metadata"].get("labels") or {}):
        return None
    return not is_finished(obj) or None


def _run_scenario(obj: Obj) -> tuple[tuple[str, str], ...]:
    """Of snapshots that runs left: their scenario."""
    lineage = (obj.get("status") or {}).get("lineage") or {}
    if not lineage.get("scenarioRun") or not lineage.get("scenario"):
        return ()
    return ((obj["metadata"]["namespace"], lineage["scenario"]),)


_AGENT = _ref("spec", "agent", "ref", "name")
_IMAGE = _ref("status", "image", "reference")

INDEXES: Mapping[str, Mapping[str, IndexFn]] = {
    "Blueprint": {
        "context": _ref("spec", "context", "configMap", "name"),
        "content": lambda obj: (obj.get("status") or {}).get("contentHash"),
        "image": _IMAGE,
    },
    "Job": {"content": lambda obj: (obj["metadata"].get("labels") or {}).get(names.CONTENT_HASH)},
    "Scenario": {
        "blueprint": _ref("spec", "environment", "blueprintRef", "name"),
        "snapshot": _ref("spec", "environment", "diskSnapshotRef", "name"),
        "scorer": scorers_of,
        "queued": _is_queued,
    },
    "Benchmark": {"scenario": _benchmark_scenarios},
    "Devbox": {
        "blueprint": _ref("spec", "blueprintRef", "name"),
        "snapshot": _ref("spec", "diskSnapshotRef", "name"),
    },
    "DiskSnapshot": {
        "devbox": _ref("spec", "devboxRef", "name"),
        "volumesnapshot": _either(
            _ref("status", "volumeSnapshotName"), _ref("spec", "volumeSnapshotRef", "name")
        ),
        "image": _IMAGE,
        "scenario": _run_scenario,
    },
    "ScenarioRun": {
        "scenario": _unpinned("pinned", _ref("spec", "scenarioRef", "name")),
        "agent": _unpinned("pinned", _AGENT),
        "scorer": _unpinned("pinned", _ref("spec", "dryRun", "scorer", "scorerRef", "name")),
        "blueprint": _unpinned("pinned", _ref("spec", "dryRun", "environment", "blueprintRef", "name")),
        "snapshot": _unpinned(
            "pinned",
            _ref("spec", "rescore", "diskSnapshotRef", "name"),
            _ref("spec", "dryRun", "environment", "diskSnapshotRef", "name"),
        ),
        "rescore": _ref("spec", "rescore", "scenarioRunRef", "name"),
        "validation": _label(names.VALIDATION),
        "unfinished-validation": _unfinished_validation,
    },
    "BenchmarkRun": {
        "benchmark": _unpinned("scenarios", _ref("spec", "benchmarkRef", "name")),
        "rescore": _unpinned("scenarios", _ref("spec", "rescore", "benchmarkRunRef", "name")),
        "agent": _unpinned("scenarios", _AGENT),
    },
}
