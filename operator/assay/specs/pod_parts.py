"""Parts of every pod whose root file system is on a disk.

Overlay: the container starts as root of the pod's own user namespace, mounts the overlay and gives up what it needed
for that before anything of the user's runs (operator/toolbox/boot.sh). KEP-127, KEP-4639.
Copy: an ordinary pod with the disk's directories mounted over the image's. It needs neither user namespaces nor image
volumes: an init container copies the toolbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
BUSYBOX = f"{TOOLBOX}/busybox"
ENVIRON = f"{TOOLBOX}/environ"

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

ORDINARY: dict[str, Any] = {"seccompProfile": {"type": "RuntimeDefault"}}
"""Of a container that needs nothing an ordinary one has not."""


def script(
    name: str,
    *args: str,
    control: Mapping[str, str] | None = None,
    seen: Iterable[str] = (),
    toolbox: str = TOOLBOX,
) -> list[str]:
    """The command line of one of the toolbox's scripts.

    `control` are the variables by which the operator steers the script. Of the container's variables it sees HOME and
    those in `seen`. The command that it starts gets all of them back (operator/toolbox/environ.c): so no variable of
    an image, a Secret or a user steers the script.
    """
    variables = [f"{key}={literal(value)}" for key, value in (control or {}).items()]
    aside = [f"{toolbox}/environ", "aside", *dict.fromkeys(["HOME", *seen]), *variables, "--"]
    return [*aside, f"{toolbox}/busybox", "sh", f"{toolbox}/{name}", *args]


def handed(variables: Iterable[EnvVar]) -> list[str]:
    """Names of those that a run hands to its agent."""
    return [one.name for one in variables if one.name in HANDED or one.name.startswith(PARAMETER)]


def user_namespaces(settings: Settings) -> dict[str, str]:
    """The control variable that leaves nested user namespaces open, where the installation allows them."""
    return {"ASSAY_NESTED_USERNS": "1"} if settings.nested_user_namespaces else {}


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
    init_control: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A pod that runs its containers once, with no access to the cluster.

    `init_control` are the control variables of Copy's init container.
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
        "initContainers": [_toolbox_copy(settings, containers[0].get("resources") or {}, init_control or {})],
    }


def schedule(spec: dict[str, Any], scheduling: Scheduling | None) -> dict[str, Any]:
    """The pod spec with what was asked for about its place; an affinity replaces ours."""
    return {**spec, **scheduling.model_dump(by_alias=True, exclude_none=True)} if scheduling else spec


def toolbox_volume(settings: Settings, root: MountedRoot = "Overlay") -> dict[str, Any]:
    """The tools, straight from the operator's image where the cluster can do that."""
    if root == "Copy":
        return {"name": "toolbox", "emptyDir": {}}
    return {"name": "toolbox", "image": {"reference": settings.toolbox_image, "pullPolicy": "IfNotPresent"}}


def toolbox_mount(root: MountedRoot = "Overlay") -> dict[str, Any]:
    """Where they are seen."""
    part = {"subPath": "opt/assay/toolbox"} if root == "Overlay" else {}
    return {"name": "toolbox", "mountPath": TOOLBOX, **part, "readOnly": True}


def shell_mount() -> dict[str, Any]:
    """`/.assay/shell` of a copied root file system; boot.sh makes that of an overlay."""
    return {"name": "toolbox", "mountPath": f"{ROOT}/shell", "subPath": "here.sh", "readOnly": True}


def _toolbox_copy(
    settings: Settings, resources: dict[str, Any], control: Mapping[str, str]
) -> dict[str, Any]:
    """Fills the toolbox volume; with the resources of the pod's container, which a quota may ask for."""
    return {
        "name": "toolbox",
        "image": settings.toolbox_image,
        "imagePullPolicy": "IfNotPresent",
        "command": script("copy.sh", TOOLBOX, control=control, toolbox="/opt/assay/toolbox"),
        "resources": resources,
        "securityContext": {
            "runAsUser": 65532,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "toolbox", "mountPath": TOOLBOX}],
    }


def file_annotations(files: Mapping[str, str]) -> dict[str, str]:
    """Small files as annotations of the pod: no ConfigMap to write, none to clean up."""
    return {f"{FILES}/{name}": content for name, content in files.items()}


def files_volume(
    volume: str, annotation_to_path: Mapping[str, str], secret: tuple[KeyRef, str] | None = None
) -> dict[str, Any]:
    """A volume of files that travel as annotations: annotation's name → path; and a key of a Secret, at a path."""
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
