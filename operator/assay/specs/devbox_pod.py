"""Devbox → its claim and its pod."""

from __future__ import annotations

from typing import Any, cast

from assay.api.devbox import Devbox
from assay.api.disk import MountedRoot
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.meta import Egress
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import claim as claims
from . import devbox_container, names, network_policies, pod_parts
from .pod_plan import MountPlan, PodPlan, PodRole

DEADLINE_SLACK = (
    3600  # the runner stops its command, else the operator its pod; this is for when no operator runs
)


def claim(devbox: Devbox, settings: Settings, snapshot: DiskSnapshotStatus | None = None) -> KubeObject:
    """The claim of the devbox's disk: empty, or with the content of a snapshot."""
    return claims.claim(_metadata(devbox), devbox.spec.disk, settings, snapshot)


def pod(devbox: Devbox, plan: PodPlan, settings: Settings) -> KubeObject:
    """The pod of a devbox, on its disk. A pod of role idle changes nothing on the disk by itself."""
    spec, root = devbox.spec, plan.mount.root_filesystem
    allowed: Egress = "None" if plan.role == "prepare" else network_policies.egress(spec.network, settings)
    gate = {} if plan.role == "prepare" else network_policies.gate(allowed, settings)
    # The init container of a copy waits: it runs anyway, and the devbox has its user from the start.
    boot_gate, install_gate = (gate, {}) if root == "Overlay" else ({}, gate)
    work = devbox_container.work(spec, plan, {**pod_parts.limits(settings), **boot_gate})
    volumes = [{"name": "disk", "persistentVolumeClaim": {"claimName": devbox.name}}, *work.volumes]
    metadata = _metadata(devbox)
    metadata["labels"] |= {
        names.POD_ROLE: plan.role,
        names.ROOT_FILESYSTEM: root,
        **network_policies.label(allowed),
    }
    metadata["annotations"] = work.annotations
    pod_spec = pod_parts.pod_spec([work.container], volumes, settings, root, install_gate)
    if plan.role == "run" and spec.active_deadline_seconds:
        pod_spec["activeDeadlineSeconds"] = spec.active_deadline_seconds + DEADLINE_SLACK
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": pod_parts.schedule(pod_spec, spec.scheduling),
    }


def with_mount_reason(manifest: KubeObject, mount: MountPlan) -> KubeObject:
    """The pod with the reason of its mount plan, for a devbox whose status is written only once the pod runs."""
    metadata = manifest["metadata"]
    annotations = {**metadata["annotations"], names.ROOT_FILESYSTEM_REASON: mount.reason}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def role_of(found: KubeObject) -> PodRole:
    """What a devbox's pod is for."""
    return cast("PodRole", (found["metadata"].get("labels") or {}).get(names.POD_ROLE, "run"))


def mount_of(found: KubeObject) -> MountPlan:
    """How a devbox's pod mounts the disk, and why, if the pod says so."""
    labels, annotations = (found["metadata"].get(key) or {} for key in ("labels", "annotations"))
    root: MountedRoot = labels.get(names.ROOT_FILESYSTEM, "Overlay")
    return MountPlan(root, annotations.get(names.ROOT_FILESYSTEM_REASON, ""))


def _metadata(devbox: Devbox) -> dict[str, Any]:
    inherited = {
        key: devbox.metadata.labels[key]
        for key in (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)
        if key in devbox.metadata.labels
    }
    labels = {**names.queue_labels(devbox.metadata.labels), **inherited, names.DEVBOX: devbox.name}
    return names.metadata(devbox, devbox.name, "devbox", labels)
