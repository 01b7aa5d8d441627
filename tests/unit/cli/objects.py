"""Runs as the API server sends them, in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assay.kube_object import KubeObject

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def conditions(**types: tuple[str, str]) -> list[dict[str, str]]:
    """Complete=("True", "Scored")."""
    return [
        {"type": type_, "status": status, "reason": reason, "message": "", "lastTransitionTime": stamp(0)}
        for type_, (status, reason) in types.items()
    ]


def benchmark_run(name: str = "monday", **status: Any) -> KubeObject:
    spec = {"benchmarkRef": {"name": "ledger"}, "agent": {"ref": {"name": "mini"}}, "parallelism": 2}
    return {
        "apiVersion": "assay.dev/v1alpha1",
        "kind": "BenchmarkRun",
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}"},
        "spec": spec,
        "status": status,
    }


def run(scenario: str, number: int = 1, of: str = "monday", **status: Any) -> KubeObject:
    owner = {"kind": "BenchmarkRun", "name": of, "uid": f"uid-{of}", "controller": True}
    return {
        "apiVersion": "assay.dev/v1alpha1",
        "kind": "ScenarioRun",
        "metadata": {
            "name": f"{of}-{scenario}-{number}",
            "namespace": "team",
            "labels": {"assay.dev/benchmark-run": of},
            "ownerReferences": [owner],
        },
        "spec": {"scenarioRef": {"name": scenario}, "attempt": number},
        "status": status,
    }


def scored(
    scenario: str, score: float, number: int = 1, of: str = "monday", seconds: float = 60
) -> KubeObject:
    return run(
        scenario,
        number,
        of,
        conditions=conditions(Complete=("True", "Scored")),
        score=score,
        passed=score == 1.0,
        startTime=stamp(0),
        completionTime=stamp(seconds),
    )


def unscored(scenario: str, reason: str, number: int = 1, of: str = "monday") -> KubeObject:
    ends = conditions(Complete=("False", reason), Failed=("True", reason))
    return run(scenario, number, of, conditions=ends)


def under_way(scenario: str, reason: str, number: int = 1, of: str = "monday") -> KubeObject:
    return run(scenario, number, of, conditions=conditions(Complete=("False", reason)))
