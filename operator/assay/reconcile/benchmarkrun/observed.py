"""What a BenchmarkRun depends on once it has started, as the cache has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.api.benchmarkrun import BenchmarkRun
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context

from .made_runs import sort_children, wanted_runs


@dataclass(frozen=True, slots=True)
class Observed:
    """The runs of a BenchmarkRun, and those to compare them with."""

    children: Sequence[KubeObject] = ()
    """The ScenarioRuns that it owns."""
    earlier: Mapping[str, KubeObject] = field(default_factory=dict)
    """The ScenarioRuns of the BenchmarkRun that it scores again, by name."""


def observe(ctx: Context, run: BenchmarkRun) -> Observed:
    """What the cache has now."""
    return Observed(ctx.cache.children("ScenarioRun", run.uid), _earlier(ctx, run))


def _earlier(ctx: Context, run: BenchmarkRun) -> dict[str, KubeObject]:
    if run.spec.rescore is None:
        return {}
    found = ctx.cache.get("BenchmarkRun", run.namespace, run.spec.rescore.benchmark_run_ref.name)
    if found is None:
        return {}
    earlier = BenchmarkRun.parse(found)
    children = ctx.cache.children("ScenarioRun", earlier.uid)
    made, _ = sort_children(earlier, children, wanted_runs(earlier))
    return {one["metadata"]["name"]: one for one in made}
