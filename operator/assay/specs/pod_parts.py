"""Parts of every pod whose root file system is on a disk.

Overlay: the container starts as root of the pod's own user namespace and mounts the overlay. It drops the privileges
for that before anything of the user's runs (operator/runner/internal/boot). KEP-127, KEP-4639.
Copy: an ordinary pod with the disk's directories mounted over the image's. It needs neither user namespaces nor image
volumes: an init container copies the toolbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay.api.blueprint import BlueprintImage
from assay.api.disk import MountedRoot
from assay.api.meta import HANDED, PARAMETER, EnvVar, KeyRef
from assay.api.scheduling import Scheduling
from assay.settings import Settings

from .names import FILES

ROOT = "/.assay"
TOOLBOX = f"{ROOT}/toolbox"
DISK = f"{ROOT}/disk"
FILES_DIR = f"{ROOT}/files"
SCRATCH = f"{ROOT}/scratch"
COPIED = "root"  # the directory of a disk, or of scratch space, that has the copied directories
BUSYBOX = f"{TOOLBOX}/busybox"
RUNNER = f"{TOOLBOX}/runner"
_TOOLBOX_IN_IMAGE = "/opt/assay/toolbox"

Flag = str | int | bool | Sequence[str] | None
"""The value of a flag; one that is a sequence is given once for each member."""

SECURITY_CONTEXT: dict[str, Any] = {
    "runAsUser": 0,
    "runAsGroup": 0,
    # The capabilities hold in the pod's own user namespace only.
    "capabilities": {
        "add": ["SYS_ADMIN", "SYS_RESOURCE", "SYS_CHROOT", "SETPCAP", "SETFCAP", "MKNOD", "AUDIT_WRITE"],
        "drop": ["NET_RAW"],
    },
    "seccompProfile": {"type": "RuntimeDefault"},
    "appArmorProfile": {"type": "Unconfined"},  # the default profile denies mount
}

ORDINARY: dict[str, Any] = {
    # With raw packets a pod can speak for its neighbours, and network policies see the wrong one.
    "capabilities": {"drop": ["NET_RAW"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""The security context of a container that needs no privileges."""

POWERLESS: dict[str, Any] = {
    "runAsUser": 65532,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""The security context of a container that only copies files of our image."""


def runner(command: str, /, **flags: Flag) -> list[str]:
    """The beginning of a command line of the runner (operator/runner): `runner command --flag=value …`.

    Nothing else steers it: no variable that an image, a Secret or a user sets. A flag whose value is None, False, 0 or
    empty is left out; the others arrive as written, whatever the kubelet expands.
    """
    words = [RUNNER, command]
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, (str, int)):
            words += [f"{flag}={literal(str(value))}"] if value else []
        else:
            words += [f"{flag}={literal(one)}" for one in value or ()]
    return words


def limits(settings: Settings) -> dict[str, int | bool]:
    """The flags of what an overlay's pod may do: Linux counts processes and namespaces per user namespace."""
    return {"pids": settings.pids_max, "nested_user_namespaces": settings.nested_user_namespaces}


def handed(variables: Iterable[EnvVar]) -> list[str]:
    """The names of the variables that a run hands to its agent."""
    return [one.name for one in variables if one.name in HANDED or one.name.startswith(PARAMETER)]


def user_and_directory(image: BlueprintImage, user: str | None, working_dir: str | None) -> tuple[str, str]:
    """User and working directory: those asked for, else the image's, else root in `/`."""
    return user or image.user or "0", working_dir or image.working_dir or "/"


def numeric_identity(user: str) -> dict[str, Any] | None:
    """The fields of a security context for `uid[:gid]`; None for names, which only the image could resolve."""
    uid, colon, gid = user.partition(":")
    if not uid.isdecimal() or (colon and not gid.isdecimal()):
        return None
    return {"runAsUser": int(uid), **({"runAsGroup": int(gid)} if colon else {})}


def pod_spec(
    containers: list[dict[str, Any]],
    volumes: list[dict[str, Any]],
    settings: Settings,
    root: MountedRoot = "Overlay",
    install_gate: Mapping[str, Flag] | None = None,
) -> dict[str, Any]:
    """A pod that runs its containers once, without access to the API.

    `install_gate`: what the init container of a copy waits for (network_policies.gate).
    """
    common: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "containers": containers,
        "volumes": [toolbox_volume(settings, root), *volumes],
    }
    if root == "Overlay":
        return {"hostUsers": False, **common}
    return {
        **common,
        "initContainers": [_toolbox_copy(settings, containers[0].get("resources") or {}, install_gate or {})],
    }


def schedule(spec: dict[str, Any], scheduling: Scheduling | None) -> dict[str, Any]:
    """The pod spec with the user's scheduling fields; the user's affinity replaces ours."""
    return {**spec, **scheduling.model_dump(by_alias=True, exclude_none=True)} if scheduling else spec


def toolbox_volume(settings: Settings, root: MountedRoot = "Overlay") -> dict[str, Any]:
    """The toolbox: an image volume for an overlay; for a copy an emptyDir, which an init container fills."""
    if root == "Copy":
        return {"name": "toolbox", "emptyDir": {}}
    return {"name": "toolbox", "image": {"reference": settings.toolbox_image, "pullPolicy": "IfNotPresent"}}


def toolbox_mount(root: MountedRoot = "Overlay") -> dict[str, Any]:
    """The mount of the toolbox."""
    part = {"subPath": _TOOLBOX_IN_IMAGE.lstrip("/")} if root == "Overlay" else {}
    return {"name": "toolbox", "mountPath": TOOLBOX, **part, "readOnly": True}


def shell_mount() -> dict[str, Any]:
    """`/.assay/shell` of a copied root file system: the runner, which makes that of an overlay itself."""
    return {"name": "toolbox", "mountPath": f"{ROOT}/shell", "subPath": "runner", "readOnly": True}


def _toolbox_copy(settings: Settings, resources: dict[str, Any], gate: Mapping[str, Flag]) -> dict[str, Any]:
    """Fills the toolbox volume. It has the resources of the pod's container, since a quota may require some."""
    return {
        "name": "toolbox",
        "image": settings.toolbox_image,
        "imagePullPolicy": "IfNotPresent",
        "command": [f"{_TOOLBOX_IN_IMAGE}/runner", *runner("install", **gate)[1:], TOOLBOX],
        "resources": resources,
        "securityContext": POWERLESS,
        "volumeMounts": [{"name": "toolbox", "mountPath": TOOLBOX}],
    }


def file_annotations(files: Mapping[str, str]) -> dict[str, str]:
    """Small files as annotations of the pod: no ConfigMap to write, none to clean up."""
    return {f"{FILES}/{name}": content for name, content in files.items()}


def files_volume(
    volume: str, annotation_to_path: Mapping[str, str], secret: tuple[KeyRef, str] | None = None
) -> dict[str, Any]:
    """A volume with files from the pod's annotations (annotation → path), and with a key of a Secret at a path."""
    items = [
        {"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['{FILES}/{name}']"}}
        for name, path in annotation_to_path.items()
    ]
    if secret is None:
        return {"name": volume, "downwardAPI": {"items": items}}
    ref, path = secret
    source = {"secret": {"name": ref.name, "items": [{"key": ref.key, "path": path}]}}
    sources = [*([{"downwardAPI": {"items": items}}] if items else []), source]
    return {"name": volume, "projected": {"sources": sources}}


def literal(text: str) -> str:
    """The text escaped for the kubelet, which expands `$(NAME)` and reads `$$` as `$`."""
    return text.replace("$", "$$")


def env_list(*groups: Iterable[EnvVar], **ours: str) -> list[dict[str, Any]]:
    """Environment of a container: later groups win over earlier ones, and ours over all."""
    merged: dict[str, dict[str, Any]] = {}
    for group in groups:
        for var in group:
            merged[var.name] = var.model_dump(by_alias=True, exclude_none=True)
    for name, value in ours.items():
        merged[name] = {"name": name, "value": value}
    return list(merged.values())
