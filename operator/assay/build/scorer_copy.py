"""Copy mode → the init containers of a scorer's pod: each function that writes gets a copy of the agent's disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assay.api.scoring import ScoringFunction

from . import rootfs
from .scorer_container import TOOLS_DIR, UNPRIVILEGED, Surroundings, needs_tools, root_of
from .settings import BuildSettings


def containers(
    around: Surroundings, functions: Sequence[ScoringFunction], settings: BuildSettings
) -> list[dict[str, Any]]:
    """What runs before the functions, once the toolbox is there."""
    resources = functions[0].resources.model_dump(exclude_none=True) if functions[0].resources else {}
    common = {"imagePullPolicy": "IfNotPresent", "resources": resources}
    made = [{**one, **common} for one in _copies(around, functions)]
    if any(needs_tools(f) for f in functions):
        made.append({**_tools(settings), **common})
    return made


def _copies(around: Surroundings, functions: Sequence[ScoringFunction]) -> Iterator[dict[str, Any]]:
    """One for all functions that want the same files of the image back: it notes these files for each."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for f in functions:
        if root_of(f) == "Merged":
            groups.setdefault(tuple((f.test_files and f.test_files.restore) or ()), []).append(f.name)
    for number, (restore, those) in enumerate(groups.items()):
        yield {
            "name": f"assay-copy-{number}",
            "image": around.pinned.image.reference,
            "command": rootfs.script("copydisk.sh", *around.place(), *those),
            "env": [{"name": "ASSAY_RESTORE", "value": rootfs.literal("\n".join(restore))}],
            "securityContext": UNPRIVILEGED,
            "volumeMounts": [
                {"name": "disk", "mountPath": rootfs.DISK, "readOnly": True},
                {"name": "scratch", "mountPath": rootfs.SCRATCH},
                rootfs.toolbox_mount(around.root),
            ],
        }


def _tools(settings: BuildSettings) -> dict[str, Any]:
    """Fills the volume of tools."""
    return {
        "name": "assay-tools",
        "image": settings.toolbox_image,
        "command": [rootfs.BUSYBOX, "cp", "-R", "/opt/assay/tools/.", TOOLS_DIR],
        "securityContext": {
            "runAsUser": 65532,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            **rootfs.ORDINARY,
        },
        "volumeMounts": [
            {"name": "tools", "mountPath": TOOLS_DIR},
            rootfs.toolbox_mount("Copy"),
        ],
    }
