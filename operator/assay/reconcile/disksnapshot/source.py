"""The devbox whose disk is to be frozen: whether it has a disk, what the disk lies on, and whether it is flushed."""

from __future__ import annotations

from dataclasses import dataclass

from assay.api import conditions
from assay.api.blueprint import Blueprint, BlueprintImage
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.api.reasons import DiskSnapshotReason, EndReason, ReferenceReason
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.context import Context
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.references.snapshots import devbox_of
from assay.specs import devbox_pod, names
from assay.specs.volume_snapshot import FrozenDisk

FLUSH_SECONDS = 8.0
"""The runner flushes a running devbox's disk every 5 seconds (operator/runner/internal/process).

Times of objects are cut to whole seconds, and a flush takes time.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A disk that can be frozen."""

    devbox: Devbox
    claim: str
    disk: FrozenDisk


async def find_source(ctx: Context, snapshot: DiskSnapshot) -> Source:
    """The disk of the devbox that a snapshot names. ReferenceNotReady: not yet; with reason DiskLost: never."""
    devbox = devbox_of(ctx, snapshot)
    if devbox is None:
        raise _no_devbox(snapshot)
    status = devbox.status
    if why := missing(devbox):
        message = f"Devbox {devbox.name} has no disk to freeze: {why}"
        raise ReferenceNotReady(ReferenceReason.DEVBOX_NOT_READY, message)
    image = await _image(ctx, devbox)
    disk = FrozenDisk(
        image=image,
        root_filesystem=status.root_filesystem or "Overlay",
        directories=status.directories,
        lineage=lineage(devbox, _blueprint(ctx, devbox.namespace, image.reference)),
    )
    return Source(devbox, status.claim_name or "", disk)


def missing(devbox: Devbox) -> str:
    """What keeps the disk of a devbox from being frozen; empty if nothing does."""
    spec, status = devbox.spec, devbox.status
    finished = conditions.find(status.conditions, ConditionType.FINISHED)
    if finished and finished.reason == EndReason.BOOT_FAILED:
        return f"it could not boot: {finished.message}"
    has_begun = status.start_time is not None or spec.disk_snapshot_ref is not None
    if has_begun and status.claim_name and status.image and status.root_filesystem:
        return ""
    ready = conditions.find(status.conditions, ConditionType.READY)
    return f"{ready.reason}: {ready.message}" if ready else "it has not started yet"


def lineage(devbox: Devbox, blueprint: Blueprint | None) -> Lineage:
    """Where the disk comes from; `blueprint` is one that has the disk's image."""
    spec, run = devbox.spec, _run(devbox)
    labels = devbox.metadata.labels if run else {}
    referred = spec.blueprint_ref.name if spec.blueprint_ref else None
    return Lineage(
        devbox=devbox.name,
        blueprint=referred or (blueprint.name if blueprint else None),
        scenario=labels.get(names.SCENARIO),
        scenario_run=run,
        benchmark_run=labels.get(names.BENCHMARK_RUN),
        parent=spec.disk_snapshot_ref.name if spec.disk_snapshot_ref else None,
    )


def check_flushed(ctx: Context, snapshot: DiskSnapshot, source: Source) -> None:
    """The runner in a devbox writes out what its disk holds in memory every few seconds. A running devbox is frozen
    once that must have happened since the DiskSnapshot was created. ReferenceNotReady: not yet.
    """
    devbox = source.devbox
    if not any(_runs(pod, devbox.name) for pod in ctx.cache.children("Pod", devbox.uid)):
        return
    created = snapshot.metadata.creation_timestamp
    age = (ctx.now() - created).total_seconds() if created else FLUSH_SECONDS
    left = FLUSH_SECONDS - max(age, 0.0)  # the API server's clock may be ahead of ours
    if left > 0:
        message = f"Devbox {devbox.name} writes its disk out, which takes at most {FLUSH_SECONDS:.0f} s"
        raise ReferenceNotReady(DiskSnapshotReason.FLUSHING, message, left)


def _no_devbox(snapshot: DiskSnapshot) -> ReferenceNotReady:
    if run := snapshot.controller:
        gone = f"the devbox of {run.kind} {run.name} was deleted before its disk was frozen"
        return ReferenceNotReady(DiskSnapshotReason.DISK_LOST, f"{gone}: delete this DiskSnapshot")
    name = snapshot.spec.devbox_ref.name if snapshot.spec.devbox_ref else ""
    message = f"there is no Devbox {name} in namespace {snapshot.namespace}: create it"
    return ReferenceNotReady(ReferenceReason.DEVBOX_NOT_FOUND, message)


def _run(devbox: Devbox) -> str | None:
    """The run that made the devbox."""
    owner = devbox.controller
    return owner.name if owner and owner.kind == "ScenarioRun" else None


def _blueprint(ctx: Context, namespace: str, reference: str) -> Blueprint | None:
    """A blueprint that has this image."""
    found = ctx.cache.find("Blueprint", "image", (namespace, reference))
    return Blueprint.parse(found[0]) if found else None


async def _image(ctx: Context, devbox: Devbox) -> BlueprintImage:
    """The devbox's image, with its user and working directory.

    They come from a blueprint or a snapshot of the same image, from the devbox itself if a run made it, or from the
    registry.
    """
    spec, reference = devbox.spec, devbox.status.image or ""
    blueprint = _blueprint(ctx, devbox.namespace, reference)
    if blueprint and blueprint.status.image:
        return blueprint.status.image
    if spec.disk_snapshot_ref:
        found = ctx.cache.get("DiskSnapshot", devbox.namespace, spec.disk_snapshot_ref.name)
        image = DiskSnapshot.parse(found).status.image if found else None
        if image and image.reference == reference:
            return image
    if _run(devbox):  # its spec has all that a run needs of the image
        return BlueprintImage(reference=reference, user=spec.user or "", working_dir=spec.working_dir or "")
    image = await images.of_reference(ctx, reference)
    return image.model_copy(update={"reference": reference})


def _runs(pod: KubeObject, name: str) -> bool:
    state = pod_view.container_state(pod, devbox_pod.CONTAINER)
    return pod["metadata"]["name"] == name and "running" in state
