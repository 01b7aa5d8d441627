"""Which scenarios a BenchmarkRun runs or scores again; fixed when it starts."""

from __future__ import annotations

from typing import NamedTuple

from assay.api.benchmark import Benchmark
from assay.api.benchmarkrun import BenchmarkRun, PreviousScore
from assay.api.conditions import is_finished
from assay.api.reasons import BenchmarkRunReason, ReferenceReason
from assay.reconcile.common.context import Context
from assay.reconcile.common.text import listed
from assay.reconcile.references.agents import resolve_agent
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.references.scenarios import is_validated
from assay.specs import scenario_run


class Scope(NamedTuple):
    """What a BenchmarkRun runs."""

    scenarios: list[str]
    previous_score: PreviousScore | None = None
    """The score of the BenchmarkRun that it scores again."""


def scope_of(ctx: Context, run: BenchmarkRun) -> Scope:
    """The scenarios of its Benchmark, or of the run to score again. ReferenceNotReady, InvalidReference."""
    spec = run.spec
    if spec.rescore:
        return _of_earlier(ctx, run.namespace, spec.rescore.benchmark_run_ref.name)
    # The schema sees to it: benchmarkRef or rescore, and agent with benchmarkRef.
    assert spec.benchmark_ref is not None
    assert spec.agent is not None
    resolve_agent(ctx, run.namespace, spec.agent)  # does it exist?
    return _of_benchmark(ctx, run.namespace, spec.benchmark_ref.name)


def _of_benchmark(ctx: Context, namespace: str, name: str) -> Scope:
    found = ctx.cache.get("Benchmark", namespace, name)
    if found is None:
        message = f"there is no Benchmark {name} in namespace {namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.BENCHMARK_NOT_FOUND, message)
    benchmark = Benchmark.parse(found)
    scenarios = {ref.name: ctx.cache.get("Scenario", namespace, ref.name) for ref in benchmark.spec.scenarios}
    if not scenarios:
        cure = "add some to its spec.scenarios and create another run"
        raise InvalidReference(
            BenchmarkRunReason.BENCHMARK_EMPTY, f"Benchmark {name} names no scenarios: {cure}"
        )
    if missing := [one for one, scenario in scenarios.items() if scenario is None]:
        message = f"Benchmark {name} names scenarios to create: {listed(missing)}"
        raise ReferenceNotReady(ReferenceReason.SCENARIO_NOT_FOUND, message)
    unvalidated = [one for one, scenario in scenarios.items() if scenario and not is_validated(scenario)]
    if benchmark.spec.require_validated and unvalidated:
        cure = f"see the condition Validated of {listed(unvalidated)}"
        message = f"Benchmark {name} requires validated scenarios: {cure}"
        raise ReferenceNotReady(BenchmarkRunReason.SCENARIOS_NOT_VALIDATED, message)
    return Scope(list(scenarios))


def _of_earlier(ctx: Context, namespace: str, name: str) -> Scope:
    found = ctx.cache.get("BenchmarkRun", namespace, name)
    if found is None:
        message = f"there is no BenchmarkRun {name} in namespace {namespace}: name one that exists"
        raise ReferenceNotReady(ReferenceReason.BENCHMARK_RUN_NOT_FOUND, message)
    earlier = BenchmarkRun.parse(found)
    if not is_finished(earlier.status.conditions):
        message = f"BenchmarkRun {name} has not ended yet"
        raise ReferenceNotReady(ReferenceReason.BENCHMARK_RUN_NOT_FINISHED, message)
    if not earlier.status.scenarios:
        message = f"BenchmarkRun {name} ran no scenarios: name another"
        raise InvalidReference(BenchmarkRunReason.NOTHING_TO_RESCORE, message)
    previous_score = PreviousScore(
        benchmark_run=name,
        attempts=scenario_run.attempts(earlier.spec, earlier.status),
        score=earlier.status.score,
        pass_rate=earlier.status.pass_rate,
    )
    return Scope(earlier.status.scenarios, previous_score)
