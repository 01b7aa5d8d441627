"""Secrets in variables of functions that work in the agent's pod, as volumes.

The kubelet looks for the Secrets of a container's variables when it starts that container, which is after the agent has
worked. For those of volumes it looks before it starts any container. The runner shows this volume to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.api.scoring import ScoringFunction

from . import names, pod_parts

DIRECTORY = f"{pod_parts.ROOT}/required"


def volumes(functions: Sequence[ScoringFunction]) -> list[dict[str, Any]]:
    """One volume for each function whose variables need Secrets."""
    return [
        {"name": _name(function), "projected": {"sources": sources}}
        for function in functions
        if (sources := _sources(function))
    ]


def mounts(function: ScoringFunction) -> list[dict[str, Any]]:
    """The mount of that volume: the kubelet passes over what nothing mounts."""
    if not _sources(function):
        return []
    return [{"name": _name(function), "mountPath": DIRECTORY, "readOnly": True}]


def _name(function: ScoringFunction) -> str:
    return names.child_name("required", function.name)


def _sources(function: ScoringFunction) -> list[dict[str, Any]]:
    """The Secrets, as sources of a projected volume; none that is optional."""
    keys = [(variable.value_from or {}).get("secretKeyRef") for variable in function.env or ()]
    needed = [one for one in keys if one and not one.get("optional")]
    of_keys = [
        {"secret": {"name": one["name"], "items": [{"key": one["key"], "path": str(number)}]}}
        for number, one in enumerate(needed)
    ]
    groups = [group.secret_ref for group in function.env_from or () if group.secret_ref]
    return [*of_keys, *({"secret": {"name": one.name}} for one in groups)]
