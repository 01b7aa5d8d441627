"""Devbox → its claim and its pod."""

from __future__ import annotations

from typing import Any, cast

from assay.api.devbox import Devbox, DevboxSpec
from assay.api.disk import Disk, MountedRoot
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.meta import Egress
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import devbox_container, names, network_policies, pod_parts, quantity
from .pod_plan import MountPlan, PodPlan, PodRole

CONTAINER = "devbox"
LAUNCH, REFERENCE = "launch", "reference"  # files under pod_parts.FILES_DIR
DEADLINE_SLACK = (
    3600  # the runner stops its command, else the operator its pod; this is for when no operator runs
)


def claim(devbox: Devbox, settings: Settings, snapshot: DiskSnapshotStatus | None = None) -> KubeObject:
    """The claim of the devbox's disk: empty, or with the content of a snapshot."""
    disk = devbox.spec.disk or Disk()
    storage_class = disk.storage_class_name or settings.storage_class
    size = str(disk.size or settings.disk_size)
    source: KubeObject = {}
    if snapshot:
        size = quantity.larger(size, snapshot.restore_size) if snapshot.restore_size else size
        named = {"kind": "VolumeSnapshot", "name": snapshot.volume_snapshot_name}
        source = {"dataSource": {"apiGroup": "snapshot.storage.k8s.io", **named}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(devbox),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            **({"storageClassName": storage_class} if storage_class else {}),
            **source,
        },
    }


def pod(devbox: Devbox, plan: PodPlan, settings: Settings) -> KubeObject:
    """The pod of a devbox, on its disk. A pod of role idle changes nothing on the disk by itself."""
    spec, root = devbox.spec, plan.mount.root_filesystem
    allowed: Egress = "None" if plan.role == "prepare" else network_policies.egress(spec.network, settings)
    gate = {} if plan.role == "prepare" else network_policies.gate(allowed, settings)
    # The init container of a copy waits: it runs anyway, and the devbox has its user from the start.
    boot_gate, install_gate = (gate, {}) if root == "Overlay" else ({}, gate)
    files = _files(spec, plan.role)
    container: KubeObject = {
        "name": CONTAINER,
        "image": plan.image.reference,
        "imagePullPolicy": "IfNotPresent",
        "resources": spec.resources.model_dump(exclude_none=True) if spec.resources else {},
    }
    volumes: list[KubeObject] = [{"name": "disk", "persistentVolumeClaim": {"claimName": devbox.name}}]
    if plan.role == "prepare":
        container |= devbox_container.preparing()
    else:
        container |= devbox_container.working(spec, plan, {**pod_parts.limits(settings), **boot_gate})
        if files or spec.reference_from:
            secret = (spec.reference_from, REFERENCE) if spec.reference_from else None
            mount = {"name": "files", "mountPath": pod_parts.FILES_DIR, "readOnly": True}
            container["volumeMounts"].append(mount)
            volumes.append(pod_parts.files_volume("files", {name: name for name in files}, secret))
    metadata = _metadata(devbox)
    metadata["labels"] |= {
        names.POD_ROLE: plan.role,
        names.ROOT_FILESYSTEM: root,
        **network_policies.label(allowed),
    }
    metadata["annotations"] = pod_parts.file_annotations(files)
    pod_spec = pod_parts.pod_spec([container], volumes, settings, root, install_gate)
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


def _files(spec: DevboxSpec, role: PodRole) -> dict[str, str]:
    """Name → content of the files that the pod sees, without that of a Secret."""
    if role == "prepare":
        return {}
    files = {file.name: file.content for file in spec.files or ()}
    if role == "run" and spec.launch_commands:
        files[LAUNCH] = "".join(f"{command}\n" for command in spec.launch_commands)
    return files


def _metadata(devbox: Devbox) -> dict[str, Any]:
    inherited = {
        key: devbox.metadata.labels[key]
        for key in (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)
        if key in devbox.metadata.labels
    }
    return names.metadata(devbox, devbox.name, "devbox", {**inherited, names.DEVBOX: devbox.name})
