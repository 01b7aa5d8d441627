"""DiskSnapshot → VolumeSnapshot. It describes its disk itself, so that it can be imported by its name alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError

from assay.api.blueprint import BlueprintImage
from assay.api.disk import MountedRoot, TopDirectory
from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.api.meta import Model
from assay.kube_object import KubeObject
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
    disk_snapshot: DiskSnapshot, claim: str, disk: FrozenDisk, settings: Settings
) -> KubeObject:
    """The VolumeSnapshot of a claim. One to retain has no owner, so that it outlives the DiskSnapshot."""
    spec, inherited = disk_snapshot.spec, disk_snapshot.metadata.labels
    labels = {key: inherited[key] for key in _INHERITED if key in inherited}
    labels[names.DISK_SNAPSHOT] = disk_snapshot.uid
    metadata = names.metadata(disk_snapshot, disk_snapshot.name, "disk-snapshot", labels)
    if spec.deletion_policy == "Retain":
        del metadata["ownerReferences"]
    metadata["annotations"] = {names.DISK: disk.model_dump_json(by_alias=True, exclude_none=True)}
    snapshot_class = spec.volume_snapshot_class_name or settings.snapshot_class
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": metadata,
        "spec": {
            "source": {"persistentVolumeClaimName": claim},
            **({"volumeSnapshotClassName": snapshot_class} if snapshot_class else {}),
        },
    }


def is_of(volume_snapshot: KubeObject, disk_snapshot: DiskSnapshot) -> bool:
    """Whether it was made for this DiskSnapshot, retained or not."""
    labels = volume_snapshot["metadata"].get("labels") or {}
    return bool(labels.get(names.DISK_SNAPSHOT) == disk_snapshot.uid)


def described(volume_snapshot: KubeObject) -> FrozenDisk | None:
    """The description of its disk in a VolumeSnapshot; None if there is none, or if it cannot be read."""
    annotations = volume_snapshot["metadata"].get("annotations") or {}
    try:
        return FrozenDisk.model_validate_json(annotations.get(names.DISK) or "")
    except ValidationError:
        return None
