"""Image references and the parts of OCI manifests that the operator reads (pure, no I/O)."""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOCKER_HUB = "docker.io"

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}")


class ImageNotFound(Exception):
    """The image cannot be had as it is written: a wrong name, no access, no variant for this machine."""


class RegistryUnavailable(Exception):
    """The registry did not answer, or not sensibly; worth another try later."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's full name; `tag` is what was written or `latest`, `digest` wins over it."""

    host: str
    repository: str
    tag: str
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """As the docker command line reads it: `debian` is docker.io/library/debian:latest."""
        rest, at, digest = text.partition("@")
        first, slash, tail = rest.partition("/")
        if slash and ("." in first or ":" in first or first == "localhost"):
            host, name = first, tail
        else:
            host, name = DOCKER_HUB, rest
        name, colon, tag = name.partition(":")
        if host in ("index.docker.io", "registry-1.docker.io"):
            host = DOCKER_HUB
        if host == DOCKER_HUB and "/" not in name:
            name = f"library/{name}"
        if not (
            _NAME.fullmatch(name)
            and (not colon or _TAG.fullmatch(tag))
            and (not at or _DIGEST.fullmatch(digest))
        ):
            raise ImageNotFound(
                f"{text!r} is not an image reference; expected [host/]name[:tag][@sha256:...]"
            )
        return cls(host, name, tag or "latest", digest or None)

    @property
    def target(self) -> str:
        """What to ask the registry for."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}" + (f"@{self.digest}" if self.digest else f":{self.tag}")


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What a container of an image runs as; `digest` is what the reference stood for, maybe an index."""

    digest: str
    user: str
    working_dir: str
    env: list[dict[str, str]]
    entrypoint: list[str]
    command: list[str]

    @classmethod
    def parse(cls, digest: str, document: Mapping[str, Any]) -> "ImageConfig":
        """From the image's config blob, where every field may be missing or null."""
        config = document.get("config") or {}
        pairs = (entry.partition("=") for entry in config.get("Env") or ())
        return cls(
            digest=digest,
            user=config.get("User") or "",
            working_dir=config.get("WorkingDir") or "",
            env=[{"name": name, "value": value} for name, _, value in pairs],
            entrypoint=list(config.get("Entrypoint") or ()),
            command=list(config.get("Cmd") or ()),
        )


def own_architecture() -> tuple[str, str]:
    """Architecture and variant of this machine in OCI words."""
    machine = platform.machine().lower()
    known = {
        "x86_64": ("amd64", ""),
        "aarch64": ("arm64", ""),
        "arm64": ("arm64", ""),
        "armv7l": ("arm", "v7"),
        "i686": ("386", ""),
    }
    return known.get(machine, (machine, ""))


def choose_manifest(index: Mapping[str, Any], architecture: str, variant: str) -> str | None:
    """The digest of the index's manifest for linux on this architecture; None if there is none."""
    candidates: list[tuple[bool, str]] = []
    for entry in index.get("manifests") or ():
        target = entry.get("platform") or {}
        if target.get("os") == "linux" and target.get("architecture") == architecture:
            candidates.append((target.get("variant", "") != variant, entry["digest"]))
    return min(candidates, key=lambda pair: pair[0])[1] if candidates else None


def platforms(index: Mapping[str, Any]) -> str:
    """The platforms an index has, for people."""
    found = (entry.get("platform") or {} for entry in index.get("manifests") or ())
    names = {f"{one.get('os')}/{one.get('architecture')}" for one in found if one.get("os") != "unknown"}
    return ", ".join(sorted(names)) or "none"
