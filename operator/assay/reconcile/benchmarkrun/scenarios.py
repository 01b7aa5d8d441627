"""Which scenarios a BenchmarkRun runs or scores again, fixed when it starts."""

from __future__ import annotations

from assay.api.benchmark import BenchmarkSpec
from assay.api.benchmarkrun import BenchmarkRunSpec, BenchmarkRunStatus, PreviousScore
from assay.reconcile.common.context import Context
from assay.reconcile.common.text import listed
from assay.reconcile.references.agents import resolve_agent
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.references.scenarios import is_validated


def scope(ctx: Context, namespace: str, spec: BenchmarkRunSpec) -> tuple[list[str], PreviousScore | None]:
    """The scenarios, and the run to score again if it is that. ReferenceNotReady: not yet. InvalidReference: never."""
    if spec.rescore:
        return _of_earlier(ctx, namespace, spec.rescore.benchmark_run_ref.name)
    assert spec.benchmark_ref is not None
    assert spec.agent is not None
    resolve_agent(ctx, namespace, spec.agent)
    return _of_benchmark(ctx, namespace, spec.benchmark_ref.name), None


def earlier_scores(ctx: Context, namespace: str, spec: BenchmarkRunSpec) -> dict[str, float | None]:
    """The scores of the run that is scored again, by the name of its ScenarioRun."""
    if spec.rescore is None:
        return {}
    earlier = ctx.cache.get("BenchmarkRun", namespace, spec.rescore.benchmark_run_ref.name)
    runs = ctx.cache.children("ScenarioRun", earlier["metadata"]["uid"]) if earlier else []
    return {run["metadata"]["name"]: (run.get("status") or {}).get("score") for run in runs}


def _of_benchmark(ctx: Context, namespace: str, name: str) -> list[str]:
    benchmark = ctx.cache.get("Benchmark", namespace, name)
    if benchmark is None:
        raise ReferenceNotReady(
            "BenchmarkNotFound", f"there is no Benchmark {name} in namespace {namespace}: create it"
        )
    spec = BenchmarkSpec.model_validate(benchmark["spec"])
    found = {ref.name: ctx.cache.get("Scenario", namespace, ref.name) for ref in spec.scenarios}
    if not found:
        raise InvalidReference(
            "BenchmarkEmpty",
            f"Benchmark {name} names no scenarios: add some to its spec.scenarios and create another run",
        )
    if missing := [one for one, scenario in found.items() if scenario is None]:
        raise ReferenceNotReady(
            "ScenarioNotFound", f"Benchmark {name} names scenarios to create: {listed(missing)}"
        )
    unproved = [one for one, scenario in found.items() if scenario and not is_validated(scenario)]
    if spec.require_validated and unproved:
        raise ReferenceNotReady(
            "ScenariosNotValidated",
            f"Benchmark {name} requires validated scenarios: see the condition Validated of {listed(unproved)}",
        )
    return list(found)


def _of_earlier(ctx: Context, namespace: str, name: str) -> tuple[list[str], PreviousScore]:
    earlier = ctx.cache.get("BenchmarkRun", namespace, name)
    if earlier is None:
        message = f"there is no BenchmarkRun {name} in namespace {namespace}: name one that exists"
        raise ReferenceNotReady("BenchmarkRunNotFound", message)
    status = BenchmarkRunStatus.model_validate(earlier.get("status") or {})
    if status.completion_time is None:
        raise ReferenceNotReady("BenchmarkRunNotFinished", f"BenchmarkRun {name} has not ended yet")
    if not status.scenarios:
        raise InvalidReference("NothingToRescore", f"BenchmarkRun {name} ran no scenarios: name another")
    spec = BenchmarkRunSpec.model_validate(earlier["spec"])
    previous_score = PreviousScore(
        benchmark_run=name,
        attempts=status.previous_score.attempts if status.previous_score else spec.attempts,
        score=status.score,
        pass_rate=status.pass_rate,
    )
    return status.scenarios, previous_score
