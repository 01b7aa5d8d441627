"""The devbox whose disk is to be frozen: whether there is one, what it lies on, and that all of it is on the volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api import conditions
from assay.api.blueprint import BlueprintImage
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.api.disksnapshot import Lineage
from assay.kube.errors import ApiError
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import controller
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.references.snapshots import devbox_of
from assay.specs import devbox_pod, names, pod_parts
from assay.specs.volume_snapshot import FrozenDisk

FLUSH_SECONDS = 60.0


async def describe(ctx: Context, snapshot: Mapping[str, Any]) -> tuple[str, FrozenDisk]:
    """The claim of the devbox's disk and what is known of it, once it can be frozen.

    ReferenceNotReady: not yet; DiskLost: never.
    """
    devbox, run = devbox_of(ctx, snapshot), controller(snapshot)
    namespace, name = snapshot["metadata"]["namespace"], snapshot["spec"]["devboxRef"]["name"]
    if devbox is None and run:
        message = f"the devbox of {run['kind']} {run['name']} went before its disk was frozen: delete this DiskSnapshot"
        raise ReferenceNotReady("DiskLost", message)
    if devbox is None:
        message = f"there is no Devbox {name} in namespace {namespace}: create it"
        raise ReferenceNotReady("DevboxNotFound", message)
    spec = DevboxSpec.model_validate(devbox["spec"])
    status = DevboxStatus.model_validate(devbox.get("status") or {})
    if why := missing(spec, status):
        raise ReferenceNotReady("DevboxNotReady", f"Devbox {name} has no disk to freeze: {why}")
    assert status.claim_name
    image = await _image(ctx, devbox, spec, status)
    disk = FrozenDisk(
        image=image,
        root_filesystem=status.root_filesystem or "Overlay",
        directories=status.directories,
        lineage=lineage(devbox, spec, _blueprint(ctx, namespace, image.reference)),
    )
    await _flush(ctx, devbox, disk)
    return status.claim_name, disk


def missing(spec: DevboxSpec, status: DevboxStatus) -> str:
    """What keeps the disk of a devbox from being frozen; empty when nothing does. Pure."""
    finished = conditions.find(status.conditions, "Finished")
    if finished and finished.reason == "BootFailed":
        return f"it could not boot: {finished.message}"
    has_begun = status.start_time is not None or spec.disk_snapshot_ref is not None
    if has_begun and status.claim_name and status.image and status.root_filesystem:
        return ""
    ready = conditions.find(status.conditions, "Ready")
    return f"{ready.reason}: {ready.message}" if ready else "it has not started yet"


def lineage(devbox: Mapping[str, Any], spec: DevboxSpec, blueprint: Mapping[str, Any] | None) -> Lineage:
    """Where the disk comes from; `blueprint` is one that has its image. Pure."""
    labels = devbox["metadata"].get("labels") or {} if _run(devbox) else {}
    named = spec.blueprint_ref.name if spec.blueprint_ref else None
    return Lineage(
        devbox=devbox["metadata"]["name"],
        blueprint=named or (blueprint["metadata"]["name"] if blueprint else None),
        scenario=labels.get(names.SCENARIO),
        scenario_run=_run(devbox),
        benchmark_run=labels.get(names.BENCHMARK_RUN),
        parent=spec.disk_snapshot_ref.name if spec.disk_snapshot_ref else None,
    )


def _run(devbox: Mapping[str, Any]) -> str | None:
    """The run that made the devbox."""
    owner = controller(devbox)
    return str(owner["name"]) if owner and owner["kind"] == "ScenarioRun" else None


def _blueprint(ctx: Context, namespace: str, reference: str) -> Mapping[str, Any] | None:
    return next(iter(ctx.cache.find("Blueprint", "image", (namespace, reference))), None)


async def _image(
    ctx: Context, devbox: Mapping[str, Any], spec: DevboxSpec, status: DevboxStatus
) -> BlueprintImage:
    """The devbox's image with who works where: from what has the same, a run's devbox itself, or the registry."""
    namespace, reference = devbox["metadata"]["namespace"], status.image or ""
    parent = spec.disk_snapshot_ref and ctx.cache.get("DiskSnapshot", namespace, spec.disk_snapshot_ref.name)
    for known in (_blueprint(ctx, namespace, reference), parent):
        image = ((known or {}).get("status") or {}).get("image") or {}
        if image.get("reference") == reference:
            return BlueprintImage.model_validate(image)
    if _run(devbox):  # it was told all of what its image says
        return BlueprintImage(reference=reference, user=spec.user or "", working_dir=spec.working_dir or "")
    image = await images.of_reference(ctx, reference)
    return image.model_copy(update={"reference": reference})


async def _flush(ctx: Context, devbox: Mapping[str, Any], disk: FrozenDisk) -> None:
    """Have a running devbox write out what it holds in memory. Only its own file system, not the whole node's."""
    metadata = devbox["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    if not any(_runs(pod, name) for pod in ctx.cache.children("Pod", metadata["uid"])):
        return
    on_disk = f"/{disk.directories[0]}" if disk.directories else "/"
    command = [pod_parts.BUSYBOX, "sync", "-f", on_disk]
    try:
        await ctx.client.exec(namespace, name, devbox_pod.CONTAINER, command, FLUSH_SECONDS)
    except ApiError as error:
        message = f"the disk of Devbox {name} cannot be flushed: {error}"
        raise ReferenceNotReady("DevboxNotReady", message, RETRY_SECONDS) from error


def _runs(pod: Mapping[str, Any], name: str) -> bool:
    return pod["metadata"]["name"] == name and "running" in pod_view.container_state(
        pod, devbox_pod.CONTAINER
    )
