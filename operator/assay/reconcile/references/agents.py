"""The agent that a run refers to."""

from __future__ import annotations

from assay.api.agent import AgentSpec, RunAgent
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import ReferenceNotReady


def resolve_agent(ctx: Context, namespace: str, agent: RunAgent) -> tuple[AgentSpec, str | None, int | None]:
    """The agent a run means, with name and generation where it is an Agent object."""
    if agent.ref is None:
        return AgentSpec.model_validate(agent.model_dump(exclude={"ref"}, exclude_none=True)), None, None
    name = agent.ref.name
    found = ctx.cache.get("Agent", namespace, name)
    if found is None:
        raise ReferenceNotReady(
            "AgentNotFound", f"there is no Agent {name} in namespace {namespace}: create it"
        )
    return AgentSpec.model_validate(found["spec"]), name, found["metadata"].get("generation", 1)
