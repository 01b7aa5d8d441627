"""Reads what a devbox's disk and next pod are made of: snapshot, mount plan, image and network policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import Devbox, DevboxSpec
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.clock import monotonic
from assay.kube_object import KubeObject
from assay.reconcile.common import network_policies
from assay.reconcile.common.context import Context
from assay.reconcile.common.known_images import KnownImage
from assay.reconcile.nodes import mount as mounts
from assay.reconcile.nodes.node_probe import Probing
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.references.snapshots import named
from assay.specs.pod_plan import MountPlan, PodPlan, needs_image_config

from .observed import Observed


@dataclass(frozen=True, slots=True)
class Needs:
    """All that the disk and the next pod of a devbox are made of."""

    snapshot: DiskSnapshotStatus | None = None
    """What the disk begins with, if it is to be created from a snapshot."""
    plan: PodPlan | None = None
    """None: there is to be no pod."""
    missing_policies: Sequence[KubeObject] = ()
    outdated_policies: Sequence[tuple[KubeObject, KubeObject]] = ()
    """Each with the merge patch that brings it up to date."""


async def read(ctx: Context, seen: Observed) -> Needs | Probing:
    """What there is to make disk and pod of. ReferenceNotReady: something is missing.

    Probing: the nodes of the cluster are to be probed first.
    """
    devbox, snapshot = seen.devbox, None
    if devbox.status.claim_name is None and devbox.spec.disk_snapshot_ref:
        snapshot = named(ctx, devbox.namespace, devbox.spec.disk_snapshot_ref.name)
    if seen.wanted is None:
        return Needs(snapshot)
    mount = _fixed_mount(devbox, snapshot) or await mounts.plan(ctx, devbox, devbox.spec.root_filesystem)
    if isinstance(mount, Probing):
        return mount
    image = await _image(ctx, devbox, mount, snapshot)
    is_unprepared = mount.root_filesystem == "Copy" and not mount.directories
    return Needs(
        snapshot,
        PodPlan("prepare" if is_unprepared else seen.wanted, image, mount),
        network_policies.missing(ctx, devbox.namespace),
        network_policies.outdated(ctx, devbox.namespace),
    )


def _fixed_mount(devbox: Devbox, snapshot: DiskSnapshotStatus | None) -> MountPlan | None:
    """How the disk is mounted, if it is there already, or will be a copy of one."""
    status = devbox.status
    if status.root_filesystem:
        return MountPlan(
            status.root_filesystem, status.root_filesystem_reason or "", status.directories or ()
        )
    return mount_of_snapshot(devbox.spec, snapshot) if snapshot else None


def mount_of_snapshot(spec: DevboxSpec, snapshot: DiskSnapshotStatus) -> MountPlan:
    """A disk from a snapshot is mounted as the snapshot's disk was."""
    name = spec.disk_snapshot_ref.name if spec.disk_snapshot_ref else ""
    reason = f"as the disk of DiskSnapshot {name} was made"
    return MountPlan(snapshot.root_filesystem or "Overlay", reason, snapshot.directories or ())


async def _image(
    ctx: Context, devbox: Devbox, mount: MountPlan, snapshot: DiskSnapshotStatus | None
) -> BlueprintImage:
    """The image on which the disk lies, or will lie: once it is in the status, it stays."""
    spec, pinned = devbox.spec, devbox.status.image
    reference = pinned or spec.image or ""
    if "@" in reference and not needs_image_config(spec, mount.root_filesystem):
        return BlueprintImage(reference=reference)
    if snapshot and snapshot.image:
        return snapshot.image
    if spec.blueprint_ref:
        try:
            current = images.of_blueprint(ctx, devbox.namespace, spec.blueprint_ref.name)
        except ReferenceNotReady:
            if pinned is None:
                raise
        else:
            if pinned in (None, current.reference):
                return current
    if pinned:
        return await images.recent(ctx, pinned)
    image = await images.of_reference(ctx, reference)
    # The next reconcile, once the status is written, asks for it by its digest.
    ctx.known_images.put(image.reference, KnownImage(monotonic(), image))
    return image
