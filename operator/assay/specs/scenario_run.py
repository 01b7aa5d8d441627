"""BenchmarkRun → its ScenarioRuns."""

from __future__ import annotations

from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunSpec, BenchmarkRunStatus
from assay.api.meta import LocalRef
from assay.api.runtemplate import RunTemplate
from assay.api.scenariorun import Rescore, ScenarioRunSpec
from assay.kube_object import KubeObject

from . import names, run_content


def attempts(spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> int:
    """How often each scenario is run; a re-score repeats the attempts of the run that it scores again."""
    return status.previous_score.attempts if status.previous_score else spec.attempts


def name(benchmark_run: str, scenario: str, attempt: int) -> str:
    """The name of one attempt at one scenario."""
    return names.child_name(benchmark_run, scenario, str(attempt))


def own_part(run: BenchmarkRun, scenario: str, attempt: int) -> KubeObject:
    """What of the spec of that attempt no other run of the BenchmarkRun has."""
    own: KubeObject = {"scenarioRef": {"name": scenario}, "attempt": attempt}
    if run.spec.rescore:
        earlier = name(run.spec.rescore.benchmark_run_ref.name, scenario, attempt)
        own["rescore"] = {"scenarioRunRef": {"name": earlier}}
    return own


def scenario_run(run: BenchmarkRun, scenario: str, attempt: int) -> KubeObject:
    """One attempt at one scenario; if the BenchmarkRun scores another again, that attempt of the other."""
    spec = run.spec
    labels = {
        **names.queue_labels(run.metadata.labels),
        names.BENCHMARK_RUN: run.name,
        names.SCENARIO: scenario,
    }
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
        "apiVersion": run.api_version,
        "kind": "ScenarioRun",
        "metadata": names.metadata(run, name(run.name, scenario, attempt), "scenario-run", labels),
        "spec": run_spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }


def is_made(run: BenchmarkRun, child: KubeObject) -> bool:
    """Whether a marked ScenarioRun is one that the BenchmarkRun creates; an owner reference is no proof."""
    spec = child["spec"]
    scenario, attempt = str((spec.get("scenarioRef") or {}).get("name")), spec.get("attempt", 1)
    if scenario not in (run.status.scenarios or ()) or not 1 <= attempt <= attempts(run.spec, run.status):
        return False
    wanted = scenario_run(run, scenario, attempt)
    is_same = run_content.is_same(
        child, own_part(run, scenario, attempt), run_content.common_hash(wanted["spec"])
    )
    return bool(wanted["metadata"]["name"] == child["metadata"]["name"] and is_same)
