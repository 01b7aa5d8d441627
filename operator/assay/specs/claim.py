"""The claim of a disk."""

from __future__ import annotations

from typing import Any

from assay.api.disk import Disk
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import quantity


def claim(
    metadata: dict[str, Any],
    wanted: Disk | None,
    settings: Settings,
    snapshot: DiskSnapshotStatus | None = None,
) -> KubeObject:
    """A claim with this metadata: empty, or with the content of a snapshot."""
    disk = wanted or Disk()
    storage_class = disk.storage_class_name or settings.storage_class
    size = str(disk.size or settings.disk_size)
    source: KubeObject = {}
    if snapshot:
        size = quantity.larger(size, snapshot.restore_size) if snapshot.restore_size else size
        named = {"kind": "VolumeSnapshot", "name": snapshot.volume_snapshot_name}
        source = {"dataSource": {"apiGroup": "snapshot.storage.k8s.io", **named}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            **({"storageClassName": storage_class} if storage_class else {}),
            **source,
        },
    }
