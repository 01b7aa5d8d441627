"""Reasons of DiskSnapshots."""

from .base import Reason


class DiskSnapshotReason(Reason):
    """Whether the disk is kept."""

    SNAPSHOT_READY = (
        "SnapshotReady",
        "The disk is kept.",
    )
    FLUSHING = (
        "Flushing",
        "The devbox runs: it writes its disk out before the disk is frozen.",
    )
    CREATING = (
        "Creating",
        "The CSI driver makes the snapshot.",
    )
    SNAPSHOTS_UNAVAILABLE = (
        "SnapshotsUnavailable",
        "The cluster has no VolumeSnapshot CRDs, no snapshot controller, or no VolumeSnapshotClass.",
        "Install or set what the message says.",
    )
    SNAPSHOT_FAILED = (
        "SnapshotFailed",
        "The CSI driver refuses; the message has its words.",
        "The snapshot controller tries again by itself.",
    )
    IMAGE_UNKNOWN = (
        "ImageUnknown",
        "Assay did not make the imported VolumeSnapshot, and `image` is not given.",
        "Create another DiskSnapshot with `image`.",
    )
    HIDDEN_REFERENCE = (
        "HiddenReference",
        "The disk has a reference output that is in a Secret. It is neither kept nor opened.",
        "People who may read the Secret apply it themselves, in a Devbox with `referenceFrom`.",
    )
    DISK_LOST = (
        "DiskLost",
        "The VolumeSnapshot is gone, or the Devbox went before its disk was frozen.",
        "Delete the DiskSnapshot.",
    )
