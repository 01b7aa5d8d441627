"""The agent that a run refers to."""

from __future__ import annotations

from typing import NamedTuple

from assay.api.agent import Agent, AgentSpec, RunAgent
from assay.api.reasons import ReferenceReason
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import ReferenceNotReady


class ResolvedAgent(NamedTuple):
    """An agent as it is now; name and generation are those of the Agent object, if it is one."""

    spec: AgentSpec
    name: str | None = None
    generation: int | None = None


def resolve_agent(ctx: Context, namespace: str, agent: RunAgent) -> ResolvedAgent:
    """The agent of a run: the run's own, or the Agent that it names. ReferenceNotReady: AgentNotFound."""
    if agent.ref is None:
        return ResolvedAgent(AgentSpec.model_validate(agent.model_dump(exclude={"ref"}, exclude_none=True)))
    name = agent.ref.name
    found = ctx.cache.get("Agent", namespace, name)
    if found is None:
        message = f"there is no Agent {name} in namespace {namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.AGENT_NOT_FOUND, message)
    named = Agent.parse(found)
    return ResolvedAgent(named.spec, named.name, named.generation)
