"""A devbox gets its disk and its next pod, once all that they need is there."""

from __future__ import annotations

from typing import Any

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import Devbox, DevboxSpec, DevboxStatus
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.reconcile.common import network_policies
from assay.reconcile.common.apply import apply, write_status
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import set_raw_condition
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.references.snapshots import named
from assay.specs import devbox_pod, names, pod_parts
from assay.specs.devbox_pod import Root

from . import node_probe
from .operating_mode import wanted
from .status import READY, suspended

Obj = dict[str, Any]


async def start(ctx: Context, devbox: Obj, spec: DevboxSpec, status: DevboxStatus) -> float | None:
    """Create the claim where there is none, and the pod that is due; returns when to look again."""
    try:
        return await _start(ctx, devbox, spec, status)
    except ReferenceNotReady as missing:
        set_raw_condition(devbox, status, READY, "False", missing.reason, missing.message, ctx.now())
        status.phase = "Pending"
        return await apply(ctx, devbox, Decision(status, requeue=missing.retry), blocked_condition=READY)


async def _start(ctx: Context, devbox: Obj, spec: DevboxSpec, status: DevboxStatus) -> float | None:
    namespace, claims, snapshot = devbox["metadata"]["namespace"], [], None
    if status.claim_name is None:
        if spec.disk_snapshot_ref:
            snapshot = named(ctx, namespace, spec.disk_snapshot_ref.name)
        claims = [devbox_pod.claim(devbox, spec, ctx.settings, snapshot=snapshot)]
    mode = wanted(spec)
    if mode is None:
        if snapshot and snapshot.image:
            _pin(status, snapshot.image, _of_snapshot(spec, snapshot))
        suspended(devbox, status, ctx.now())
        return await apply(ctx, devbox, Decision(status, create=claims), blocked_condition=READY)
    root = await _root(ctx, devbox, spec, status, snapshot)
    if not isinstance(root, Root):
        return root  # nodes are being probed
    image = await _image(ctx, namespace, spec, status, root, snapshot)
    if root.mode == "Copy":
        _check_user(spec, image)
    if not _is_told_by(spec, root) and status.image is None:
        # Fixed before there is a disk, so that no edit of a blueprint or tag comes between the two.
        _pin(status, image, root)
        status.phase = "Pending"
        await write_status(ctx, Devbox.parse(devbox), status)
        devbox = ctx.cache.get("Devbox", namespace, devbox["metadata"]["name"]) or devbox
    if root.mode == "Copy" and not root.directories:
        mode = "prepare"
    pod = devbox_pod.pod(devbox, spec, image, ctx.settings, root, mode)
    create = [*network_policies.missing(ctx, namespace), *claims, pod]
    # Nothing to say yet: the status is written when the pod runs, or when something keeps it from running.
    decision = Decision(status, create=create, patch=network_policies.outdated(ctx, namespace), write=False)
    return await apply(ctx, devbox, decision, blocked_condition=READY)


async def tell(ctx: Context, spec: DevboxSpec, status: DevboxStatus, pod: Obj) -> None:
    """Put into the status what its pod was made of, where that could wait until now."""
    if status.root_filesystem:
        return
    labels = pod["metadata"].get("labels") or {}
    status.image = spec.image
    status.root_filesystem = labels.get(names.ROOT_FILESYSTEM, "Overlay")
    root = _asked_for(ctx, spec) or await node_probe.recall(ctx)
    if root and root.mode == status.root_filesystem:
        status.root_filesystem_reason = root.reason


def _is_told_by(spec: DevboxSpec, root: Root) -> bool:
    """Whether spec and pod say all that the status will: so it need not be written before the pod runs."""
    return root.mode == "Overlay" and "@" in (spec.image or "")


def _pin(status: DevboxStatus, image: BlueprintImage, root: Root) -> None:
    status.image = image.reference
    status.root_filesystem, status.root_filesystem_reason = root.mode, root.reason
    status.directories = list(root.directories) or None


async def _root(
    ctx: Context, devbox: Obj, spec: DevboxSpec, status: DevboxStatus, snapshot: DiskSnapshotStatus | None
) -> Root | float:
    if status.root_filesystem:
        reason = status.root_filesystem_reason or ""
        return Root(status.root_filesystem, reason, status.directories or ())
    if snapshot:
        return _of_snapshot(spec, snapshot)
    return _asked_for(ctx, spec) or await node_probe.choose(ctx, devbox)


def _of_snapshot(spec: DevboxSpec, snapshot: DiskSnapshotStatus) -> Root:
    name = spec.disk_snapshot_ref.name if spec.disk_snapshot_ref else ""
    mode = snapshot.root_filesystem or "Overlay"
    return Root(mode, f"as the disk of DiskSnapshot {name} was made", snapshot.directories or ())


def _asked_for(ctx: Context, spec: DevboxSpec) -> Root | None:
    if spec.root_filesystem != "Auto":
        return Root(spec.root_filesystem, "spec.rootFilesystem asks for it")
    if ctx.settings.root_filesystem != "Auto":
        return Root(ctx.settings.root_filesystem, "the operator's setting rootFilesystem asks for it")
    return None


async def _image(
    ctx: Context,
    namespace: str,
    spec: DevboxSpec,
    status: DevboxStatus,
    root: Root,
    snapshot: DiskSnapshotStatus | None,
) -> BlueprintImage:
    """The image a disk lies on, or will lie on: once that is said, it stays."""
    known = status.image or spec.image or ""
    if "@" in known and not devbox_pod.needs_image_config(spec, root.mode):
        return BlueprintImage(reference=known)
    if snapshot and snapshot.image:
        return snapshot.image
    if spec.blueprint_ref:
        try:
            current = images.of_blueprint(ctx, namespace, spec.blueprint_ref.name)
        except ReferenceNotReady:
            if status.image is None:
                raise
        else:
            if status.image in (None, current.reference):
                return current
    return await images.of_reference(ctx, known)


def _check_user(spec: DevboxSpec, image: BlueprintImage) -> None:
    user = spec.user
    if user and user != image.user and pod_parts.numeric_identity(user) is None:
        raise ReferenceNotReady(
            "UserNotNumeric",
            f"user {user} is a name, which only the image knows: create the devbox with uid[:gid] as its user, "
            "without one (the image's), or on nodes that can mount overlays",
        )
