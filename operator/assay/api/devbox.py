"""Devbox: a pod whose whole root file system is on a disk that survives it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, ListMap

from .blueprint import ImageReference
from .condition_tables import summary
from .condition_types import ConditionType
from .disk import Disk, MountedRoot, RootFilesystem, TopDirectory
from .meta import (
    ERROR_COLUMN,
    SHORT_NAME,
    AbsolutePath,
    Argument,
    Command,
    DevboxEnvList,
    EnvFromList,
    KeyRef,
    LocalRef,
    Model,
    Network,
    Resources,
    Status,
    fixed,
    one_of,
)
from .object import ApiObject
from .reasons import DevboxReason
from .scheduling import Scheduling

LaunchCommands = Annotated[list[Argument], Field(min_length=1, max_length=64)]


class File(Model):
    """A small read-only file under `/.assay/files`."""

    name: Annotated[
        str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
    ]
    content: Annotated[str, Field(max_length=131072)]


class DevboxSpec(Model):
    """What runs on which disk."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("blueprintRef", "diskSnapshotRef", "image"),
        Cel(
            "!has(self.files) || self.files.all(one, one.name != 'launch')",
            "launch is the launchCommands' own file",
        ),
        fixed(
            "only operatingMode and ttlSecondsAfterFinished of a devbox may be changed: create another one",
            *("blueprintRef", "diskSnapshotRef", "image", "user", "workingDir", "launchCommands", "command"),
            *("args", "env", "envFrom", "files", "resources", "disk", "network", "scheduling"),
            *("activeDeadlineSeconds", "referenceFrom"),
            required=["rootFilesystem"],
        ),
    )
    blueprint_ref: LocalRef | None = None
    disk_snapshot_ref: LocalRef | None = None
    """A frozen disk to begin from: the devbox gets a copy of its own."""
    image: ImageReference | None = None
    """An image, best by digest."""
    user: Annotated[str, Field(max_length=256)] | None = None
    """`user[:group]` to run as; the image's when absent."""
    working_dir: AbsolutePath | None = None
    """Where the command starts; the image's when absent."""
    launch_commands: LaunchCommands | None = None
    """Shell commands to run before `command`, as its user, in one bash that stops at the first that fails
    (Finished, reason LaunchFailed). What they leave running goes on."""
    command: Command | None = None
    """What to run; absent: the devbox stays up until it is suspended or deleted."""
    args: Command | None = None
    env: DevboxEnvList | None = None
    env_from: EnvFromList | None = None
    files: Annotated[list[File], Field(max_length=16), ListMap("name")] | None = None
    """Read-only files under /.assay/files."""
    resources: Resources | None = None
    disk: Disk | None = None
    root_filesystem: RootFilesystem = "Auto"
    """How the disk becomes the root file system. A disk from a snapshot stays what it was."""
    network: Network | None = None
    """What it may reach; the operator's default (Internet) when absent."""
    scheduling: Scheduling | None = None
    reference_from: KeyRef | None = None
    """A key of a Secret, seen as the file /.assay/files/reference."""
    operating_mode: Literal["Running", "Suspended", "Idle"] = "Running"
    """Running: the command runs. Suspended: no pod, the disk stays. Idle: a pod that only stays up, with the disk
    as it is, to look around by `kubectl exec -it POD -- /.assay/shell`; the command does not run."""
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=315_360_000)] | None = None
    """How long it stays after its command ended; for ever when absent."""
    active_deadline_seconds: Annotated[int, Field(ge=1, le=604800)] | None = None
    """How long the pod may run before it is stopped (Finished, reason DeadlineExceeded)."""


class DevboxStatus(Status):
    __doc__ = summary("Devbox")

    reason: str | None = None
    """One word for the printer column: what the devbox does or waits for, or how its command ended; derived from the
    conditions, never an input."""
    pod_name: str | None = None
    claim_name: str | None = None
    node_name: str | None = None
    image: str | None = None
    """The image the disk lies on, by digest where that is known."""
    root_filesystem: MountedRoot | None = None
    """How the disk is mounted."""
    root_filesystem_reason: Annotated[str, Field(max_length=1024)] | None = None
    """Why so: what was asked for, or what the probe of the nodes found."""
    directories: Annotated[list[TopDirectory], Field(max_length=64)] | None = None
    """Copy: the directories on the disk."""
    exit_code: int | None = None
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of the output of a command that failed. Written by the command: never trusted."""
    start_time: datetime | None = None
    """When the command started."""
    finish_time: datetime | None = None
    suspend_time: datetime | None = None
    """When the pod of a suspended devbox was gone."""

    def derived(self) -> Self:
        """With `reason`: that of Finished for a devbox that rests finished, else that of Ready."""
        ready, finished = (
            next((one for one in self.conditions if one.type == type_), None)
            for type_ in (ConditionType.READY, ConditionType.FINISHED)
        )
        rests = ready is None or ready.reason == DevboxReason.FINISHED
        shown = finished if rests and finished else ready
        return self.model_copy(update={"reason": shown.reason if shown else None})


class Devbox(ApiObject[DevboxSpec, DevboxStatus]):
    """A Devbox as observed."""


DEVBOX = Kind(
    name="Devbox",
    plural="devboxes",
    spec=DevboxSpec,
    status=DevboxStatus,
    short_names=("dbx",),
    columns=(
        Column("Phase", "string", ".status.phase"),
        Column("Reason", "string", ".status.reason", "What it does or waits for, or how its command ended"),
        Column("Exit", "integer", ".status.exitCode"),
        Column("Root", "string", ".status.rootFilesystem", priority=1),
        Column("Pod", "string", ".status.podName", priority=1),
        Column("Claim", "string", ".status.claimName", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME,),
    description="A pod whose whole root file system is on a disk that survives it.",
)
