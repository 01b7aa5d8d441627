"""The disk of a devbox: whether it is there, and what it lies on."""

from __future__ import annotations

from assay.api import conditions
from assay.api.blueprint import Blueprint, BlueprintImage
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.api.reasons import EndReason, ReferenceReason
from assay.api.scenariorun import ScenarioRun
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.context import Context
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import devbox_container
from assay.specs.volume_snapshot import FrozenDisk

from .source import Source, blueprint_of, hidden, lineage_of


async def find(ctx: Context, devbox: Devbox) -> Source:
    """The disk of a devbox. ReferenceNotReady: it has none yet."""
    status = devbox.status
    if devbox.spec.reference_from:
        raise hidden(f"Devbox {devbox.name}")
    if why := missing(devbox):
        message = f"Devbox {devbox.name} has no disk to freeze: {why}"
        raise ReferenceNotReady(ReferenceReason.DISK_NOT_READY, message)
    image = await _image(ctx, devbox)
    disk = FrozenDisk(
        image=image,
        root_filesystem=status.root_filesystem or "Overlay",
        directories=status.directories,
        lineage=lineage(devbox, _run(ctx, devbox), blueprint_of(ctx, devbox.namespace, image.reference)),
    )
    is_in_use = any(_runs(pod, devbox.name) for pod in ctx.cache.children("Pod", devbox.uid))
    return Source(f"Devbox {devbox.name}", status.claim_name or "", disk, is_in_use)


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


def lineage(devbox: Devbox, run: ScenarioRun | None, blueprint: Blueprint | None) -> Lineage:
    """Where the disk comes from: `run` made the devbox, `blueprint` is one that has the disk's image."""
    spec = devbox.spec
    referred = spec.blueprint_ref.name if spec.blueprint_ref else None
    origin = {
        "devbox": devbox.name,
        "blueprint": referred or (blueprint.name if blueprint else None),
        "parent": spec.disk_snapshot_ref.name if spec.disk_snapshot_ref else None,
    }
    return (lineage_of(run) if run else Lineage()).model_copy(update=origin)


def _run(ctx: Context, devbox: Devbox) -> ScenarioRun | None:
    """The run that made the devbox."""
    owner = devbox.controller
    found = ctx.cache.get("ScenarioRun", devbox.namespace, owner.name) if owner else None
    run = ScenarioRun.parse(found) if found else None
    return run if run and devbox.is_controlled_by(run.uid) else None


async def _image(ctx: Context, devbox: Devbox) -> BlueprintImage:
    """The devbox's image, with its user and working directory.

    They come from a blueprint or a snapshot of the same image, from the devbox itself if a run made it, or from the
    registry.
    """
    spec, reference = devbox.spec, devbox.status.image or ""
    blueprint = blueprint_of(ctx, devbox.namespace, reference)
    if blueprint and blueprint.status.image:
        return blueprint.status.image
    if spec.disk_snapshot_ref:
        found = ctx.cache.get("DiskSnapshot", devbox.namespace, spec.disk_snapshot_ref.name)
        image = DiskSnapshot.parse(found).status.image if found else None
        if image and image.reference == reference:
            return image
    if _run(ctx, devbox):  # its spec has all that a run needs of the image
        return BlueprintImage(reference=reference, user=spec.user or "", working_dir=spec.working_dir or "")
    image = await images.of_reference(ctx, reference)
    return image.model_copy(update={"reference": reference})


def _runs(pod: KubeObject, name: str) -> bool:
    return pod["metadata"]["name"] == name and pod_view.runs(pod, devbox_container.CONTAINER)
