"""What a run uses, fixed when it starts: scenario, image and agent as they are at that moment."""

from __future__ import annotations

from typing import Any

from assay.api.agent import AgentSpec, RunAgent
from assay.api.blueprint import BlueprintImage
from assay.api.scenario import ScenarioSpec
from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.build import names

from . import images
from .context import Context
from .images import NotAvailable


class Impossible(Exception):
    """The run cannot ever work as it is; what it refers to exists."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


async def pin(ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec) -> PinnedRun:
    """Resolve every reference of a run. NotAvailable: not yet. Impossible: never."""
    namespace = run["metadata"]["namespace"]
    name = spec.scenario_ref.name
    found = ctx.store.get("Scenario", namespace, name)
    if found is None:
        raise NotAvailable(
            "ScenarioNotFound", f"there is no Scenario {name} in namespace {namespace}: create it"
        )
    agent, agent_name, agent_generation = resolve_agent(ctx, namespace, spec.agent)
    scenario = ScenarioSpec.model_validate(found["spec"])
    if agent.type == "Reference" and scenario.reference_output is None:
        raise Impossible(
            "NoReferenceOutput", f"Scenario {name} has no referenceOutput for a Reference agent to apply"
        )
    image = await _image(ctx, namespace, scenario)
    return PinnedRun(
        scenario_generation=found["metadata"].get("generation", 1),
        scenario_hash=names.content_hash([found["spec"], image.reference]),
        scenario=scenario,
        image=image,
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


async def _image(ctx: Context, namespace: str, scenario: ScenarioSpec) -> BlueprintImage:
    environment = scenario.environment
    if environment.blueprint_ref:
        return images.of_blueprint(ctx, namespace, environment.blueprint_ref.name)
    return await images.of_reference(ctx, environment.image or "")
