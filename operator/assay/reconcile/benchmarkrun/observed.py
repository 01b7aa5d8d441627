"""What a BenchmarkRun depends on once it has started, as the cache has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.api.benchmarkrun import BenchmarkRun
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context


@dataclass(frozen=True, slots=True)
class Observed:
    """The runs of a BenchmarkRun, and the scores to compare them with."""

    children: Sequence[KubeObject] = ()
    """The ScenarioRuns that it owns."""
    earlier_scores: Mapping[str, float | None] = field(default_factory=dict)
    """The scores of the BenchmarkRun that it scores again, by the names of that one's ScenarioRuns."""


def observe(ctx: Context, run: BenchmarkRun) -> Observed:
    """What the cache has now."""
    return Observed(ctx.cache.children("ScenarioRun", run.uid), _earlier_scores(ctx, run))


def _earlier_scores(ctx: Context, run: BenchmarkRun) -> dict[str, float | None]:
    if run.spec.rescore is None:
        return {}
    earlier = ctx.cache.get("BenchmarkRun", run.namespace, run.spec.rescore.benchmark_run_ref.name)
    scored = ctx.cache.children("ScenarioRun", earlier["metadata"]["uid"]) if earlier else []
    return {one["metadata"]["name"]: (one.get("status") or {}).get("score") for one in scored}
