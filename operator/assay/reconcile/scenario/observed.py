"""What a scenario's validation depends on, as the cache has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.api.scenario import Scenario
from assay.api.unparsed import controller, is_controlled_by
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.specs import validation_run

from .places import Places, places


@dataclass(frozen=True, slots=True)
class Observed:
    """A scenario's content and runs, and whether more runs are wanted and possible."""

    content: str
    """The hash of the scenario's content as it is now."""
    runs: Sequence[KubeObject]
    """The ScenarioRuns that the scenario owns: validation runs of this content, or of an earlier one."""
    is_requested: bool
    """Whether the scenario is to be validated."""
    places: Places
    """How many more runs may start."""


def observe(ctx: Context, scenario: Scenario, content: str) -> Observed:
    """What the cache has now."""
    candidates = ctx.cache.find("ScenarioRun", "unfinished-validation", True)
    unfinished = [run for run in candidates if _is_made(ctx, run)]
    return Observed(
        content=content,
        runs=ctx.cache.children("ScenarioRun", scenario.uid),
        is_requested=is_requested(ctx, scenario),
        places=places(unfinished, scenario.namespace, ctx.settings.validation_parallelism),
    )


def is_requested(ctx: Context, scenario: Scenario) -> bool:
    """Whether the scenario is to be validated: by its own mode, or because a Benchmark requires it."""
    mode = scenario.spec.validation.mode
    if mode != "OnDemand":
        return mode == "Always"
    benchmarks = ctx.cache.find("Benchmark", "scenario", (scenario.namespace, scenario.name))
    return any(one["spec"].get("requireValidated") for one in benchmarks)


def _is_made(ctx: Context, run: KubeObject) -> bool:
    """Whether a scenario made the run. Others take no place: people could keep all validation waiting with them."""
    owner = controller(run)
    found = ctx.cache.get("Scenario", run["metadata"]["namespace"], owner["name"]) if owner else None
    if found is None or not is_controlled_by(run, found["metadata"]["uid"]):
        return False
    scenario = Scenario.parse(found)
    pinned = (run.get("status") or {}).get("pinned") or {}
    content = pinned.get("contentHash") or scenario.status.content_hash
    return bool(content and validation_run.agent_of(scenario, content, run))
