"""Scenario: whether it can be run, what its content is, and whether that is proved valid."""

from __future__ import annotations

from typing import Any

from assay.api.scenario import ScenarioSpec, ScenarioStatus
from assay.engine.store import Key

from . import images, pinning, validation
from .content import content_hash
from .context import Context
from .definitions import READY, living, say
from .images import NotAvailable
from .keptdisks import Impossible
from .outcome import Outcome, act
from .validation import VALIDATED


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Say whether all that it refers to is there; begin the runs that prove it when it is its turn."""
    scenario = living(ctx, key)
    if scenario is None:
        return None
    spec = ScenarioSpec.model_validate(scenario["spec"])
    status = ScenarioStatus.model_validate(scenario.get("status") or {})
    try:
        content = await content_of(ctx, key.namespace, spec)
    except (NotAvailable, Impossible) as why:
        say(ctx, scenario, status, "False", why.reason, why.message)
        validation.withdraw(scenario, status, ctx.now())
        retry = why.retry if isinstance(why, NotAvailable) else None
        return await act(ctx, scenario, Outcome(status, requeue=retry), gate=READY)
    say(ctx, scenario, status, "True", "ReferencesResolved", "")
    status.content_hash = content
    outcome = _outcome(ctx, scenario, spec, status, content)
    if not outcome.create:
        return await act(ctx, scenario, outcome, gate=VALIDATED)
    async with ctx.validating:  # counting and creating must not be interleaved with another scenario's
        return await act(ctx, scenario, _outcome(ctx, scenario, spec, status, content), gate=VALIDATED)


async def content_of(ctx: Context, namespace: str, spec: ScenarioSpec) -> str:
    """The hash that a run pins which starts now. NotAvailable, Impossible: none can."""
    base = await pinning.base_of(ctx, namespace, spec.environment, images.recent)
    functions, _, _ = await pinning.functions_of(ctx, namespace, spec, images.recent)
    return content_hash(spec, functions, base.image.reference, base.root_filesystem)


def _outcome(
    ctx: Context, scenario: dict[str, Any], spec: ScenarioSpec, status: ScenarioStatus, content: str
) -> Outcome:
    store, metadata, status = ctx.store, scenario["metadata"], status.model_copy(deep=True)
    namespace, name = metadata["namespace"], metadata["name"]
    next_step = validation.step(
        scenario,
        spec,
        status,
        content,
        store.children("ScenarioRun", metadata["uid"]),
        validation.is_requested(spec, store.find("Benchmark", "scenario", (namespace, name))),
        validation.places(
            store.find("ScenarioRun", "unfinished-validation", True),
            namespace,
            ctx.settings.validation_parallelism,
        ),
        ctx.now(),
    )
    if next_step.delete:
        ctx.tags.clear()  # a run may have pinned another image than we remember
    return Outcome(status, next_step.create, delete=next_step.delete, requeue=next_step.requeue)
