"""Parts of every pod whose root file system is an overlay on a disk.

The container starts as root of the pod's own user namespace, mounts the overlay and gives up what it needed
for that before anything of the user's runs (operator/toolbox/boot.sh). KEP-127, KEP-4639.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay.api.blueprint import BlueprintImage
from assay.api.meta import EnvVar

from .names import FILES
from .settings import BuildSettings

ROOT = "/.assay"
TOOLBOX = f"{ROOT}/toolbox"
DISK = f"{ROOT}/disk"
FILES_DIR = f"{ROOT}/files"
SCRATCH = f"{ROOT}/scratch"
BUSYBOX = f"{TOOLBOX}/busybox"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

SECURITY_CONTEXT: dict[str, Any] = {
    "runAsUser": 0,
    "runAsGroup": 0,
    # All of these hold in the pod's own user namespace only.
    "capabilities": {
        "add": ["SYS_ADMIN", "SYS_RESOURCE", "SYS_CHROOT", "SETPCAP", "SETFCAP", "MKNOD", "AUDIT_WRITE"]
    },
    "seccompProfile": {"type": "RuntimeDefault"},
    "appArmorProfile": {"type": "Unconfined"},  # the default profile denies mount
}


def script(name: str, *args: str) -> list[str]:
    """The command line of one of the toolbox's scripts."""
    return [BUSYBOX, "sh", f"{TOOLBOX}/{name}", *args]


def user_and_directory(image: BlueprintImage, user: str | None, working_dir: str | None) -> tuple[str, str]:
    """Who runs where: what is asked for, else what the image says, else root in `/`."""
    return user or image.user or "0", working_dir or image.working_dir or "/"


def pod_spec(
    containers: list[dict[str, Any]], volumes: list[dict[str, Any]], settings: BuildSettings
) -> dict[str, Any]:
    """A pod that runs its containers once, with no access to the cluster."""
    return {
        "hostUsers": False,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "containers": containers,
        "volumes": [toolbox_volume(settings), *volumes],
    }


def toolbox_volume(settings: BuildSettings) -> dict[str, Any]:
    """The tools, straight from the operator's image."""
    return {"name": "toolbox", "image": {"reference": settings.toolbox_image, "pullPolicy": "IfNotPresent"}}


def toolbox_mount() -> dict[str, Any]:
    """Where they are seen."""
    return {"name": "toolbox", "mountPath": TOOLBOX, "subPath": "opt/assay/toolbox", "readOnly": True}


def file_annotations(files: Mapping[str, str]) -> dict[str, str]:
    """Small files as annotations of the pod: no ConfigMap to write, none to clean up."""
    return {f"{FILES}/{name}": content for name, content in files.items()}


def files_volume(volume: str, annotation_to_path: Mapping[str, str]) -> dict[str, Any]:
    """A volume of files that travel as annotations: annotation's name → path."""
    items = [
        {"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['{FILES}/{name}']"}}
        for name, path in annotation_to_path.items()
    ]
    return {"name": volume, "downwardAPI": {"items": items}}


def literal(text: str) -> str:
    """A text that the kubelet, which expands `$(NAME)` and reads `$$` as `$`, hands on as it is."""
    return text.replace("$", "$$")


def env_list(*groups: Iterable[EnvVar], **ours: str) -> list[dict[str, Any]]:
    """Environment of a container: later groups win, ours last."""
    merged: dict[str, dict[str, Any]] = {}
    for group in groups:
        for var in group:
            merged[var.name] = var.model_dump(by_alias=True, exclude_none=True)
    for name, value in ours.items():
        merged[name] = {"name": name, "value": value}
    return list(merged.values())
