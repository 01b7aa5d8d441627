"""What a VolumeSnapshot's status means for its DiskSnapshot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, true
from assay.api.reasons import DiskSnapshotReason
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view

READY = ConditionType.READY
CONTROLLER_PATIENCE = 60.0
"""Seconds after which a VolumeSnapshot without status means that there is no snapshot controller."""
UNAVAILABLE_RETRY_SECONDS = 60.0
"""After how long to look again whether CRDs, snapshot controller or VolumeSnapshotClass are there."""

NO_CRDS = (
    "this cluster has no VolumeSnapshots: install the CRDs of snapshot.storage.k8s.io, the snapshot controller and "
    "a CSI driver that can make snapshots; all but snapshots works without"
)
_NO_CONTROLLER = (
    "nothing has touched VolumeSnapshot {name}: is the snapshot controller installed, and does it run?"
)
_NO_CLASS = (
    "set volumeSnapshotClassName to a VolumeSnapshotClass that exists (kubectl get volumesnapshotclass), or create "
    "it; to have a default, annotate one class of the volume's driver, and only one, with "
    'snapshot.storage.kubernetes.io/is-default-class: "true"'
)
# The snapshot controller has no reason of its own for these errors.
_CLASS_MISSING = re.compile(
    r'volumesnapshotclass\S* "[^"]*" not found|cannot find default snapshot class'
    r"|default snapshot classes were found"
)


@dataclass(frozen=True, slots=True)
class State:
    """What to report of a DiskSnapshot."""

    ready: NewCondition
    retry: float | None = None
    """Seconds after which to look again even if nothing changes."""


def state(volume_snapshot: KubeObject, now: datetime) -> State:
    """What to report of a VolumeSnapshot that exists."""
    metadata, status = volume_snapshot["metadata"], volume_snapshot.get("status") or {}
    if status.get("readyToUse"):
        return State(true(READY, DiskSnapshotReason.SNAPSHOT_READY))
    if error := status.get("error"):
        return _failed(error.get("message") or "the CSI driver gives no reason")
    if status:
        return creating()
    created = pod_view.timestamp(metadata.get("creationTimestamp"))
    left = CONTROLLER_PATIENCE - (now - created).total_seconds() if created else CONTROLLER_PATIENCE
    if left > 0:
        return creating(left)
    return unavailable(_NO_CONTROLLER.format(name=metadata["name"]))


def creating(retry: float | None = None) -> State:
    """The snapshot is on its way."""
    return State(false(READY, DiskSnapshotReason.CREATING, "the CSI driver makes the snapshot"), retry)


def unavailable(message: str) -> State:
    """The cluster lacks something that snapshots need."""
    return State(false(READY, DiskSnapshotReason.SNAPSHOTS_UNAVAILABLE, message), UNAVAILABLE_RETRY_SECONDS)


def _failed(error: str) -> State:
    if _CLASS_MISSING.search(error):
        return unavailable(f"{error}: {_NO_CLASS}")
    return State(false(READY, DiskSnapshotReason.SNAPSHOT_FAILED, f"{error} (it is tried again)"))
