"""What a run uses, fixed when it starts: scenario, scorers, image or disk, and agent, as they are at that moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from assay.api.agent import AgentSpec, RunAgent
from assay.api.blueprint import BlueprintImage
from assay.api.disk import RootFilesystem
from assay.api.scenario import Environment, ScenarioSpec
from assay.api.scenariorun import DryRun, PinnedRun, PinnedScorer, ScenarioRunSpec
from assay.api.scoring import ScoringContract, ScoringFunction

from . import images, keptdisks, scorer_refs
from .content import content_hash
from .context import Context
from .images import NotAvailable
from .keptdisks import Impossible

DRY_RUN_FUNCTION = "scorer"


OfReference = Callable[[Context, str], Awaitable[BlueprintImage]]
"""An image in a registry by its name: as it is now, or as it was not long ago (module images)."""


class Base(NamedTuple):
    """What a devbox begins from."""

    image: BlueprintImage
    root_filesystem: RootFilesystem
    disk_snapshot: str | None = None


async def pin(ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec) -> PinnedRun:
    """Resolve every reference of a run. NotAvailable: not yet. Impossible: never."""
    namespace = run["metadata"]["namespace"]
    scenario, generation = _scenario(ctx, namespace, spec)
    agent, agent_name, agent_generation = _agent(ctx, namespace, spec)
    if agent and agent.type == "Reference" and scenario.reference_output is None:
        name = spec.scenario_ref.name if spec.scenario_ref else ""
        raise Impossible(
            "NoReferenceOutput", f"Scenario {name} has no referenceOutput for a Reference agent to apply"
        )
    base = await _base(ctx, run, spec, scenario.environment)
    contract = scenario.scoring_contract
    functions, function_images, scorers = await functions_of(ctx, namespace, scenario, images.of_reference)
    hashed = content_hash(scenario, functions, base.image.reference, base.root_filesystem)
    return PinnedRun(
        scenario_generation=generation,
        scenario_hash=hashed,
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


def resolve_agent(ctx: Context, namespace: str, agent: RunAgent) -> tuple[AgentSpec, str | None, int | None]:
    """The agent a run means, with name and generation where it is an Agent object."""
    if agent.ref is None:
        return AgentSpec.model_validate(agent.model_dump(exclude={"ref"}, exclude_none=True)), None, None
    name = agent.ref.name
    found = ctx.store.get("Agent", namespace, name)
    if found is None:
        raise NotAvailable("AgentNotFound", f"there is no Agent {name} in namespace {namespace}: create it")
    return AgentSpec.model_validate(found["spec"]), name, found["metadata"].get("generation", 1)


def _scenario(ctx: Context, namespace: str, spec: ScenarioRunSpec) -> tuple[ScenarioSpec, int]:
    """The scenario with its generation; of a dry run one made up for it."""
    if spec.dry_run:
        return _made_up(spec.dry_run), 0
    assert spec.scenario_ref is not None
    name = spec.scenario_ref.name
    found = ctx.store.get("Scenario", namespace, name)
    if found is None:
        raise NotAvailable(
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
        return _from_snapshot(ctx, namespace, keptdisks.to_rescore(ctx, run, spec.rescore))
    return await base_of(ctx, namespace, environment, images.of_reference)


async def base_of(ctx: Context, namespace: str, environment: Environment, of_reference: OfReference) -> Base:
    """What a devbox of this environment begins from; an image in a registry is what `of_reference` says."""
    if environment.disk_snapshot_ref:
        return _from_snapshot(ctx, namespace, environment.disk_snapshot_ref.name)
    if environment.blueprint_ref:
        image = images.of_blueprint(ctx, namespace, environment.blueprint_ref.name)
    else:
        image = await of_reference(ctx, environment.image or "")
    return Base(image, environment.root_filesystem)


async def functions_of(
    ctx: Context, namespace: str, scenario: ScenarioSpec, of_reference: OfReference
) -> tuple[list[ScoringFunction], dict[str, BlueprintImage], list[PinnedScorer]]:
    """The contract's functions as their Scorers make them, images of their own by digest; these images, by
    function; the Scorers. NotAvailable, Impossible: as of `scorer_refs.resolve`, and for images.
    """
    functions, scorers = scorer_refs.resolve(
        scenario.scoring_contract.scoring_functions, lambda name: ctx.store.get("Scorer", namespace, name)
    )
    found = {f.name: await of_reference(ctx, f.image) for f in functions if f.image}
    by_digest = [
        f.model_copy(update={"image": found[f.name].reference}) if f.name in found else f for f in functions
    ]
    return by_digest, found, scorers


def _from_snapshot(ctx: Context, namespace: str, name: str) -> Base:
    disk = keptdisks.named(ctx, namespace, name)
    assert disk.image is not None
    return Base(disk.image, disk.root_filesystem or "Auto", name)
