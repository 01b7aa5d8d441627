"""Benchmark: count its scenarios and name those that are missing, not ready or not validated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from assay.api.benchmark import Benchmark, BenchmarkStatus
from assay.api.conditions import NewCondition, false, true
from assay.api.reasons import DefinitionReason, ReferenceReason
from assay.api.unparsed import holds
from assay.engine.cache import Key
from assay.kube_object import KubeObject
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.readiness import READY, is_news, set_ready
from assay.reconcile.common.text import listed
from assay.reconcile.references.scenarios import is_validated


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Report whether every scenario of the benchmark can be run."""
    found = get_live(ctx, key)
    if found is None:
        return None
    benchmark = Benchmark.parse(found)
    named = {ref.name: ctx.cache.get("Scenario", key.namespace, ref.name) for ref in benchmark.spec.scenarios}
    decision = decide(benchmark, named, ctx.now())
    decision = ctx.status_rate.limit(benchmark.uid, decision, is_news(benchmark.status, decision.status))
    return await apply(ctx, benchmark, decision, blocked_condition=READY)


def decide(benchmark: Benchmark, scenarios: Mapping[str, KubeObject | None], now: datetime) -> Decision:
    """The benchmark's status; `scenarios` by name, None where there is no such scenario."""
    missing = [name for name, scenario in scenarios.items() if scenario is None]
    unready = [name for name, scenario in scenarios.items() if scenario and not holds(scenario, READY)]
    unvalidated = [name for name, scenario in scenarios.items() if scenario and not is_validated(scenario)]
    status: BenchmarkStatus = benchmark.status.model_copy()
    status.scenarios, status.missing = len(scenarios), len(missing)
    status.ready = len(scenarios) - len(missing) - len(unready)
    status.validated = len(scenarios) - len(missing) - len(unvalidated)
    set_ready(benchmark, status, _ready(benchmark, missing, unready, unvalidated), now)
    return Decision(status)


def _ready(
    benchmark: Benchmark, missing: list[str], unready: list[str], unvalidated: list[str]
) -> NewCondition:
    if not benchmark.spec.scenarios:
        return false(READY, DefinitionReason.EMPTY, "add scenarios to spec.scenarios")
    if missing:
        return false(READY, ReferenceReason.SCENARIO_NOT_FOUND, f"create {listed(missing)}")
    if unready:
        return false(READY, DefinitionReason.SCENARIO_NOT_READY, f"see {listed(unready)}")
    if benchmark.spec.require_validated and unvalidated:
        message = f"see the condition Validated of {listed(unvalidated)}"
        return false(READY, DefinitionReason.SCENARIO_NOT_VALIDATED, message)
    return true(READY, DefinitionReason.SCENARIOS_READY)
