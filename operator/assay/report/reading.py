"""From what `kubectl get … -o json` prints to typed objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.scenariorun import ScenarioRun
from assay.kube_object import KubeObject

RunT = TypeVar("RunT", BenchmarkRun, ScenarioRun)


def read(objects: Iterable[KubeObject]) -> tuple[list[BenchmarkRun], list[ScenarioRun]]:
    """The BenchmarkRuns and ScenarioRuns among these objects and Lists of objects, each of them once.

    ValueError, which names the object: it does not fit its schema, or is no object of the Kubernetes API.
    """
    benchmark_runs: dict[str, BenchmarkRun] = {}
    scenario_runs: dict[str, ScenarioRun] = {}
    for obj in _flat(objects):
        match obj.get("kind"):
            case "BenchmarkRun":
                benchmark_run = _parsed(BenchmarkRun, obj)
                benchmark_runs[benchmark_run.uid] = benchmark_run
            case "ScenarioRun":
                scenario_run = _parsed(ScenarioRun, obj)
                scenario_runs[scenario_run.uid] = scenario_run
    return list(benchmark_runs.values()), list(scenario_runs.values())


def _parsed(model: type[RunT], obj: KubeObject) -> RunT:
    try:
        return model.parse(obj)
    except ValueError as error:
        name = (obj.get("metadata") or {}).get("name", "without a name")
        raise ValueError(f"{obj['kind']} {name}: {error}") from error


def _flat(objects: Iterable[KubeObject]) -> Iterator[KubeObject]:
    for obj in objects:
        if not isinstance(obj, dict) or not isinstance(obj.get("kind"), str):
            raise ValueError("not an object of the Kubernetes API: it has no kind")
        if obj["kind"].endswith("List"):
            yield from _flat(obj.get("items") or [])
        else:
            yield obj
