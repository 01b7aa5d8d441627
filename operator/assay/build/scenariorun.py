"""BenchmarkRun → ScenarioRun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.benchmarkrun import BenchmarkRunSpec
from assay.api.meta import LocalRef
from assay.api.scenariorun import ScenarioRunSpec

from . import names


def name(benchmark_run: str, scenario: str, attempt: int) -> str:
    """Name of one attempt at one scenario."""
    return names.child_name(benchmark_run, scenario, str(attempt))


def scenario_run(
    benchmark_run: Mapping[str, Any], spec: BenchmarkRunSpec, scenario: str, attempt: int
) -> dict[str, Any]:
    """One attempt at one scenario."""
    run_spec = ScenarioRunSpec(
        scenario_ref=LocalRef(name=scenario), agent=spec.agent, parameters=spec.parameters, attempt=attempt
    )
    parent = benchmark_run["metadata"]["name"]
    labels = {names.BENCHMARK_RUN: parent, names.SCENARIO: scenario}
    return {
        "apiVersion": benchmark_run["apiVersion"],
        "kind": "ScenarioRun",
        "metadata": names.metadata(benchmark_run, name(parent, scenario, attempt), "scenario-run", labels),
        "spec": run_spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }
