"""The container in which a devbox's command, or a run's agent, works: what it runs, as which user, on which mounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assay.api.devbox import DevboxSpec
from assay.kube_object import KubeObject

from . import pod_parts
from .pod_parts import Flag
from .pod_plan import PodPlan

CONTAINER = "devbox"
LAUNCH, REFERENCE = "launch", "reference"  # files under pod_parts.FILES_DIR

_BOOTED: KubeObject = {
    "exec": {"command": [pod_parts.BUSYBOX, "test", "-e", f"{pod_parts.ROOT}/shell"]},
    "periodSeconds": 1,
    "timeoutSeconds": 5,
}


class Work(NamedTuple):
    """A container, and what its pod must have for it beside the disk."""

    container: KubeObject
    volumes: list[KubeObject]
    annotations: dict[str, str]


def work(spec: DevboxSpec, plan: PodPlan, boot: Mapping[str, Flag]) -> Work:
    """What works on the disk by this spec, or prepares it; `boot` are flags that only an overlay has."""
    container: KubeObject = {
        "name": CONTAINER,
        "image": plan.image.reference,
        "imagePullPolicy": "IfNotPresent",
        "resources": spec.resources.model_dump(exclude_none=True) if spec.resources else {},
    }
    if plan.role == "prepare":
        return Work({**container, **_preparing()}, [], {})
    container |= _working(spec, plan, boot)
    files = _files(spec, plan)
    if not files and not spec.reference_from:
        return Work(container, [], {})
    secret = (spec.reference_from, REFERENCE) if spec.reference_from else None
    mount = {"name": "files", "mountPath": pod_parts.FILES_DIR, "readOnly": True}
    container["volumeMounts"].append(mount)
    volume = pod_parts.files_volume("files", {name: name for name in files}, secret)
    return Work(container, [volume], pod_parts.file_annotations(files))


def _files(spec: DevboxSpec, plan: PodPlan) -> dict[str, str]:
    """Name → content of the files that the container sees, without that of a Secret."""
    files = {file.name: file.content for file in spec.files or ()}
    if plan.role == "run" and spec.launch_commands:
        files[LAUNCH] = "".join(f"{command}\n" for command in spec.launch_commands)
    return files


def _working(spec: DevboxSpec, plan: PodPlan, boot: Mapping[str, Flag]) -> KubeObject:
    """Runs the command, or only stays up."""
    is_run, is_overlay = plan.role == "run", plan.mount.root_filesystem == "Overlay"
    command = [*spec.command, *(spec.args or ())] if is_run and spec.command else []
    flags: dict[str, Flag] = {
        "hand": pod_parts.handed(spec.env or ()),
        "timeout": spec.active_deadline_seconds if is_run else None,
    }
    made: KubeObject = {
        "env": pod_parts.env_list(spec.env or ()),
        "envFrom": [source.model_dump(by_alias=True, exclude_none=True) for source in spec.env_from or ()],
        **(_overlaid(spec, plan, {**flags, **boot}) if is_overlay else _copied(spec, plan, flags)),
    }
    made["command"] += ["--", *command] if command else []
    if is_overlay and not command:
        made["readinessProbe"] = _BOOTED  # people want to enter it
    return made


def _overlaid(spec: DevboxSpec, plan: PodPlan, flags: Mapping[str, Flag]) -> KubeObject:
    """Boots into the disk, and runs launch commands and the command as the image's user."""
    user, directory = pod_parts.user_and_directory(plan.image, spec.user, spec.working_dir)
    return {
        "command": pod_parts.runner("boot", user=user, working_dir=directory, **flags),
        "securityContext": pod_parts.SECURITY_CONTEXT,
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount()],
    }


def _copied(spec: DevboxSpec, plan: PodPlan, flags: Mapping[str, Flag]) -> KubeObject:
    """Starts in the copied directories, which the kubelet mounts, as the image's user."""
    image = plan.image
    mounts = [
        {"name": "disk", "mountPath": f"/{directory}", "subPath": f"{pod_parts.COPIED}/{directory}"}
        for directory in plan.mount.directories
    ]
    identity = pod_parts.numeric_identity(spec.user) if spec.user and spec.user != image.user else None
    return {
        "command": pod_parts.runner("supervise", disk=_flushed(plan.mount.directories), **flags),
        "workingDir": pod_parts.user_and_directory(image, spec.user, spec.working_dir)[1],
        "securityContext": {**(identity or {}), **pod_parts.ORDINARY},
        "volumeMounts": [*mounts, pod_parts.toolbox_mount("Copy"), pod_parts.shell_mount()],
    }


def _flushed(directories: Sequence[str]) -> str | None:
    """A directory of the disk by which the runner flushes it: one that every user may read, if there is one."""
    return next((f"/{name}" for name in ("etc", *directories) if name in directories), None)


def _preparing() -> KubeObject:
    """Copies the image onto the disk, as root, so that files keep their owners."""
    return {
        "command": pod_parts.runner("prepare"),
        "securityContext": {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY},
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount("Copy")],
    }
