"""What a run uses, fixed when it starts: scenario, scorers, image or disk, and agent, as they are at that moment."""

from __future__ import annotations

from assay.api.agent import AgentSpec
from assay.api.meta import given
from assay.api.reasons import ReferenceReason, ScenarioRunReason
from assay.api.scenario import Environment, Scenario, ScenarioSpec
from assay.api.scenariorun import DryRun, PinnedRun, ScenarioRun
from assay.api.scoring import ScoringContract, ScoringFunction
from assay.reconcile.common.context import Context
from assay.reconcile.references import config_maps, images
from assay.reconcile.references.agents import ResolvedAgent, resolve_agent
from assay.reconcile.references.content_hash import content_hash
from assay.reconcile.references.environment import Base, base_of, base_of_snapshot, functions_of
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import rescore

DRY_RUN_FUNCTION = "scorer"


async def pin(ctx: Context, run: ScenarioRun) -> PinnedRun:
    """Resolve every reference of a run. ReferenceNotReady: not yet. InvalidReference: never."""
    scenario, generation = _scenario(ctx, run)
    agent = _agent(ctx, run)
    if agent and agent.spec.type == "Reference" and scenario.reference_output is None:
        name = run.spec.scenario_ref.name if run.spec.scenario_ref else ""
        message = f"Scenario {name} has no referenceOutput for a Reference agent to apply"
        raise InvalidReference(ScenarioRunReason.NO_REFERENCE_OUTPUT, message)
    base = await _base(ctx, run, scenario.environment)
    functions = await functions_of(ctx, run.namespace, scenario, images.of_reference)
    await config_maps.check(ctx, run.namespace, functions.functions)
    contract = scenario.scoring_contract.model_copy(update={"scoring_functions": functions.functions})
    return PinnedRun(
        scenario_generation=generation,
        content_hash=content_hash(scenario, functions.functions, base.image.reference, base.root_filesystem),
        scenario=scenario.model_copy(update={"scoring_contract": contract}),
        image=base.image,
        function_images=functions.images or None,
        scorers=functions.scorers or None,
        disk_snapshot=base.disk_snapshot,
        root_filesystem=base.root_filesystem,
        agent_name=agent.name if agent else None,
        agent_generation=agent.generation if agent else None,
        agent=agent.spec if agent else None,
    )


def _scenario(ctx: Context, run: ScenarioRun) -> tuple[ScenarioSpec, int]:
    """The scenario with its generation; a dry run gets one made of its scorer and environment, of generation 0."""
    if run.spec.dry_run:
        return _of_dry_run(run.spec.dry_run), 0
    name = given(run.spec.scenario_ref).name
    found = ctx.cache.get("Scenario", run.namespace, name)
    if found is None:
        message = f"there is no Scenario {name} in namespace {run.namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.SCENARIO_NOT_FOUND, message)
    scenario = Scenario.parse(found)
    return scenario.spec, scenario.generation


def _of_dry_run(dry_run: DryRun) -> ScenarioSpec:
    function = ScoringFunction(name=DRY_RUN_FUNCTION, type="Custom", custom=dry_run.scorer)
    return ScenarioSpec(
        problem_statement=f"Try Scorer {dry_run.scorer.scorer_ref.name}.",
        environment=dry_run.environment,
        scoring_contract=ScoringContract(scoring_functions=[function]),
    )


def _agent(ctx: Context, run: ScenarioRun) -> ResolvedAgent | None:
    """The run's agent; None where a kept disk is scored. In a dry run, Nop leaves an untouched environment."""
    if run.spec.agent:
        return resolve_agent(ctx, run.namespace, run.spec.agent)
    if run.spec.dry_run and run.spec.dry_run.environment.disk_snapshot_ref is None:
        return ResolvedAgent(AgentSpec(type="Nop"))
    return None


async def _base(ctx: Context, run: ScenarioRun, environment: Environment) -> Base:
    if run.spec.rescore:
        return base_of_snapshot(ctx, run.namespace, rescore.snapshot_to_score(ctx, run, run.spec.rescore))
    return await base_of(ctx, run.namespace, environment, images.of_reference)
