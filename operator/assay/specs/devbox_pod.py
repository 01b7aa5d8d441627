"""Devbox → claim and pods: the one that runs its command, one that only stays up, one that prepares a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import DevboxSpec
from assay.api.disk import Disk, MountedRoot
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.settings import Settings

from . import names, network_policies, pod_parts, quantity

Mode = Literal["run", "idle", "prepare"]
CONTAINER = "devbox"
LAUNCH, REFERENCE = "launch", "reference"  # files under pod_parts.FILES_DIR
STAY_UP = [pod_parts.BUSYBOX, "tail", "-f", "/dev/null"]
_BOOTED: dict[str, Any] = {
    "exec": {"command": [pod_parts.BUSYBOX, "test", "-e", f"{pod_parts.ROOT}/shell"]},
    "periodSeconds": 1,
    "timeoutSeconds": 5,
}
DEADLINE_SLACK = 3600  # the operator stops a devbox in time; this is for when there is none
COPIED = "root"  # where the copied directories are on a disk


@dataclass(frozen=True, slots=True)
class Root:
    """How a disk becomes a root file system, and why so."""

    mode: MountedRoot
    reason: str
    directories: Sequence[str] = ()
    """Copy: those on the disk."""


def claim(
    devbox: Mapping[str, Any],
    spec: DevboxSpec,
    settings: Settings,
    *,
    snapshot: DiskSnapshotStatus | None = None,
) -> dict[str, Any]:
    """The disk, empty or from a snapshot."""
    disk = spec.disk or Disk()
    storage_class = disk.storage_class_name or settings.storage_class
    size = str(disk.size or settings.disk_size)
    source: dict[str, Any] = {}
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


def pod(
    devbox: Mapping[str, Any],
    spec: DevboxSpec,
    image: BlueprintImage,
    settings: Settings,
    root: Root,
    mode: Mode = "run",
) -> dict[str, Any]:
    """The pod of a devbox, on its disk. Only one of `mode` run or prepare changes anything by itself."""
    allowed = network_policies.egress(spec.network, settings) if mode != "prepare" else "None"
    # A copied root file system has nothing of ours before its command: there an init container waits.
    waits = network_policies.gate(allowed, settings) if mode != "prepare" else {}
    gate, init_gate = (waits, {}) if root.mode == "Overlay" else ({}, waits)
    files = {file.name: file.content for file in spec.files or ()}
    if mode == "run" and spec.launch_commands:
        files[LAUNCH] = "".join(f"{command}\n" for command in spec.launch_commands)
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image.reference,
        "imagePullPolicy": "IfNotPresent",
        "resources": spec.resources.model_dump(exclude_none=True) if spec.resources else {},
    }
    volumes: list[dict[str, Any]] = [
        {"name": "disk", "persistentVolumeClaim": {"claimName": devbox["metadata"]["name"]}}
    ]
    if mode == "prepare":
        files = {}
        container |= _preparing()
    else:
        container["env"] = pod_parts.env_list(spec.env or ())
        container["envFrom"] = [
            source.model_dump(by_alias=True, exclude_none=True) for source in spec.env_from or ()
        ]
        command = [*(spec.command or STAY_UP), *(spec.args or ())] if mode == "run" else STAY_UP
        if root.mode == "Overlay":
            container |= _overlaid(spec, image, settings, command, gate)
        else:
            container |= _copied(spec, image, root, command, LAUNCH in files)
        if root.mode == "Overlay" and (mode == "idle" or not spec.command):
            container["readinessProbe"] = _BOOTED  # people want to enter it
        if files or spec.reference_from:
            secret = (spec.reference_from, REFERENCE) if spec.reference_from else None
            mount = {"name": "files", "mountPath": pod_parts.FILES_DIR, "readOnly": True}
            container["volumeMounts"].append(mount)
            volumes.append(pod_parts.files_volume("files", {name: name for name in files}, secret))
    metadata = _metadata(devbox)
    metadata["labels"] |= {
        names.MODE: mode,
        names.ROOT_FILESYSTEM: root.mode,
        **network_policies.label(allowed),
    }
    metadata["annotations"] = pod_parts.file_annotations(files)
    pod_spec = pod_parts.pod_spec([container], volumes, settings, root.mode, init_gate)
    if mode == "run" and spec.active_deadline_seconds:
        pod_spec["activeDeadlineSeconds"] = spec.active_deadline_seconds + DEADLINE_SLACK
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": pod_parts.schedule(pod_spec, spec.scheduling),
    }


def needs_image_config(spec: DevboxSpec, mode: MountedRoot) -> bool:
    """Whether the image's configuration adds anything: who runs where may be given in full."""
    given = bool(spec.user and spec.working_dir)
    return not (given and (mode == "Overlay" or pod_parts.numeric_identity(spec.user or "") is not None))


def _overlaid(
    spec: DevboxSpec,
    image: BlueprintImage,
    settings: Settings,
    command: Sequence[str],
    gate: Mapping[str, str],
) -> dict[str, Any]:
    """Boots into the disk, runs the launch commands and becomes the command as the image's user."""
    user, directory = pod_parts.user_and_directory(image, spec.user, spec.working_dir)
    seen = pod_parts.handed(spec.env or ())
    # Processes are counted per user namespace, so there is no such limit where a pod has none of its own.
    control = {"ASSAY_PIDS_MAX": str(settings.pids_max), **pod_parts.user_namespaces(settings), **gate}
    return {
        "command": pod_parts.script("boot.sh", user, directory, *command, control=control, seen=seen),
        "securityContext": pod_parts.SECURITY_CONTEXT,
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount()],
    }


def _copied(
    spec: DevboxSpec, image: BlueprintImage, root: Root, command: Sequence[str], launched: bool
) -> dict[str, Any]:
    """Is in the copy from the start."""
    mounts = [
        {"name": "disk", "mountPath": f"/{directory}", "subPath": f"{COPIED}/{directory}"}
        for directory in root.directories
    ]
    identity = pod_parts.numeric_identity(spec.user) if spec.user and spec.user != image.user else None
    if launched:
        command = pod_parts.script("launch.sh", "--here", *command, seen=pod_parts.handed(spec.env or ()))
    return {
        "command": list(command),
        "workingDir": pod_parts.user_and_directory(image, spec.user, spec.working_dir)[1],
        "securityContext": {**(identity or {}), **pod_parts.ORDINARY},
        "volumeMounts": [*mounts, pod_parts.toolbox_mount("Copy"), pod_parts.shell_mount()],
    }


def _preparing() -> dict[str, Any]:
    """Copies the image onto the disk; as root, for files have owners."""
    return {
        "command": pod_parts.script("prepare.sh"),
        "securityContext": {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY},
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount("Copy")],
    }


def _metadata(devbox: Mapping[str, Any]) -> dict[str, Any]:
    inherited = devbox["metadata"].get("labels") or {}
    ours = {
        key: inherited[key]
        for key in (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)
        if key in inherited
    }
    name = devbox["metadata"]["name"]
    return names.metadata(devbox, name, "devbox", {**ours, names.DEVBOX: name})
