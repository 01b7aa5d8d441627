"""DiskSnapshots that others refer to, and the devboxes they come from."""

from __future__ import annotations

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus
from assay.api.reasons import ReferenceReason
from assay.engine.cache import Key
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import get_live

from .errors import ReferenceNotReady


def named(ctx: Context, namespace: str, name: str) -> DiskSnapshotStatus:
    """The status of a DiskSnapshot that can be used: it has an image. ReferenceNotReady: it cannot be used yet."""
    found = ctx.cache.get("DiskSnapshot", namespace, name)
    if found is None:
        message = f"there is no DiskSnapshot {name} in namespace {namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_FOUND, message)
    snapshot = DiskSnapshot.parse(found)
    ready = conditions.find(snapshot.status.conditions, ConditionType.READY)
    is_usable = ready is not None and ready.status == "True" and snapshot.status.image is not None
    if not is_usable or snapshot.is_deleting:
        why = f"{ready.reason}: {ready.message}" if ready else "it has not been reconciled yet"
        message = f"DiskSnapshot {name} cannot be used: {why}"
        raise ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_READY, message)
    return snapshot.status


def devbox_of(ctx: Context, snapshot: DiskSnapshot) -> Devbox | None:
    """The devbox whose disk a DiskSnapshot freezes; None if there is none, or if it is being deleted.

    The snapshot of a run is that of the run's own devbox. Another devbox may have the name by now.
    """
    ref, run = snapshot.spec.devbox_ref, snapshot.controller
    found = get_live(ctx, Key("Devbox", snapshot.namespace, ref.name)) if ref else None
    if found is None:
        return None
    devbox = Devbox.parse(found)
    return None if run and not devbox.is_controlled_by(run.uid) else devbox
