"""Scenario: whether it can be run, what its content is, and whether that is proved valid."""

from __future__ import annotations

from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.scenario import Scenario, ScenarioSpec, ScenarioStatus
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.readiness import READY, set_ready
from assay.reconcile.references import images
from assay.reconcile.references.content_hash import content_hash
from assay.reconcile.references.environment import base_of, functions_of
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import validation


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Say whether all that it refers to is there; begin the runs that prove it when it is its turn."""
    scenario = get_live(ctx, key)
    if scenario is None:
        return None
    typed = Scenario.parse(scenario)
    spec, status = typed.spec, typed.status.model_copy()
    try:
        content = await content_of(ctx, key.namespace, spec)
    except (ReferenceNotReady, InvalidReference) as why:
        set_ready(typed, status, false(READY, why.reason, why.message), ctx.now())
        validation.withdraw(scenario, status, ctx.now())
        retry = why.retry if isinstance(why, ReferenceNotReady) else None
        return await apply(ctx, scenario, Decision(status, requeue=retry), blocked_condition=READY)
    set_ready(typed, status, true(READY, "ReferencesResolved"), ctx.now())
    status.content_hash = content
    decision = _outcome(ctx, scenario, spec, status, content)
    if not decision.create:
        return await apply(ctx, scenario, decision, blocked_condition=ConditionType.VALIDATED)
    async with ctx.validating:  # counting and creating must not be interleaved with another scenario's
        return await apply(
            ctx,
            scenario,
            _outcome(ctx, scenario, spec, status, content),
            blocked_condition=ConditionType.VALIDATED,
        )


async def content_of(ctx: Context, namespace: str, spec: ScenarioSpec) -> str:
    """The hash that a run pins which starts now. ReferenceNotReady, InvalidReference: none can."""
    base = await base_of(ctx, namespace, spec.environment, images.recent)
    resolved = await functions_of(ctx, namespace, spec, images.recent)
    return content_hash(spec, resolved.functions, base.image.reference, base.root_filesystem)


def _outcome(
    ctx: Context, scenario: dict[str, Any], spec: ScenarioSpec, status: ScenarioStatus, content: str
) -> Decision:
    cache, metadata, status = ctx.cache, scenario["metadata"], status.model_copy(deep=True)
    namespace, name = metadata["namespace"], metadata["name"]
    next_step = validation.step(
        scenario,
        spec,
        status,
        content,
        cache.children("ScenarioRun", metadata["uid"]),
        validation.is_requested(spec, cache.find("Benchmark", "scenario", (namespace, name))),
        validation.places(
            cache.find("ScenarioRun", "unfinished-validation", True),
            namespace,
            ctx.settings.validation_parallelism,
        ),
        ctx.now(),
    )
    if next_step.delete:
        ctx.known_images.clear()  # a run may have pinned another image than we remember
    return Decision(status, next_step.create, delete=next_step.delete, requeue=next_step.requeue)
