"""What a run uses, fixed when it starts: scenario, scorers, image or disk, and agent, as they are at that moment."""

from __future__ import annotations

from typing import Any

from assay.api.agent import AgentSpec
from assay.api.scenario import Environment, ScenarioSpec
from assay.api.scenariorun import DryRun, PinnedRun, ScenarioRunSpec
from assay.api.scoring import ScoringContract, ScoringFunction
from assay.reconcile.common.context import Context
from assay.reconcile.references import images
from assay.reconcile.references.agents import resolve_agent
from assay.reconcile.references.content_hash import content_hash
from assay.reconcile.references.environment import Base, base_of, base_of_snapshot, functions_of
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import rescore

DRY_RUN_FUNCTION = "scorer"


async def pin(ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec) -> PinnedRun:
    """Resolve every reference of a run. ReferenceNotReady: not yet. InvalidReference: never."""
    namespace = run["metadata"]["namespace"]
    scenario, generation = _scenario(ctx, namespace, spec)
    agent, agent_name, agent_generation = _agent(ctx, namespace, spec)
    if agent and agent.type == "Reference" and scenario.reference_output is None:
        name = spec.scenario_ref.name if spec.scenario_ref else ""
        raise InvalidReference(
            "NoReferenceOutput", f"Scenario {name} has no referenceOutput for a Reference agent to apply"
        )
    base = await _base(ctx, run, spec, scenario.environment)
    contract = scenario.scoring_contract
    functions, function_images, scorers = await functions_of(ctx, namespace, scenario, images.of_reference)
    hashed = content_hash(scenario, functions, base.image.reference, base.root_filesystem)
    return PinnedRun(
        scenario_generation=generation,
        content_hash=hashed,
        scenario=scenario.model_copy(
            update={"scoring_contract": contract.model_copy(update={"scoring_functions": functions})}
        ),
        image=base.image,
        function_images=function_images or None,
        scorers=scorers or None,
        disk_snapshot=base.disk_snapshot,
        root_filesystem=base.root_filesystem,
        agent_name=agent_name,
        agent_generation=agent_generation,
        agent=agent,
    )


def _scenario(ctx: Context, namespace: str, spec: ScenarioRunSpec) -> tuple[ScenarioSpec, int]:
    """The scenario with its generation; of a dry run one made up for it."""
    if spec.dry_run:
        return _made_up(spec.dry_run), 0
    assert spec.scenario_ref is not None
    name = spec.scenario_ref.name
    found = ctx.cache.get("Scenario", namespace, name)
    if found is None:
        raise ReferenceNotReady(
            "ScenarioNotFound", f"there is no Scenario {name} in namespace {namespace}: create it"
        )
    return ScenarioSpec.model_validate(found["spec"]), found["metadata"].get("generation", 1)


def _made_up(dry_run: DryRun) -> ScenarioSpec:
    function = ScoringFunction(name=DRY_RUN_FUNCTION, type="Custom", custom=dry_run.scorer)
    return ScenarioSpec(
        problem_statement=f"Try Scorer {dry_run.scorer.scorer_ref.name}.",
        environment=dry_run.environment,
        scoring_contract=ScoringContract(scoring_functions=[function]),
    )


def _agent(
    ctx: Context, namespace: str, spec: ScenarioRunSpec
) -> tuple[AgentSpec | None, str | None, int | None]:
    """None where a disk is scored that is there already; an untouched environment is what Nop leaves."""
    if spec.agent:
        return resolve_agent(ctx, namespace, spec.agent)
    if spec.dry_run and spec.dry_run.environment.disk_snapshot_ref is None:
        return AgentSpec(type="Nop"), None, None
    return None, None, None


async def _base(ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, environment: Environment) -> Base:
    namespace = run["metadata"]["namespace"]
    if spec.rescore:
        return base_of_snapshot(ctx, namespace, rescore.to_rescore(ctx, run, spec.rescore))
    return await base_of(ctx, namespace, environment, images.of_reference)
