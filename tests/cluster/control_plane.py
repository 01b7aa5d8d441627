"""The control plane's programs as files, for tests that start an API server of their own."""

from __future__ import annotations

from pathlib import Path
from shutil import which
from typing import Final

from . import gobuild, pins
from .cache import artefact, cache_root, content_key, has
from .console import capture, step
from .source import Source

ETCD, API_SERVER, CONTROLLER_MANAGER = "etcd", "kube-apiserver", "kube-controller-manager"
_IMAGES: Final = {
    ETCD: pins.ETCD_IMAGE,
    API_SERVER: pins.control_plane_image(API_SERVER),
    CONTROLLER_MANAGER: pins.control_plane_image(CONTROLLER_MANAGER),
}


def ensure(source: Source) -> None:
    """Have the programs in the cache: compiled with the cluster, or copied out of the images it pulls."""
    if source is Source.UPSTREAM:
        artefact("programs", "control-plane", _key(), _copy)
    else:
        gobuild.programs(gobuild.KUBERNETES)


def find() -> dict[str, Path] | None:
    """The programs by name; None if `ensure` was never called on this machine."""
    if has("programs", "control-plane", _key()):
        folder = cache_root() / "programs" / "control-plane" / _key()
        return {name: folder / name for name in _IMAGES}
    if which("go") and gobuild.built(gobuild.KUBERNETES):
        folder = gobuild.programs(gobuild.KUBERNETES)
        return {name: folder / ("server" if name == ETCD else name) for name in _IMAGES}
    return None


def _copy(folder: Path) -> None:
    folder.mkdir()
    with step("copy the control plane's programs"):
        for name, image in _IMAGES.items():
            container = capture("docker", "create", image, timeout=600).strip()
            try:
                capture("docker", "cp", f"{container}:/usr/local/bin/{name}", folder / name)
            finally:
                capture("docker", "rm", container)


def _key() -> str:
    return content_key(*_IMAGES.values())
