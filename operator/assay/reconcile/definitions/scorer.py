"""Scorer: check the schema of its parameters and list the scenarios that use it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay.api.conditions import NewCondition, false, true
from assay.api.reasons import DefinitionReason
from assay.api.scorer import Scorer
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.readiness import READY, is_news, set_ready
from assay.reconcile.references import scorer_parameters

USED_BY_MAX = 100


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Report whether the scorer can be used, and which scenarios use it."""
    found = get_live(ctx, key)
    if found is None:
        return None
    scorer = Scorer.parse(found)
    users = ctx.cache.find("Scenario", "scorer", (key.namespace, key.name))
    decision = decide(scorer, sorted(str(one["metadata"]["name"]) for one in users), ctx.now())
    decision = ctx.status_rate.limit(scorer.uid, decision, is_news(scorer.status, decision.status))
    return await apply(ctx, scorer, decision, blocked_condition=READY)


def decide(scorer: Scorer, users: Sequence[str], now: datetime) -> Decision:
    """The scorer's status; `users` are the names of the scenarios that use it."""
    status = scorer.status.model_copy()
    status.users, status.used_by = len(users), list(users[:USED_BY_MAX]) or None
    set_ready(scorer, status, _ready(scorer), now)
    return Decision(status)


def _ready(scorer: Scorer) -> NewCondition:
    try:
        scorer_parameters.check_schema(scorer.spec.parameters_schema or {})
    except scorer_parameters.SchemaInvalid as error:
        return false(READY, DefinitionReason.SCHEMA_INVALID, str(error))
    return true(READY, DefinitionReason.ACCEPTED)
