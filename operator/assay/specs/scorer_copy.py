"""Copy mode → the init containers of a scorer's pod: each function that writes gets a copy of the agent's disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assay.api.scoring import ScoringFunction
from assay.settings import Settings

from . import pod_parts
from .scorer_container import TOOLS_DIR, UNPRIVILEGED, ScorerPod, needs_tools, root_of


def containers(
    around: ScorerPod, functions: Sequence[ScoringFunction], settings: Settings
) -> list[dict[str, Any]]:
    """What runs before the functions, once the toolbox is there."""
    resources = functions[0].resources.model_dump(exclude_none=True) if functions[0].resources else {}
    common = {"imagePullPolicy": "IfNotPresent", "resources": resources}
    made = [{**one, **common} for one in _copies(around, functions)]
    if any(needs_tools(f) for f in functions):
        made.append({**_tools(settings), **common})
    return made


def _copies(around: ScorerPod, functions: Sequence[ScoringFunction]) -> Iterator[dict[str, Any]]:
    """One for all functions that want the same files of the image back: it notes these files for each."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for f in functions:
        if root_of(f) == "Merged":
            groups.setdefault(tuple((f.test_files and f.test_files.restore) or ()), []).append(f.name)
    for number, (restore, those) in enumerate(groups.items()):
        yield {
            "name": f"assay-copy-{number}",
            "image": around.pinned.image.reference,
            "command": pod_parts.script(
                "copydisk.sh", *around.place(), *those, told={"ASSAY_RESTORE": "\n".join(restore)}
            ),
            "securityContext": UNPRIVILEGED,
            "volumeMounts": [
                {"name": "disk", "mountPath": pod_parts.DISK, "readOnly": True},
                {"name": "scratch", "mountPath": pod_parts.SCRATCH},
                pod_parts.toolbox_mount(around.root),
            ],
        }


def _tools(settings: Settings) -> dict[str, Any]:
    """Fills the volume of tools."""
    return {
        "name": "assay-tools",
        "image": settings.toolbox_image,
        "command": [pod_parts.BUSYBOX, "cp", "-R", "/opt/assay/tools/.", TOOLS_DIR],
        "securityContext": {
            "runAsUser": 65532,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            **pod_parts.ORDINARY,
        },
        "volumeMounts": [
            {"name": "tools", "mountPath": TOOLS_DIR},
            pod_parts.toolbox_mount("Copy"),
        ],
    }
