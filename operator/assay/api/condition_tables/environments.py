"""The conditions of kinds that have images and disks: Blueprint, Devbox, DiskSnapshot."""

from __future__ import annotations

from ..condition_types import ConditionType
from ..reasons import (
    BlueprintReason,
    DevboxReason,
    DiskSnapshotReason,
    EndReason,
    ReferenceReason,
    RejectionReason,
)
from .states import CHILDREN, ENVIRONMENT, IMAGE, ONLY_IN_EVENTS, POD, REJECTED, Elsewhere, State

BLUEPRINT = (
    State(ConditionType.READY, "True", (BlueprintReason.IMAGE_READY, BlueprintReason.IMAGE_PINNED)),
    State(
        ConditionType.READY,
        "False",
        (
            BlueprintReason.BUILDING,
            BlueprintReason.BUILDING_ELSEWHERE,
            BlueprintReason.BUILD_FAILED,
            BlueprintReason.CONTEXT_NOT_FOUND,
            BlueprintReason.CONTEXT_CHANGED,
            BlueprintReason.REGISTRY_NOT_CONFIGURED,
            *IMAGE,
        ),
    ),
    State(ConditionType.READY, "False", CHILDREN, POD),
    State(ConditionType.READY, "False", (), ONLY_IN_EVENTS),
    State(ConditionType.DELETION_BLOCKED, "True", (BlueprintReason.IN_USE,)),
    State(ConditionType.DELETION_BLOCKED, "False", (BlueprintReason.NOT_IN_USE,)),
)

DEVBOX = (
    State(ConditionType.READY, "True", (DevboxReason.RUNNING, DevboxReason.IDLE)),
    State(
        ConditionType.READY,
        "False",
        (
            DevboxReason.BOOTING,
            DevboxReason.PREPARING,
            DevboxReason.STOPPING,
            DevboxReason.SUSPENDED,
            DevboxReason.RESUMED,
            DevboxReason.DEADLINE_EXCEEDED,
            DevboxReason.FINISHED,
            *ENVIRONMENT,
        ),
    ),
    State(ConditionType.READY, "False", CHILDREN, POD),
    State(
        ConditionType.READY,
        "False",
        EndReason,
        Elsewhere(
            "any of `Finished`",
            "The pod ended while the Devbox was Idle, or Kubernetes is ending it.",
            "An Idle one: suspend it, then set it Idle again.",
        ),
    ),
    State(ConditionType.READY, "False", (), ONLY_IN_EVENTS),
    State(ConditionType.SUSPENDED, "True", (DevboxReason.DISK_KEPT,)),
    State(ConditionType.SUSPENDED, "False", (DevboxReason.RESUMED,)),
    State(ConditionType.FINISHED, "True", EndReason),
    State(ConditionType.FINISHED, "False", (DevboxReason.RESUMED,)),
)

DISK_SNAPSHOT = (
    State(ConditionType.READY, "True", (DiskSnapshotReason.SNAPSHOT_READY,)),
    State(
        ConditionType.READY,
        "False",
        (
            DiskSnapshotReason.FLUSHING,
            DiskSnapshotReason.CREATING,
            ReferenceReason.DEVBOX_NOT_FOUND,
            ReferenceReason.DISK_NOT_READY,
            DiskSnapshotReason.SNAPSHOTS_UNAVAILABLE,
            DiskSnapshotReason.SNAPSHOT_FAILED,
            ReferenceReason.VOLUME_SNAPSHOT_NOT_FOUND,
            DiskSnapshotReason.IMAGE_UNKNOWN,
            *IMAGE,
            DiskSnapshotReason.HIDDEN_REFERENCE,
            DiskSnapshotReason.DISK_LOST,
        ),
    ),
    State(ConditionType.READY, "False", RejectionReason, REJECTED),
)
