"""Devbox: a pod whose whole root file system is on a disk that survives it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from .blueprint import ImageReference
from .crd import Column, Kind
from .markers import Cel, ListMap
from .meta import (
    IMMUTABLE_SPEC,
    SHORT_NAME,
    AbsolutePath,
    Command,
    Disk,
    EnvFromList,
    EnvList,
    LocalRef,
    Model,
    Resources,
    Status,
)


class File(Model):
    """A small read-only file under `/.assay/files`."""

    name: Annotated[
        str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
    ]
    content: Annotated[str, Field(max_length=131072)]


class DevboxSpec(Model):
    """What runs on which disk."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.blueprintRef) != has(self.image)", "give exactly one of blueprintRef and image"),
    )
    blueprint_ref: LocalRef | None = None
    image: ImageReference | None = None
    """An image, best by digest."""
    user: Annotated[str, Field(max_length=256)] | None = None
    """`user[:group]` to run as; the image's when absent."""
    working_dir: AbsolutePath | None = None
    """Where the command starts; the image's when absent."""
    command: Command | None = None
    """What to run; absent: the devbox stays up until it is deleted."""
    args: Command | None = None
    env: EnvList | None = None
    env_from: EnvFromList | None = None
    files: Annotated[list[File], Field(max_length=16), ListMap("name")] | None = None
    """Read-only files under /.assay/files, together less than 256 KiB (they travel as pod annotations)."""
    resources: Resources | None = None
    disk: Disk | None = None
    active_deadline_seconds: Annotated[int, Field(ge=1, le=604800)] | None = None
    """How long the pod may run before it is stopped (Finished, reason DeadlineExceeded)."""


class DevboxStatus(Status):
    """Conditions: Ready, Finished (Completed, Error, OOMKilled, DeadlineExceeded, Evicted, PodLost, …)."""

    pod_name: str | None = None
    claim_name: str | None = None
    node_name: str | None = None
    image: str | None = None
    """The image the disk lies on, by digest where that is known."""
    exit_code: int | None = None
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of the output of a command that failed. Written by the command: never trusted."""
    start_time: datetime | None = None
    """When the command started."""
    finish_time: datetime | None = None


DEVBOX = Kind(
    name="Devbox",
    plural="devboxes",
    spec=DevboxSpec,
    status=DevboxStatus,
    short_names=("dbx",),
    columns=(
        Column("Phase", "string", ".status.phase"),
        Column("Reason", "string", '.status.conditions[?(@.type=="Finished")].reason'),
        Column("Exit", "integer", ".status.exitCode"),
        Column("Pod", "string", ".status.podName", priority=1),
        Column("Claim", "string", ".status.claimName", priority=1),
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME, IMMUTABLE_SPEC),
    description="A pod whose whole root file system is on a disk that survives it.",
)
