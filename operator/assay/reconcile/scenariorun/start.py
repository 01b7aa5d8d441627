"""The start of a ScenarioRun: pin what it uses, wait for what is missing, or fail."""

from __future__ import annotations

from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.reasons import DiskSnapshotReason, ScenarioRunReason
from assay.api.scenariorun import EarlierScore, PinnedRun, ScenarioRun
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, waits
from assay.reconcile.nodes import mount as mounts
from assay.reconcile.nodes import node_probe
from assay.reconcile.nodes.node_probe import Probing
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.specs import run_job

from . import disk, progress, rescore
from .ending import fail
from .observed import RunDecision, RunView
from .pinning import pin
from .scorer_jobs import Failure


async def start(ctx: Context, view: RunView) -> Decision:
    """Resolve the run's references, then decide whether it starts, waits or fails."""
    run = view.run
    try:
        pinned = await _with_placement(ctx, run, await pin(ctx, run))
        earlier = rescore.earlier_score(ctx, run.namespace, run.spec.rescore) if run.spec.rescore else None
    except ReferenceNotReady as missing:
        return _wait(view, missing)
    except InvalidReference as invalid:
        return _refuse(view, invalid)
    if isinstance(pinned, Probing):
        return node_probe.decision(ctx, run.status, pinned)
    return _begin(view, pinned, earlier)


async def _with_placement(ctx: Context, run: ScenarioRun, pinned: PinnedRun) -> PinnedRun | Probing:
    """With the functions that work in the agent's pod, if the nodes mount overlays. Probing: find that out first."""
    beside = run_job.functions_beside(run, pinned, ctx.settings) if pinned.agent else []
    if not beside:
        return pinned
    mount = await mounts.plan(ctx, run, pinned.root_filesystem)
    if isinstance(mount, Probing):
        return mount
    return pinned.model_copy(update={"same_pod": beside}) if mount.root_filesystem == "Overlay" else pinned


def _wait(view: RunView, missing: ReferenceNotReady) -> RunDecision:
    status = view.run.status.model_copy()
    status.phase = "Pending"
    event = waits(view.run, false(ConditionType.COMPLETE, missing.reason, missing.message))
    for type_ in (ConditionType.REFERENCES_RESOLVED, ConditionType.COMPLETE):
        view.set(status, false(type_, missing.reason, missing.message))
    return RunDecision(status, event=event, requeue=missing.retry)


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
    if pinned.hides_reference:
        view.set(status, false(ConditionType.DISK_KEPT, DiskSnapshotReason.HIDDEN_REFERENCE, disk.HIDDEN))
    doing = progress.first_work(pinned)
    view.set(
        status,
        true(ConditionType.REFERENCES_RESOLVED, ScenarioRunReason.PINNED),
        false(ConditionType.COMPLETE, doing),
    )
    return RunDecision(status, requeue=0)
