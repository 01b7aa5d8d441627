"""Agent: an Agent that passed the schema can be used."""

from __future__ import annotations

from assay.api.agent import Agent
from assay.api.conditions import true
from assay.api.reasons import DefinitionReason
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.readiness import READY, set_ready


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Report that the agent can be used."""
    found = get_live(ctx, key)
    if found is None:
        return None
    agent = Agent.parse(found)
    status = agent.status.model_copy()
    set_ready(agent, status, true(READY, DefinitionReason.ACCEPTED), ctx.now())
    return await apply(ctx, agent, Decision(status), blocked_condition=READY)
