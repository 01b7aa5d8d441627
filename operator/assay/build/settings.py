"""What the builders must know of the installation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Where built images go, and how nodes reach them."""

    push: str
    """`host[:port][/path]` that builders and the operator reach."""
    pull: str
    """The same registry as the nodes' container runtime reaches it."""
    insecure: bool = False
    """Plain http."""
    push_secret: str | None = None
    """A dockerconfigjson Secret in the blueprint's namespace."""
    mirrors: dict[str, str] = field(default_factory=dict)
    """Image host → mirror `host[:port]`, for base images and prebuilt ones."""


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """Images and defaults of generated pods."""

    toolbox_image: str
    registry: RegistrySettings
    builder_image: str = "moby/buildkit:v0.34.2"
    disk_size: str = "1Gi"
    storage_class: str | None = None
    build_seconds: int = 3600
    keep_seconds: int = 0
    """How long devbox, disk and scorer logs of a finished run stay."""
