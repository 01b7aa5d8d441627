"""The container of a devbox's pod: what it runs, as which user, on which mounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.api.devbox import DevboxSpec
from assay.kube_object import KubeObject

from . import pod_parts
from .pod_plan import PodPlan

STAY_UP = [pod_parts.BUSYBOX, "tail", "-f", "/dev/null"]
_BOOTED: KubeObject = {
    "exec": {"command": [pod_parts.BUSYBOX, "test", "-e", f"{pod_parts.ROOT}/shell"]},
    "periodSeconds": 1,
    "timeoutSeconds": 5,
}


def working(spec: DevboxSpec, plan: PodPlan, has_launch: bool, control: Mapping[str, str]) -> KubeObject:
    """Runs the command, or only stays up; `control` are the boot script's variables (Overlay)."""
    command = [*(spec.command or STAY_UP), *(spec.args or ())] if plan.role == "run" else STAY_UP
    is_overlay = plan.mount.root_filesystem == "Overlay"
    made: KubeObject = {
        "env": pod_parts.env_list(spec.env or ()),
        "envFrom": [source.model_dump(by_alias=True, exclude_none=True) for source in spec.env_from or ()],
        **(
            _overlaid(spec, plan, command, control)
            if is_overlay
            else _copied(spec, plan, command, has_launch)
        ),
    }
    if is_overlay and (plan.role == "idle" or not spec.command):
        made["readinessProbe"] = _BOOTED  # people want to enter it
    return made


def _overlaid(
    spec: DevboxSpec, plan: PodPlan, command: Sequence[str], control: Mapping[str, str]
) -> KubeObject:
    """Boots into the disk, runs the launch commands and becomes the command as the image's user."""
    user, directory = pod_parts.user_and_directory(plan.image, spec.user, spec.working_dir)
    visible = pod_parts.handed(spec.env or ())
    return {
        "command": pod_parts.script("boot.sh", user, directory, *command, control=control, visible=visible),
        "securityContext": pod_parts.SECURITY_CONTEXT,
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount()],
    }


def _copied(spec: DevboxSpec, plan: PodPlan, command: Sequence[str], has_launch: bool) -> KubeObject:
    """Starts in the copied directories: the kubelet mounts them."""
    image = plan.image
    mounts = [
        {"name": "disk", "mountPath": f"/{directory}", "subPath": f"{pod_parts.COPIED}/{directory}"}
        for directory in plan.mount.directories
    ]
    if has_launch:
        command = pod_parts.script("launch.sh", "--here", *command, visible=pod_parts.handed(spec.env or ()))
    identity = pod_parts.numeric_identity(spec.user) if spec.user and spec.user != image.user else None
    return {
        "command": list(command),
        "workingDir": pod_parts.user_and_directory(image, spec.user, spec.working_dir)[1],
        "securityContext": {**(identity or {}), **pod_parts.ORDINARY},
        "volumeMounts": [*mounts, pod_parts.toolbox_mount("Copy"), pod_parts.shell_mount()],
    }


def preparing() -> KubeObject:
    """Copies the image onto the disk, as root, so that files keep their owners."""
    return {
        "command": pod_parts.script("prepare.sh"),
        "securityContext": {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY},
        "volumeMounts": [{"name": "disk", "mountPath": pod_parts.DISK}, pod_parts.toolbox_mount("Copy")],
    }
