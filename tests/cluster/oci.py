"""Container images written straight from tar files, without a builder.

An archive holds its images twice over the same blobs: as an OCI layout (what containerd imports) and with Docker's
``manifest.json`` (what ``docker load`` reads), so an image has the same id in both.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Link:
    """A symbolic link in a layer."""

    target: str


@dataclass(frozen=True)
class Layer:
    """A layer: an uncompressed tar file and its digest."""

    tar: Path
    digest: str

    @classmethod
    def of(cls, tar: Path) -> Layer:
        """The layer held by a tar file."""
        with tar.open("rb") as content:
            return cls(tar, "sha256:" + hashlib.file_digest(content, "sha256").hexdigest())


@dataclass(frozen=True)
class Image:
    """An image: its full name, its layers from the bottom up, and its run-time settings."""

    name: str
    layers: Sequence[Layer]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The name as Docker writes it: without ``docker.io/library/``."""
        return self.name.removeprefix("docker.io/").removeprefix("library/")


def write_layer(tar: Path, files: Mapping[str, Path | bytes | Link], folders: Sequence[str] = ()) -> Layer:
    """Write a layer with these files (absolute path → content) and empty folders; owner root, no times."""
    with tarfile.open(tar, "w") as archive:
        made: set[str] = set()
        for path in sorted({*files, *folders}):
            for parent in reversed(Path(path).parents[:-1]):
                _add_folder(archive, str(parent), made)
            if path in files:
                _add_file(archive, path, files[path])
            else:
                _add_folder(archive, path, made)
    return Layer.of(tar)


def _add_folder(archive: tarfile.TarFile, path: str, made: set[str]) -> None:
    if path not in made:
        made.add(path)
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)


def _add_file(archive: tarfile.TarFile, path: str, content: Path | bytes | Link) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    if isinstance(content, Link):
        entry.type, entry.linkname = tarfile.SYMTYPE, content.target
        archive.addfile(entry)
    elif isinstance(content, bytes):
        entry.size, entry.mode = len(content), 0o644
        archive.addfile(entry, io.BytesIO(content))
    else:
        # Files from the Go module cache have lost their executable bit.
        executable = content.stat().st_mode & 0o111 or Path(path).parent.name in ("bin", "sbin")
        entry.size, entry.mode = content.stat().st_size, 0o755 if executable else 0o644
        with content.open("rb") as stream:
            archive.addfile(entry, stream)


def write_archive(out: IO[bytes], images: Sequence[Image]) -> None:
    """Write images as one archive that both containerd and Docker load."""
    with tarfile.open(fileobj=out, mode="w|") as archive:
        written: set[str] = set()
        index, docker = [], []
        for image in images:
            for layer in image.layers:
                if layer.digest not in written:
                    written.add(layer.digest)
                    _add_file(archive, _blob(layer.digest), layer.tar)
            config = _add_json(archive, _config(image), _CONFIG)
            layers = [_descriptor(_LAYER, layer.digest, layer.tar.stat().st_size) for layer in image.layers]
            manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}
            tag = image.name.rpartition(":")[2]
            names = {"io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": tag}
            index.append(_add_json(archive, manifest, _MANIFEST) | {"annotations": names})
            blobs = [_blob(layer.digest) for layer in image.layers]
            docker.append(
                {"Config": _blob(config["digest"]), "RepoTags": [image.short_name], "Layers": blobs}
            )
        _add_file(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add_file(archive, "index.json", _json({"schemaVersion": 2, "mediaType": _INDEX, "manifests": index}))
        _add_file(archive, "manifest.json", _json(docker))


def _config(image: Image) -> dict[str, Any]:
    env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    return {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {"Env": env, **image.settings},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in image.layers]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "tests.cluster"} for _ in image.layers],
    }


def _add_json(archive: tarfile.TarFile, value: object, media_type: str) -> dict[str, Any]:
    content = _json(value)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    _add_file(archive, _blob(digest), content)
    return _descriptor(media_type, digest, len(content))


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
