"""DiskSnapshot: the disk of a devbox or run, frozen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel

from .blueprint import BlueprintImage, ImageReference
from .condition_tables import summary
from .disk import MountedRoot, TopDirectory
from .meta import ERROR_COLUMN, SHORT_NAME, LocalRef, Model, ObjectName, Status, fixed, one_of
from .object import ApiObject

_FIXED = "only ttlSeconds and keepPerScenario of a snapshot may be changed: create another one"


class DiskSnapshotSpec(Model):
    """Which disk, and how long to keep it."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("devboxRef", "scenarioRunRef", "volumeSnapshotRef"),
        Cel(
            "!has(self.image) || has(self.volumeSnapshotRef)",
            "image goes with volumeSnapshotRef: devboxes and runs know their own",
        ),
        fixed(
            _FIXED,
            *("devboxRef", "scenarioRunRef", "volumeSnapshotRef", "image", "volumeSnapshotClassName"),
            required=["deletionPolicy"],
        ),
    )
    devbox_ref: LocalRef | None = None
    """The devbox whose disk to freeze; one that runs writes its disk out first, which takes 8 seconds."""
    scenario_run_ref: LocalRef | None = None
    """The run whose agent's disk to freeze, as long as it is there: a run deletes its disk soon after its end."""
    volume_snapshot_ref: LocalRef | None = None
    """An existing VolumeSnapshot of a devbox's disk to import. It is never deleted by Assay."""
    image: ImageReference | None = None
    """The image an imported disk lies on, by digest. Not needed for what Assay itself retained."""
    volume_snapshot_class_name: ObjectName | None = None
    """The VolumeSnapshotClass; the default one of the volume's driver when absent."""
    deletion_policy: Literal["Delete", "Retain"] = "Delete"
    """What becomes of the VolumeSnapshot when this object is deleted."""
    ttl_seconds: Annotated[int, Field(ge=1, le=315_360_000)] | None = None
    """After which time it is deleted, unless a scenario starts from it; never when absent."""
    keep_per_scenario: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many snapshots are kept that runs of the same BenchmarkRun and scenario left: when this one is ready, older
    ones go. Snapshots of other runs never do."""


class Lineage(Model):
    """Where a disk comes from."""

    devbox: str | None = None
    blueprint: str | None = None
    scenario: str | None = None
    scenario_run: str | None = None
    benchmark_run: str | None = None
    parent: str | None = None
    """The DiskSnapshot that the devbox began from."""


class DiskSnapshotStatus(Status):
    __doc__ = summary("DiskSnapshot")

    volume_snapshot_name: str | None = None
    image: BlueprintImage | None = None
    """What the disk lies on, by digest: devboxes from this snapshot run it."""
    root_filesystem: MountedRoot | None = None
    """How the disk becomes a root file system; devboxes from this snapshot use the same."""
    directories: Annotated[list[TopDirectory], Field(max_length=64)] | None = None
    """Copy: the directories on it."""
    restore_size: str | None = None
    """The least size of a claim made from it, in bytes or as a quantity."""
    creation_time: datetime | None = None
    """When the disk was cut, by the CSI driver's report."""
    lineage: Lineage | None = None


class DiskSnapshot(ApiObject[DiskSnapshotSpec, DiskSnapshotStatus]):
    """A DiskSnapshot as observed."""


DISK_SNAPSHOT = Kind(
    name="DiskSnapshot",
    plural="disksnapshots",
    spec=DiskSnapshotSpec,
    status=DiskSnapshotStatus,
    short_names=("dsnap",),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Size", "string", ".status.restoreSize"),
        Column("Scenario", "string", ".status.lineage.scenario"),
        Column("Run", "string", ".status.lineage.scenarioRun", priority=1),
        Column("Image", "string", ".status.image.reference", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME,),
    description="The disk of a devbox, frozen: devboxes and scenarios can start from it, runs can be scored again.",
)
