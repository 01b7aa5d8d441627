"""kubectl, kind and helm: this machine's own where new enough, else compiled into the cache."""

from __future__ import annotations

import os
import re
from shutil import which

from . import gobuild, pins
from .cache import cache_root
from .console import capture
from .gobuild import Group

_VERSION = {
    "kubectl": ("version", "--client"),
    "kind": ("version",),
    "helm": ("version", "--short"),
}
_OLDEST = {"kubectl": pins.OLDEST_KUBECTL, "kind": pins.OLDEST_KIND, "helm": pins.OLDEST_HELM}
_GROUPS: dict[str, Group] = {"kubectl": gobuild.KUBECTL, "kind": gobuild.KIND, "helm": gobuild.HELM}


def bin_folder() -> str:
    """The cache's own folder of programs; it goes first on PATH."""
    return str(cache_root() / "bin")


def search_path() -> str:
    """PATH with the cache's programs first."""
    return os.pathsep.join([bin_folder(), machine_path()])


def machine_path() -> str:
    """PATH without the cache's programs."""
    return os.pathsep.join(
        p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p != bin_folder()
    )


def ensure(*names: str) -> None:
    """Have these programs on ``search_path()``."""
    for name in names:
        link = cache_root() / "bin" / name
        if _machine_has(name):
            link.unlink(missing_ok=True)
            continue
        program = gobuild.programs(_GROUPS[name]) / name
        if not link.is_symlink() or link.readlink() != program:
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(program)


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The first version such as ``v1.36.3`` in a text."""
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def new_enough(text: str, oldest: str) -> bool:
    """Whether a program that prints ``text`` about its version is at least ``oldest``, within one major version."""
    found, wanted = parse_version(text), parse_version(oldest)
    return found is not None and wanted is not None and found >= wanted and found[0] == wanted[0]


def _machine_has(name: str) -> bool:
    program = which(name, path=machine_path())
    return bool(program) and new_enough(capture(program or "", *_VERSION[name], check=False), _OLDEST[name])
