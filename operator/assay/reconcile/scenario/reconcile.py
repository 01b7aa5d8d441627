"""Scenario: resolve what it refers to, hash its content, and validate it by runs."""

from __future__ import annotations

from contextlib import nullcontext

from assay.api.condition_types import ConditionType
from assay.api.scenario import Scenario, ScenarioSpec
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import get_live
from assay.reconcile.references import images
from assay.reconcile.references.content_hash import content_hash
from assay.reconcile.references.environment import base_of, functions_of
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from .observed import is_requested, observe
from .validation import decide, decide_unready


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Report whether the scenario can be run, and start the runs that validate it."""
    found = get_live(ctx, key)
    if found is None:
        return None
    scenario = Scenario.parse(found)
    # Resolve all that the scenario refers to; without it, its content is unknown.
    try:
        content = await content_of(ctx, scenario.namespace, scenario.spec)
    except (ReferenceNotReady, InvalidReference) as error:
        unready = decide_unready(scenario, error, ctx.now())
        return await apply(ctx, scenario, unready, blocked_condition=ConditionType.READY)
    # Between counting the unfinished validation runs and starting more, no other scenario may do so.
    async with ctx.validating if is_requested(ctx, scenario) else nullcontext():
        decision = decide(scenario, observe(ctx, scenario, content), ctx.now())
        if decision.delete:
            # The outdated run may have pinned a newer image than the remembered one: read it again next time.
            ctx.known_images.clear()
        return await apply(ctx, scenario, decision, blocked_condition=ConditionType.VALIDATED)


async def content_of(ctx: Context, namespace: str, spec: ScenarioSpec) -> str:
    """The content hash that a run would pin which starts now. ReferenceNotReady, InvalidReference: none can."""
    base = await base_of(ctx, namespace, spec.environment, images.recent)
    resolved = await functions_of(ctx, namespace, spec, images.recent)
    return content_hash(spec, resolved.functions, base.image.reference, base.root_filesystem)
