"""DiskSnapshot → VolumeSnapshot, which also says what its disk lies on: it can be imported by its name alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from assay.api.blueprint import BlueprintImage
from assay.api.disk import MountedRoot, TopDirectory
from assay.api.disksnapshot import DiskSnapshotSpec, Lineage
from assay.api.meta import Model
from assay.settings import Settings

from . import names

_INHERITED = (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)


class FrozenDisk(Model):
    """What a disk is, beside its bytes: the annotation `assay.dev/disk` of a VolumeSnapshot, in JSON."""

    image: BlueprintImage
    root_filesystem: MountedRoot = "Overlay"
    directories: Annotated[list[TopDirectory], Field(max_length=64)] | None = None
    lineage: Lineage | None = None


def volume_snapshot(
    disk_snapshot: Mapping[str, Any],
    spec: DiskSnapshotSpec,
    claim: str,
    disk: FrozenDisk,
    settings: Settings,
) -> dict[str, Any]:
    """The VolumeSnapshot of a claim. One to retain has no owner, so that it outlives the DiskSnapshot."""
    metadata = disk_snapshot["metadata"]
    inherited = metadata.get("labels") or {}
    labels = {key: inherited[key] for key in _INHERITED if key in inherited}
    labels[names.DISK_SNAPSHOT] = metadata["uid"]
    ours = names.metadata(disk_snapshot, metadata["name"], "disk-snapshot", labels)
    if spec.deletion_policy == "Retain":
        del ours["ownerReferences"]
    ours["annotations"] = {names.DISK: disk.model_dump_json(by_alias=True, exclude_none=True)}
    snapshot_class = spec.volume_snapshot_class_name or settings.snapshot_class
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": ours,
        "spec": {
            "source": {"persistentVolumeClaimName": claim},
            **({"volumeSnapshotClassName": snapshot_class} if snapshot_class else {}),
        },
    }


def is_of(volume_snapshot: Mapping[str, Any], disk_snapshot: Mapping[str, Any]) -> bool:
    """Whether it is the one made for this DiskSnapshot, retained or not."""
    labels = volume_snapshot["metadata"].get("labels") or {}
    return bool(labels.get(names.DISK_SNAPSHOT) == disk_snapshot["metadata"]["uid"])


def described(volume_snapshot: Mapping[str, Any]) -> FrozenDisk | None:
    """What a VolumeSnapshot says of its disk; None if it says nothing that can be read."""
    annotations = volume_snapshot["metadata"].get("annotations") or {}
    try:
        return FrozenDisk.model_validate_json(annotations.get(names.DISK) or "")
    except ValidationError:
        return None
