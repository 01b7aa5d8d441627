"""Indexes of the cache: find objects by what they refer to, or by their state. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.reasons import ValidationReason
from assay.api.unparsed import find_condition, is_finished, is_of_kind
from assay.engine.cache import IndexFn
from assay.kube_object import KubeObject
from assay.reconcile.references.baseline import awaits_baseline
from assay.specs import names


def scorers_of(scenario: KubeObject) -> list[tuple[str, str]]:
    """Namespace and name of the Scorers that a scenario uses."""
    contract = scenario["spec"].get("scoringContract") or {}
    customs = (function.get("custom") for function in contract.get("scoringFunctions") or ())
    return [(scenario["metadata"]["namespace"], one["scorerRef"]["name"]) for one in customs if one]


def _ref(*path: str) -> IndexFn:
    """Indexes by (namespace, name), where the name is at this path of the object."""

    def index(obj: KubeObject) -> tuple[tuple[str, str], ...]:
        value: Any = obj
        for step in path:
            value = (value or {}).get(step)
        return ((obj["metadata"]["namespace"], str(value)),) if value else ()

    return index


def _either(*references: IndexFn) -> IndexFn:
    """Indexes by the first of these that finds a value."""

    def index(obj: KubeObject) -> Any:
        return next((found for reference in references if (found := reference(obj))), ())

    return index


def _unstarted(pinned_field: str, *references: IndexFn) -> IndexFn:
    """Indexes runs that have not started by all of these: the status of a run that has started has the field."""

    def index(run: KubeObject) -> list[Any]:
        if pinned_field in (run.get("status") or {}) or is_finished(run):
            return []
        return [value for reference in references for value in reference(run) or ()]  # type: ignore[union-attr]

    return index


def _scenarios(benchmark: KubeObject) -> list[tuple[str, str]]:
    """Namespace and name of a benchmark's scenarios."""
    namespace = benchmark["metadata"]["namespace"]
    return [(namespace, ref["name"]) for ref in benchmark["spec"].get("scenarios") or ()]


def _is_queued(scenario: KubeObject) -> bool | None:
    """True for a scenario that waits for a place among the validation runs."""
    validated = find_condition(scenario, ConditionType.VALIDATED)
    return (validated is not None and validated["reason"] == ValidationReason.QUEUED) or None


def _is_unfinished_validation(run: KubeObject) -> bool | None:
    """True for a run of a scenario's that has not ended."""
    return (is_of_kind(run, "Scenario") and not is_finished(run)) or None


def _scenario_of_snapshot(snapshot: KubeObject) -> tuple[tuple[str, str], ...]:
    """Namespace and name of the scenario whose run left the disk of a DiskSnapshot."""
    lineage = (snapshot.get("status") or {}).get("lineage") or {}
    if not lineage.get("scenarioRun") or not lineage.get("scenario"):
        return ()
    return ((snapshot["metadata"]["namespace"], lineage["scenario"]),)


_BASELINE = _ref("spec", "baseline", "benchmarkRunRef", "name")


def _awaited_baseline(run: KubeObject) -> Any:
    """Namespace and name of the BenchmarkRun with which one that has ended is still to be compared."""
    return _BASELINE(run) if is_finished(run) and awaits_baseline(run) else ()


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
    "Benchmark": {"scenario": _scenarios},
    "Devbox": {
        "blueprint": _ref("spec", "blueprintRef", "name"),
        "snapshot": _ref("spec", "diskSnapshotRef", "name"),
    },
    "DiskSnapshot": {
        "devbox": _ref("spec", "devboxRef", "name"),
        "run": _ref("spec", "scenarioRunRef", "name"),
        "volumesnapshot": _either(
            _ref("status", "volumeSnapshotName"), _ref("spec", "volumeSnapshotRef", "name")
        ),
        "image": _IMAGE,
        "scenario": _scenario_of_snapshot,
    },
    "ScenarioRun": {
        "scenario": _unstarted("pinned", _ref("spec", "scenarioRef", "name")),
        "agent": _unstarted("pinned", _AGENT),
        "scorer": _unstarted("pinned", _ref("spec", "dryRun", "scorer", "scorerRef", "name")),
        "blueprint": _unstarted("pinned", _ref("spec", "dryRun", "environment", "blueprintRef", "name")),
        "snapshot": _unstarted(
            "pinned",
            _ref("spec", "rescore", "diskSnapshotRef", "name"),
            _ref("spec", "dryRun", "environment", "diskSnapshotRef", "name"),
        ),
        "rescore": _ref("spec", "rescore", "scenarioRunRef", "name"),
        "unfinished-validation": _is_unfinished_validation,
    },
    "BenchmarkRun": {
        "benchmark": _unstarted("scenarios", _ref("spec", "benchmarkRef", "name")),
        "rescore": _unstarted("scenarios", _ref("spec", "rescore", "benchmarkRunRef", "name")),
        "agent": _unstarted("scenarios", _AGENT),
        "baseline": _awaited_baseline,
    },
}
