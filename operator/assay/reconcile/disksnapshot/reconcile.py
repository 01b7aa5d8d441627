"""DiskSnapshot: a VolumeSnapshot, made of a devbox's disk or imported; its state, and when it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from assay.api import conditions
from assay.api.conditions import NewCondition, false, set_condition
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus
from assay.api.reasons import DiskSnapshotReason
from assay.engine.cache import Key
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import get_live
from assay.reconcile.common.text import listed
from assay.settings import Settings
from assay.specs import volume_snapshot as volume_snapshot_spec
from assay.specs.volume_snapshot import FrozenDisk

from . import retention
from .observed import Observed, observe
from .volume_snapshot import CONTROLLER_PATIENCE, READY, State, creating, state

_PHASES: Mapping[str, str] = {
    DiskSnapshotReason.SNAPSHOT_READY: "Ready",
    DiskSnapshotReason.CREATING: "Creating",
    DiskSnapshotReason.SNAPSHOT_FAILED: "Failed",
    DiskSnapshotReason.HIDDEN_REFERENCE: "Failed",
    DiskSnapshotReason.DISK_LOST: "Failed",
}


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one snapshot nearer to a frozen disk, or to its end."""
    found = get_live(ctx, key)
    if found is None:
        return None
    snapshot = DiskSnapshot.parse(found)
    # Read the VolumeSnapshot, the disk to freeze if there is none yet, and what needs the snapshot.
    observed = await observe(ctx, snapshot)
    # Create the VolumeSnapshot, report its state, or delete what is no longer to be kept.
    decision = decide(snapshot, observed, ctx.settings, ctx.now())
    return await apply(ctx, snapshot, decision, blocked_condition=READY)


def decide(snapshot: DiskSnapshot, observed: Observed, settings: Settings, now: datetime) -> Decision:
    """The snapshot's status, the VolumeSnapshot to create, and the DiskSnapshots to delete."""
    status = known(snapshot, observed)
    found = _state(observed, status, now)
    left = retention.time_left(snapshot.spec, status, now)
    if left == 0 and not observed.needed_by:
        return Decision(status, write=False, delete=[snapshot.identity()])
    ready, retries = found.ready, [found.retry, left]
    if left == 0:
        message = (
            f"its time is over: it is deleted once it is no longer needed by {listed(observed.needed_by)}"
        )
        ready, retries = ready._replace(message=message), [found.retry, retention.HELD_RETRY_SECONDS]
    create: list[KubeObject] = []
    if source := observed.source:
        create = [volume_snapshot_spec.volume_snapshot(snapshot, source.claim, source.disk, settings)]
    status.phase = _PHASES.get(ready.reason, "Pending")
    set_condition(snapshot, status, ready, now)
    event, retry = _event(snapshot, found.ready), min((one for one in retries if one), default=None)
    return Decision(status, create=create, delete=observed.surplus, event=event, requeue=retry)


def known(snapshot: DiskSnapshot, observed: Observed) -> DiskSnapshotStatus:
    """A copy of the status, with what is known of the disk."""
    status, found = snapshot.status.model_copy(), observed.volume_snapshot
    if found:
        status.volume_snapshot_name = found["metadata"]["name"]
    if observed.source:
        status.volume_snapshot_name = snapshot.name
    disk = _disk(observed)
    if status.image is None and disk and observed.problem is None:
        status.image, status.lineage = disk.image, disk.lineage
        status.root_filesystem, status.directories = disk.root_filesystem, disk.directories
    if found and status.image and observed.problem is None:
        shown = found.get("status") or {}
        status.restore_size = shown.get("restoreSize") or status.restore_size
        status.creation_time = pod_view.timestamp(shown.get("creationTime")) or status.creation_time
    return status


def _disk(observed: Observed) -> FrozenDisk | None:
    """What the disk is, as far as anything describes it."""
    if observed.source:
        return observed.source.disk
    found = observed.volume_snapshot
    described = volume_snapshot_spec.described(found) if found else None
    if observed.image is None:
        return described
    if described is None:
        return FrozenDisk(image=observed.image)
    return described.model_copy(update={"image": observed.image})


def _state(observed: Observed, status: DiskSnapshotStatus, now: datetime) -> State:
    """What to report of the disk; `status` is the new one."""
    if problem := observed.problem:
        return State(false(READY, problem.reason, problem.message), problem.retry)
    found = observed.volume_snapshot
    if found is None:
        return creating(CONTROLLER_PATIENCE)
    if status.image is None:
        message = (
            f"nothing describes which image the disk in VolumeSnapshot {found['metadata']['name']} lies on: create "
            "the DiskSnapshot anew with spec.image, by digest"
        )
        return State(false(READY, DiskSnapshotReason.IMAGE_UNKNOWN, message))
    return state(found, now)


def _event(snapshot: DiskSnapshot, ready: NewCondition) -> Event | None:
    before = conditions.find(snapshot.status.conditions, READY)
    if before and before.reason == ready.reason:
        return None
    if ready.reason in (DiskSnapshotReason.SNAPSHOT_FAILED, DiskSnapshotReason.DISK_LOST):
        return Event("Warning", ready.reason, ready.message)
    if ready.status == "True" and snapshot.controller is None:  # a run reports its own snapshot
        message = "the disk is kept: devboxes and scenarios can start from it"
        return Event("Normal", ready.reason, message)
    return None
