"""Labels of a ScenarioRun's children."""

from __future__ import annotations

from assay.api.scenariorun import ScenarioRun

from . import names, run_tries


def of(run: ScenarioRun) -> dict[str, str]:
    """Labels that name the run of a child, its scenario and BenchmarkRun, the try after the first, and the queue."""
    queue = names.queue_labels(run.metadata.labels)
    ours = {**queue, names.SCENARIO_RUN: run.name, **run_tries.label(run)}
    if run.spec.scenario_ref:
        ours[names.SCENARIO] = run.spec.scenario_ref.name
    benchmark_run = run.metadata.labels.get(names.BENCHMARK_RUN)
    return {**ours, names.BENCHMARK_RUN: benchmark_run} if benchmark_run else ours
