"""Labels of a ScenarioRun's children."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.scenariorun import ScenarioRunSpec

from . import names


def of(run: Mapping[str, Any], spec: ScenarioRunSpec) -> dict[str, str]:
    """Labels that name the run to which a child belongs."""
    ours = {names.SCENARIO_RUN: run["metadata"]["name"]}
    if spec.scenario_ref:
        ours[names.SCENARIO] = spec.scenario_ref.name
    benchmark_run = (run["metadata"].get("labels") or {}).get(names.BENCHMARK_RUN)
    return {**ours, names.BENCHMARK_RUN: benchmark_run} if benchmark_run else ours
