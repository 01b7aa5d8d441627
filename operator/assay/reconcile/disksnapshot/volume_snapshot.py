"""What the snapshot controller says of a VolumeSnapshot. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from assay.reconcile.common import pod_view

CONTROLLER_PATIENCE = 60.0
"""Seconds after which a VolumeSnapshot that nobody has looked at says that there is no snapshot controller."""
LOOK_AGAIN = 60.0

NO_CRDS = (
    "this cluster has no VolumeSnapshots: install the CRDs of snapshot.storage.k8s.io, the snapshot controller and "
    "a CSI driver that can make snapshots; all but snapshots works without"
)
_NO_CONTROLLER = (
    "nothing has looked at VolumeSnapshot {name}: is the snapshot controller installed, and does it run?"
)
_NO_CLASS = (
    "set volumeSnapshotClassName to a VolumeSnapshotClass that exists (kubectl get volumesnapshotclass), or create "
    "it; to have a default, annotate one class of the volume's driver, and only one, with "
    'snapshot.storage.kubernetes.io/is-default-class: "true"'
)
# The snapshot controller has no word for these.
_CLASS_MISSING = re.compile(
    r'volumesnapshotclass\S* "[^"]*" not found|cannot find default snapshot class'
    r"|default snapshot classes were found"
)


@dataclass(frozen=True, slots=True)
class State:
    """What to say of a DiskSnapshot: a Ready condition."""

    value: Literal["True", "False"]
    reason: str
    message: str
    retry: float | None = None
    """Seconds after which to look again even if nothing changes."""


def state(volume_snapshot: Mapping[str, Any], now: datetime) -> State:
    """How a VolumeSnapshot is."""
    metadata, status = volume_snapshot["metadata"], volume_snapshot.get("status") or {}
    if status.get("readyToUse"):
        return State("True", "SnapshotReady", "")
    if error := status.get("error"):
        said = error.get("message") or "the CSI driver gives no reason"
        if _CLASS_MISSING.search(said):
            return State("False", "SnapshotsUnavailable", f"{said}: {_NO_CLASS}", LOOK_AGAIN)
        return State("False", "SnapshotFailed", f"{said} (it is tried again)")
    if status:
        return State("False", "Creating", "the CSI driver makes the snapshot")
    created = pod_view.timestamp(metadata.get("creationTimestamp"))
    left = CONTROLLER_PATIENCE - (now - created).total_seconds() if created else CONTROLLER_PATIENCE
    if left > 0:
        return State("False", "Creating", "the CSI driver makes the snapshot", left)
    message = _NO_CONTROLLER.format(name=metadata["name"])
    return State("False", "SnapshotsUnavailable", message, LOOK_AGAIN)
