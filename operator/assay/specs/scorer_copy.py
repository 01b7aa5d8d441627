"""Copy mode → the init containers of a scorer's pod: each function that writes gets a copy of the agent's disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.settings import Settings

from . import pod_parts
from .scorer_container import TOOLS_DIR, UNPRIVILEGED, ScorerPod, needs_tools, root_of


def containers(pod: ScorerPod) -> list[dict[str, Any]]:
    """The init containers that run after the toolbox's own, and before the functions."""
    given = pod.functions[0].resources
    common = {
        "imagePullPolicy": "IfNotPresent",
        "resources": given.model_dump(exclude_none=True) if given else {},
    }
    made = [{**one, **common} for one in _copies(pod)]
    if any(needs_tools(f) for f in pod.functions):
        made.append({**_tools(pod.settings), **common})
    return made


def _copies(pod: ScorerPod) -> Iterator[dict[str, Any]]:
    """One container for all functions that restore the same files: it also saves these files from the image."""
    user, directory = pod.user_and_directory()
    groups: dict[tuple[str, ...], list[str]] = {}
    for f in pod.functions:
        if root_of(f) == "Merged":
            groups.setdefault(tuple((f.test_files and f.test_files.restore) or ()), []).append(f.name)
    for number, (restore, those) in enumerate(groups.items()):
        yield {
            "name": f"assay-copy-{number}",
            "image": pod.pinned.image.reference,
            "command": [
                *pod_parts.runner("copy-disk", user=user, working_dir=directory, restore=restore),
                *those,
            ],
            "securityContext": UNPRIVILEGED,
            "volumeMounts": [
                {"name": "disk", "mountPath": pod_parts.DISK, "readOnly": True},
                {"name": "scratch", "mountPath": pod_parts.SCRATCH},
                pod_parts.toolbox_mount(pod.root),
            ],
        }


def _tools(settings: Settings) -> dict[str, Any]:
    """Fills the volume of tools."""
    return {
        "name": "assay-tools",
        "image": settings.toolbox_image,
        "command": [pod_parts.BUSYBOX, "cp", "-R", "/opt/assay/tools/.", TOOLS_DIR],
        "securityContext": pod_parts.POWERLESS,
        "volumeMounts": [
            {"name": "tools", "mountPath": TOOLS_DIR},
            pod_parts.toolbox_mount("Copy"),
        ],
    }
