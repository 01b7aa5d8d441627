"""A devbox gets its disk and its next pod, once all that they are made of is there."""

from __future__ import annotations

from assay.api.blueprint import BlueprintImage
from assay.api.conditions import false
from assay.api.devbox import DevboxStatus
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.reasons import EndReason
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.nodes import node_probe
from assay.reconcile.nodes.node_probe import Probing
from assay.reconcile.references.errors import ReferenceNotReady
from assay.settings import Settings
from assay.specs import devbox_pod, texts
from assay.specs.pod_plan import MountPlan, PodPlan, is_user_unknown

from .needs import Needs, mount_of_snapshot, read
from .observed import Observed
from .status import READY, finish, suspend, waiting


async def start(ctx: Context, seen: Observed) -> Decision:
    """Read what disk and pod are made of, and decide what to create."""
    try:
        needs = await read(ctx, seen)
    except ReferenceNotReady as missing:
        why = false(READY, missing.reason, missing.message)
        return waiting(seen, seen.new_status(), why, missing.retry)
    if isinstance(needs, Probing):
        return node_probe.decision(ctx, seen.devbox.status, needs)
    return decide(seen, needs, ctx.settings)


def decide(seen: Observed, needs: Needs, settings: Settings) -> Decision:
    """The claim where there is none, and the pod that is due. No I/O."""
    devbox, plan = seen.devbox, needs.plan
    has_claim = devbox.status.claim_name or seen.has_claim_of_run
    claims = [] if has_claim else [devbox_pod.claim(devbox, settings, needs.snapshot)]
    if plan is None:
        return _disk_alone(seen, needs.snapshot, claims)
    if is_user_unknown(devbox.spec, plan):
        return finish(seen, seen.new_status(), _user_not_numeric(devbox.spec.user))
    if devbox.status.image is None and not _is_shown_by_pod(seen, plan):
        return _fix(seen, plan)
    pod = devbox_pod.pod(devbox, plan, settings)
    if devbox.status.root_filesystem is None:
        pod = devbox_pod.with_mount_reason(pod, plan.mount)
    # There is nothing to report yet: the status is written once the pod runs, or something keeps it from running.
    create = [*needs.missing_policies, *claims, *texts.carried(pod)]
    return Decision(devbox.status, create=create, patch=needs.outdated_policies, write=False)


def _disk_alone(seen: Observed, snapshot: DiskSnapshotStatus | None, claims: list[KubeObject]) -> Decision:
    """A suspended devbox gets a disk and no pod."""
    status = seen.devbox.status.model_copy()
    if snapshot and snapshot.image:
        _pin(status, snapshot.image, mount_of_snapshot(seen.spec, snapshot))
    suspend(seen, status)
    return Decision(status, create=claims)


def _is_shown_by_pod(seen: Observed, plan: PodPlan) -> bool:
    """Whether spec and pod have all that the status will say: then it can wait until the pod runs."""
    return plan.mount.root_filesystem == "Overlay" and "@" in (seen.spec.image or "")


def _fix(seen: Observed, plan: PodPlan) -> Decision:
    """Image and mount plan are written before there is a disk: a later edit of blueprint or tag changes neither."""
    status = seen.devbox.status.model_copy()
    _pin(status, plan.image, plan.mount)
    status.phase = "Pending"
    return Decision(status, requeue=0)


def _pin(status: DevboxStatus, image: BlueprintImage, mount: MountPlan) -> None:
    status.image = image.reference
    status.root_filesystem, status.root_filesystem_reason = mount.root_filesystem, mount.reason
    status.directories = list(mount.directories) or None


def _user_not_numeric(user: str | None) -> Cause:
    return Cause(
        EndReason.USER_NOT_NUMERIC,
        f"the root file system is a copy of the image, and Kubernetes does not know the number of user {user}: create "
        "another devbox with uid[:gid] as its user, without one (the image's), or on nodes that can mount overlays",
    )
