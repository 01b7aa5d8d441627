"""DiskSnapshots that others refer to, and the devboxes they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api import conditions
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import controller, is_controlled_by
from assay.reconcile.references.errors import ReferenceNotReady


def named(ctx: Context, namespace: str, name: str) -> DiskSnapshotStatus:
    """A DiskSnapshot that is ready. ReferenceNotReady: not yet."""
    found = ctx.cache.get("DiskSnapshot", namespace, name)
    if found is None:
        message = f"there is no DiskSnapshot {name} in namespace {namespace}: create it"
        raise ReferenceNotReady("DiskSnapshotNotFound", message)
    status = DiskSnapshotStatus.model_validate(found.get("status") or {})
    ready = conditions.find(status.conditions, "Ready")
    if not (ready and ready.status == "True" and status.image) or found["metadata"].get("deletionTimestamp"):
        why = f"{ready.reason}: {ready.message}" if ready else "it was not looked at yet"
        raise ReferenceNotReady("DiskSnapshotNotReady", f"DiskSnapshot {name} cannot be used: {why}")
    return status


def devbox_of(ctx: Context, snapshot: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The devbox that a DiskSnapshot names; for a run's snapshot only the run's own, whoever has its name by now."""
    namespace, ref = snapshot["metadata"]["namespace"], snapshot["spec"].get("devboxRef") or {}
    devbox = ctx.cache.get("Devbox", namespace, ref.get("name", ""))
    if devbox is None or devbox["metadata"].get("deletionTimestamp"):
        return None
    run = controller(snapshot)
    return None if run and not is_controlled_by(devbox, run["uid"]) else devbox
