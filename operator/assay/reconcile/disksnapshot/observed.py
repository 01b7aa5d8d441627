"""What there is of a frozen disk: its VolumeSnapshot, the disk to freeze, and what needs the DiskSnapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.api.blueprint import BlueprintImage
from assay.api.disksnapshot import DiskSnapshot
from assay.api.reasons import DiskSnapshotReason, ReferenceReason
from assay.api.scenariorun import ScenarioRun
from assay.kube.errors import NotFound
from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.references.snapshots import disk_of
from assay.specs import volume_snapshot as volume_snapshot_spec

from . import devbox_disk, retention, run_disk
from .source import Source, check_flushed
from .volume_snapshot import NO_CRDS, UNAVAILABLE_RETRY_SECONDS


@dataclass(frozen=True, slots=True)
class Observed:
    """What a decision about a DiskSnapshot needs."""

    volume_snapshot: KubeObject | None = None
    """The VolumeSnapshot that it imports, or its own."""
    source: Source | None = None
    """The disk to freeze; None if it is frozen already, or cannot be frozen."""
    image: BlueprintImage | None = None
    """The image of `spec.image`, as long as the status has none."""
    problem: ReferenceNotReady | None = None
    """What keeps the disk from being frozen or used."""
    needed_by: Sequence[str] = ()
    """What needs the snapshot, as `Kind name`; read only if its time may be over some day."""
    surplus: Sequence[KubeObject] = ()
    """Snapshots of the same scenario to delete."""


async def observe(ctx: Context, snapshot: DiskSnapshot) -> Observed:
    """Read the VolumeSnapshot; the disk and the image only where they are needed."""
    needed_by = retention.needed_by(ctx, snapshot) if snapshot.spec.ttl_seconds else ()
    observed = Observed(needed_by=needed_by, surplus=retention.surplus_beside(ctx, snapshot))
    try:
        found = await _volume_snapshot(ctx, snapshot)
        if found is None:
            disk = await find_disk(ctx, snapshot)
            check_flushed(ctx, snapshot, disk)
            return replace(observed, source=disk)
        observed = replace(observed, volume_snapshot=found)
        if snapshot.spec.image and snapshot.status.image is None:
            return replace(observed, image=await images.of_reference(ctx, snapshot.spec.image))
    except ReferenceNotReady as problem:
        return replace(observed, problem=problem)
    return observed


async def find_disk(ctx: Context, snapshot: DiskSnapshot) -> Source:
    """The disk that a snapshot names. ReferenceNotReady: not yet; with reason DiskLost: never."""
    owner = disk_of(ctx, snapshot)
    if owner is None:
        raise _no_disk(snapshot)
    return await (
        run_disk.find(ctx, owner) if isinstance(owner, ScenarioRun) else devbox_disk.find(ctx, owner)
    )


def _no_disk(snapshot: DiskSnapshot) -> ReferenceNotReady:
    if run := snapshot.controller:
        gone = f"the disk of {run.kind} {run.name} was deleted before it was frozen"
        return ReferenceNotReady(DiskSnapshotReason.DISK_LOST, f"{gone}: delete this DiskSnapshot")
    namespace = snapshot.namespace
    if ref := snapshot.spec.devbox_ref:
        message = f"there is no Devbox {ref.name} in namespace {namespace}: create it"
        return ReferenceNotReady(ReferenceReason.DEVBOX_NOT_FOUND, message)
    name = snapshot.spec.scenario_run_ref.name if snapshot.spec.scenario_run_ref else ""
    message = f"ScenarioRun {name} in namespace {namespace} has no disk: it is gone, has not begun, or has deleted it"
    return ReferenceNotReady(ReferenceReason.DISK_NOT_READY, message)


async def _volume_snapshot(ctx: Context, snapshot: DiskSnapshot) -> KubeObject | None:
    """The VolumeSnapshot that is imported, or that was made for the snapshot; None if it is to be created."""
    namespace, imported = snapshot.namespace, snapshot.spec.volume_snapshot_ref
    name = imported.name if imported else snapshot.name
    # The watch may lag, and there is none where the cluster lacks the CRDs.
    found = ctx.cache.get("VolumeSnapshot", namespace, name) or await _read(ctx, namespace, name)
    if found and (imported or volume_snapshot_spec.is_of(found, snapshot)):
        return found
    if snapshot.status.volume_snapshot_name:
        message = f"VolumeSnapshot {name} was deleted, and the disk with it: delete this DiskSnapshot"
        raise ReferenceNotReady(DiskSnapshotReason.DISK_LOST, message)
    if imported:
        message = f"there is no VolumeSnapshot {name} in namespace {namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.VOLUME_SNAPSHOT_NOT_FOUND, message)
    return None


async def _read(ctx: Context, namespace: str, name: str) -> KubeObject | None:
    """A VolumeSnapshot from the API server. ReferenceNotReady: the cluster does not have the kind."""
    try:
        found = await ctx.client.get(VOLUME_SNAPSHOTS, namespace, name)
    except NotFound as error:
        if f'"{name}" not found' in error.message:  # otherwise it is the kind that was not found
            return None
        reason = DiskSnapshotReason.SNAPSHOTS_UNAVAILABLE
        raise ReferenceNotReady(reason, NO_CRDS, UNAVAILABLE_RETRY_SECONDS) from error
    ctx.observe("VolumeSnapshot", found)
    return found
