"""The disk of a devbox: its volume, and how it becomes a root file system."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay.crdgen.markers import Quantity

from .meta import Model, ObjectName

RootFilesystem = Literal["Auto", "Overlay", "Copy"]
"""Overlay: what differs from the image is on the volume. Copy: all of it is (no user namespace needed). Auto:
what the cluster's nodes can do, as a probe found out."""

MountedRoot = Literal["Overlay", "Copy"]
TopDirectory = Annotated[str, Field(max_length=255, pattern=r"^[A-Za-z0-9._+-]+$")]


class Disk(Model):
    """The volume that holds a devbox's root file system, or what differs from the image in it."""

    size: Quantity | None = None
    """Size of the claim; the operator's default when absent. A claim from a snapshot is never smaller than that."""
    storage_class_name: ObjectName | None = None
    """Its StorageClass; the cluster's default when absent."""
