"""BenchmarkRun → ScenarioRun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.benchmarkrun import BenchmarkRunSpec
from assay.api.meta import LocalRef
from assay.api.runtemplate import RunTemplate
from assay.api.scenariorun import Rescore, ScenarioRunSpec

from . import names


def name(benchmark_run: str, scenario: str, attempt: int) -> str:
    """Name of one attempt at one scenario."""
    return names.child_name(benchmark_run, scenario, str(attempt))


def scenario_run(
    benchmark_run: Mapping[str, Any], spec: BenchmarkRunSpec, scenario: str, attempt: int
) -> dict[str, Any]:
    """One attempt at one scenario, or one that was made before, to be scored again."""
    parent = benchmark_run["metadata"]["name"]
    labels = {names.BENCHMARK_RUN: parent, names.SCENARIO: scenario}
    rescore = None
    if spec.rescore:
        earlier = name(spec.rescore.benchmark_run_ref.name, scenario, attempt)
        labels[names.RESCORE_OF] = earlier
        rescore = Rescore(scenario_run_ref=LocalRef(name=earlier))
    run_spec = ScenarioRunSpec(
        **dict(spec.template or RunTemplate()),
        scenario_ref=LocalRef(name=scenario),
        agent=spec.agent,
        rescore=rescore,
        parameters=spec.parameters,
        attempt=attempt,
    )
    return {
        "apiVersion": benchmark_run["apiVersion"],
        "kind": "ScenarioRun",
        "metadata": names.metadata(benchmark_run, name(parent, scenario, attempt), "scenario-run", labels),
        "spec": run_spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }
