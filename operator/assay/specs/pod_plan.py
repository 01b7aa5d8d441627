"""What a devbox's pod is made of, beside the spec of the devbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import DevboxSpec
from assay.api.disk import MountedRoot

from . import pod_parts

PodRole = Literal["run", "idle", "prepare"]
"""What a pod is for: to run the command, to only stay up, or to copy the image onto the disk."""


@dataclass(frozen=True, slots=True)
class MountPlan:
    """How a disk becomes a root file system, and why so."""

    root_filesystem: MountedRoot
    reason: str
    directories: Sequence[str] = ()
    """Copy: the directories on the disk; empty until they are copied."""


@dataclass(frozen=True, slots=True)
class PodPlan:
    """What a devbox's pod is made of, beside the devbox's spec."""

    role: PodRole
    image: BlueprintImage
    mount: MountPlan


def needs_image_config(spec: DevboxSpec, root: MountedRoot) -> bool:
    """Whether user or working directory come from the image's configuration."""
    given = bool(spec.user and spec.working_dir)
    return not (given and (root == "Overlay" or pod_parts.numeric_identity(spec.user or "") is not None))


def is_user_unknown(spec: DevboxSpec, plan: PodPlan) -> bool:
    """Whether no pod can run as the user: of a copy, Kubernetes has to know the number of another user's name."""
    user = spec.user
    if plan.mount.root_filesystem == "Overlay" or not user or user == plan.image.user:
        return False
    return pod_parts.numeric_identity(user) is None
