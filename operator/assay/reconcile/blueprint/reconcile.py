"""Blueprint: find the image of its content in the registry, or build it; report digest and configuration."""

from __future__ import annotations

from datetime import datetime

from assay.api.blueprint import Blueprint
from assay.api.conditions import set_condition
from assay.engine.cache import Key
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.settings import Settings

from . import in_use
from .image_step import READY, next_step
from .observed import Observed, observe


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one blueprint nearer to an image."""
    found = ctx.cache.get("Blueprint", key.namespace, key.name)
    if found is None:
        return None
    blueprint = Blueprint.parse(found)
    # Read what needs the blueprint. Its finalizer comes first: the patch reconciles the blueprint again.
    needed_by = in_use.needed_by(ctx, blueprint)
    decision = in_use.guard(blueprint, needed_by)
    if decision is None:
        # Read the build context, the build, and what the registry has.
        observed = await observe(ctx, blueprint, needed_by)
        decision = decide(blueprint, observed, ctx.settings, ctx.now())
    return await apply(ctx, blueprint, decision, blocked_condition=READY)


def decide(blueprint: Blueprint, observed: Observed, settings: Settings, now: datetime) -> Decision:
    """The blueprint's status, and the Job to create if there is something to build."""
    status = in_use.reported(blueprint, observed.needed_by, now)
    if observed.is_settled:
        return Decision(status)
    if observed.content and observed.content.hash != status.content_hash:
        status.content_hash, status.image, status.build = observed.content.hash, None, None
    step = next_step(blueprint, observed, settings, now)
    status.image, status.build = step.image or status.image, step.build or status.build
    status.phase = step.phase
    set_condition(blueprint, status, step.ready, now)
    return Decision(status, create=step.create, event=step.event, requeue=step.retry)
