"""What the builders must know of the installation."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.api.disk import RootFilesystem
from assay.api.meta import Egress

PRIVATE_CIDRS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8"),
)
"""Private, link-local (metadata services), loopback and multicast networks (RFC 6890)."""


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
    root_filesystem: RootFilesystem = "Auto"
    """What Auto means for the whole cluster: Auto probes its nodes."""
    snapshot_class: str | None = None
    """VolumeSnapshotClass of snapshots that name none; the cluster's default when absent."""
    agent_egress: Egress = "Internet"
    """What devboxes may reach that say nothing of it."""
    blocked_cidrs: tuple[str, ...] = PRIVATE_CIDRS
    """What egress Internet does not reach."""
    forbidden_place: tuple[str, int] | None = None
    """Address and port that are up, and that no pod of egress None reaches: the API server's service."""
    network_gate_seconds: int = 30
    """How long a pod waits for its network policies before anything of the user's runs in it; 0: it does not."""
    validation_parallelism: int = 4
    """How many validation runs may be unfinished at once, in all namespaces together."""
    pids_max: int = 4096
    """How many processes a devbox may have; 0: no limit but the node's."""
    operator_namespace: str = "assay-system"
