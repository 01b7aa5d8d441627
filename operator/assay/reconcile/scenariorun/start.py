"""The start of a ScenarioRun: pin what it uses, wait for what is missing, or fail."""

from __future__ import annotations

from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.reasons import ScenarioRunReason
from assay.api.scenariorun import EarlierScore, PinnedRun
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import rescore
from .ending import fail
from .observed import RunDecision, RunView
from .pinning import pin
from .scorer_jobs import Failure


async def start(ctx: Context, view: RunView) -> RunDecision:
    """Resolve the run's references, then decide whether it starts, waits or fails."""
    run = view.run
    try:
        pinned = await pin(ctx, run)
        earlier = rescore.earlier_score(ctx, run.namespace, run.spec.rescore) if run.spec.rescore else None
    except ReferenceNotReady as missing:
        return _wait(view, missing)
    except InvalidReference as invalid:
        return _refuse(view, invalid)
    return _begin(view, pinned, earlier)


def _wait(view: RunView, missing: ReferenceNotReady) -> RunDecision:
    status = view.run.status.model_copy()
    status.phase = "Pending"
    for type_ in (ConditionType.REFERENCES_RESOLVED, ConditionType.COMPLETE):
        view.set(status, false(type_, missing.reason, missing.message))
    return RunDecision(status, requeue=missing.retry)


def _refuse(view: RunView, invalid: InvalidReference) -> RunDecision:
    status = view.run.status.model_copy()
    view.set(status, false(ConditionType.REFERENCES_RESOLVED, invalid.reason, invalid.message))
    return fail(view, status, Failure(invalid.reason, invalid.message))


def _begin(view: RunView, pinned: PinnedRun, earlier: EarlierScore | None) -> RunDecision:
    status = view.run.status.model_copy()
    status.phase, status.start_time = "Running", view.now
    status.pinned, status.previous_score = pinned, earlier
    if view.run.spec.rescore:
        status.disk_snapshot = pinned.disk_snapshot
    doing = ScenarioRunReason.AGENT_WORKING if pinned.agent else ScenarioRunReason.RESTORING_DISK
    view.set(
        status,
        true(ConditionType.REFERENCES_RESOLVED, ScenarioRunReason.PINNED),
        false(ConditionType.COMPLETE, doing),
    )
    return RunDecision(status, requeue=0)
