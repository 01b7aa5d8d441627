"""DiskSnapshot: a VolumeSnapshot, made of a devbox's disk or imported; how it is, and when it goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.disksnapshot import DiskSnapshotSpec, DiskSnapshotStatus
from assay.engine.cache import Key
from assay.kube.errors import NotFound
from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import RETRY_SECONDS, apply, create_all
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import ChildRejected, Decision, Event
from assay.reconcile.common.objects import controller, set_raw_condition
from assay.reconcile.common.text import listed
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import volume_snapshot as volume_snapshot_spec

from . import retention, source
from .volume_snapshot import LOOK_AGAIN, NO_CRDS, State, state

Obj = dict[str, Any]
READY = "Ready"
_PHASES = {"SnapshotReady": "Ready", "Creating": "Creating", "SnapshotFailed": "Failed", "DiskLost": "Failed"}


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one snapshot nearer to a frozen disk, or to its end."""
    snapshot = ctx.cache.get("DiskSnapshot", key.namespace, key.name)
    if snapshot is None or snapshot["metadata"].get("deletionTimestamp"):
        return None
    spec = DiskSnapshotSpec.model_validate(snapshot["spec"])
    status = DiskSnapshotStatus.model_validate(snapshot.get("status") or {})
    found = await _state(ctx, snapshot, spec, status)
    left = retention.time_left(spec, status, ctx.now())
    held = retention.holders(ctx, snapshot) if left == 0 else []
    if left == 0 and not held:
        return await apply(
            ctx, snapshot, Decision(status, write=False, delete=[snapshot]), blocked_condition=READY
        )
    decision = decide(snapshot, status, found, held, ctx.now())
    retries = [decision.requeue, retention.HELD_RETRY if held else left]
    decision.requeue = min((seconds for seconds in retries if seconds), default=None)
    decision.delete = retention.surplus_beside(ctx, snapshot)
    return await apply(ctx, snapshot, decision, blocked_condition=READY)


def decide(
    snapshot: Obj, status: DiskSnapshotStatus, found: State, held: Sequence[str], now: datetime
) -> Decision:
    """What to say of a snapshot in that state, whose time is over but for those who hold it. Pure."""
    before = conditions.find(status.conditions, READY)
    message = found.message
    if held:
        message = f"its time is over: it goes once it is no longer needed by {listed(held)}"
    status.phase = _PHASES.get(found.reason, "Pending")
    set_raw_condition(snapshot, status, READY, found.value, found.reason, message, now)
    is_news = before is None or before.reason != found.reason
    return Decision(status, event=_note(snapshot, found) if is_news else None, requeue=found.retry)


async def _state(ctx: Context, snapshot: Obj, spec: DiskSnapshotSpec, status: DiskSnapshotStatus) -> State:
    """How the disk is; puts into the status what is known of it, and creates the VolumeSnapshot where it is due."""
    try:
        found = await _volume_snapshot(ctx, snapshot, spec, status)
        status.volume_snapshot_name = found["metadata"]["name"]
        if status.image is None:
            await _describe(ctx, found, spec, status)
    except ReferenceNotReady as missing:
        return State("False", missing.reason, missing.message, missing.retry)
    except ChildRejected as refused:
        return State("False", refused.reason, refused.message, RETRY_SECONDS)
    shown = found.get("status") or {}
    status.restore_size = shown.get("restoreSize") or status.restore_size
    status.creation_time = pod_view.timestamp(shown.get("creationTime")) or status.creation_time
    return state(found, ctx.now())


async def _volume_snapshot(
    ctx: Context, snapshot: Obj, spec: DiskSnapshotSpec, status: DiskSnapshotStatus
) -> Obj:
    """The VolumeSnapshot to import, or that of the devbox's disk: created where there was none yet."""
    namespace, imported = snapshot["metadata"]["namespace"], spec.volume_snapshot_ref
    name = imported.name if imported else snapshot["metadata"]["name"]
    found = ctx.cache.get("VolumeSnapshot", namespace, name)
    if found is None and (imported or status.volume_snapshot_name):
        found = await _read(ctx, namespace, name)
    if found and (imported or volume_snapshot_spec.is_of(found, snapshot)):
        return found
    if status.volume_snapshot_name:
        message = f"VolumeSnapshot {name} was deleted, and the disk with it: delete this DiskSnapshot"
        raise ReferenceNotReady("DiskLost", message)
    if imported:
        message = f"there is no VolumeSnapshot {name} in namespace {namespace}: create it"
        raise ReferenceNotReady("VolumeSnapshotNotFound", message)
    return await _freeze(ctx, snapshot, spec)


async def _read(ctx: Context, namespace: str, name: str) -> Obj | None:
    """A VolumeSnapshot that the watch does not show: it may lag, and no disk is called lost for that."""
    try:
        found = await ctx.client.get(VOLUME_SNAPSHOTS, namespace, name)
    except NotFound as error:
        _check_crds(error, name)
        return None
    ctx.observe("VolumeSnapshot", found)
    return found


async def _freeze(ctx: Context, snapshot: Obj, spec: DiskSnapshotSpec) -> Obj:
    """Create the VolumeSnapshot. Raises ChildRejected, or ReferenceNotReady without devbox or CRDs."""
    metadata = snapshot["metadata"]
    claim, disk = await source.describe(ctx, snapshot)
    manifest = volume_snapshot_spec.volume_snapshot(snapshot, spec, claim, disk, ctx.settings)
    try:
        await create_all(ctx, [manifest])
    except NotFound as error:
        _check_crds(error, metadata["namespace"])
        raise
    return ctx.cache.get("VolumeSnapshot", metadata["namespace"], metadata["name"]) or manifest


def _check_crds(error: NotFound, name: str) -> None:
    """ReferenceNotReady if it is the kind that is not found; else the message names what is."""
    if f'"{name}" not found' not in error.message:
        raise ReferenceNotReady("SnapshotsUnavailable", NO_CRDS, LOOK_AGAIN) from error


async def _describe(
    ctx: Context, volume_snapshot: Obj, spec: DiskSnapshotSpec, status: DiskSnapshotStatus
) -> None:
    """Say what the disk lies on. ReferenceNotReady: nothing says that, or the image is not to be found."""
    disk = volume_snapshot_spec.described(volume_snapshot)
    if spec.image:
        image = await images.of_reference(ctx, spec.image)
        disk = (
            disk.model_copy(update={"image": image}) if disk else volume_snapshot_spec.FrozenDisk(image=image)
        )
    if disk is None:
        name = volume_snapshot["metadata"]["name"]
        message = (
            f"nothing says which image the disk in VolumeSnapshot {name} lies on: create the DiskSnapshot anew with "
            "spec.image, by digest"
        )
        raise ReferenceNotReady("ImageUnknown", message)
    status.image, status.lineage = disk.image, disk.lineage
    status.root_filesystem, status.directories = disk.root_filesystem, disk.directories


def _note(snapshot: Obj, found: State) -> Event | None:
    if found.reason in ("SnapshotFailed", "DiskLost"):
        return Event("Warning", found.reason, found.message)
    if found.value == "True" and not controller(snapshot):  # a run's snapshot speaks through the run
        return Event("Normal", found.reason, "the disk is kept: devboxes and scenarios can start from it")
    return None
