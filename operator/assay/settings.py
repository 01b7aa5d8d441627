"""The operator's configuration: one YAML file, the chart's ConfigMap."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from assay.api.disk import RootFilesystem
from assay.api.meta import Egress
from assay.api.scoring import Placement

API_SERVER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")  # Kubernetes sets them in every pod
FILE_VARIABLE, NAMESPACE_VARIABLE, POD_VARIABLE = "ASSAY_CONFIG", "POD_NAMESPACE", "POD_NAME"

PRIVATE_CIDRS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8"),
)
"""Private, link-local (metadata services), loopback and multicast networks (RFC 6890)."""


class _Section(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )


class RegistrySettings(_Section):
    """Where built images go, and how nodes reach them."""

    push: str
    """`host[:port][/path]` that builders and the operator reach."""
    pull: str = ""
    """The same registry as the nodes' container runtime reaches it; as `push` when absent."""
    insecure: bool = False
    """Plain http."""
    push_secret: str | None = None
    """A dockerconfigjson Secret in the blueprint's namespace."""
    mirrors: dict[str, str] = Field(default_factory=dict)
    """Image host → mirror `host[:port]`, for base images and prebuilt ones."""
    docker_config: str | None = None
    """Path of a mounted config.json with which the operator itself reads images."""

    @model_validator(mode="before")
    @classmethod
    def _pull_as_push(cls, data: dict[str, object]) -> dict[str, object]:
        return {**data, "pull": data.get("pull") or data.get("push", "")}

    def endpoints(self) -> dict[str, str]:
        """Image host → base URL, for hosts that the operator reaches under another name or over plain http."""
        scheme = "http" if self.insecure else "https"
        push_host, pull_host = self.push.split("/")[0], self.pull.split("/")[0]
        mirrors = {host: f"{scheme}://{mirror}" for host, mirror in self.mirrors.items()}
        return {**mirrors, push_host: f"{scheme}://{push_host}", pull_host: f"{scheme}://{push_host}"}


class Settings(_Section):
    """All of it."""

    toolbox_image: str
    registry: RegistrySettings
    builder_image: str = "moby/buildkit:v0.34.2"
    disk_size: str = "1Gi"
    storage_class: str | None = None
    build_seconds: Annotated[int, Field(gt=0)] = 3600
    provisioning_seconds: Annotated[int, Field(ge=0)] = 14_400
    """How long a try of a run may wait for its agent's pod to begin, quota and nodes included; 0: without limit."""
    keep_seconds: Annotated[int, Field(ge=0)] = 0
    """How long pods, disk and logs of a finished run stay."""
    root_filesystem: RootFilesystem = "Auto"
    """What Auto means for the whole cluster: Auto probes its nodes."""
    placement: Placement = "SamePod"
    """Where scoring functions work that do not say it themselves: in the agent's pod, or in one of their own."""
    snapshot_class: str | None = None
    """VolumeSnapshotClass of snapshots that name none; the cluster's default when absent."""
    agent_egress: Egress = "Internet"
    """What a devbox may reach where neither its agent nor its scenario sets `network`."""
    blocked_cidrs: tuple[str, ...] = PRIVATE_CIDRS
    """What egress Internet does not reach."""
    network_gate_seconds: Annotated[int, Field(ge=0)] = 30
    """How long a pod waits for its network policies before anything of the user's runs in it; 0: it does not."""
    network_gate_address: str | None = Field(default_factory=lambda: _api_server())
    """`address:port` that is up, and that no pod of egress None reaches; the API server's service when absent."""
    validation_parallelism: Annotated[int, Field(gt=0)] = 4
    """How many validation runs may be unfinished at once, in all namespaces together."""
    pids_max: Annotated[int, Field(ge=0)] = 4096
    """How many processes a devbox may have; 0: no limit but the node's."""
    nested_user_namespaces: bool = False
    """Whether agents and scoring functions may make user namespaces."""
    namespaces: tuple[str, ...] = ()
    """Namespaces to serve; all when empty."""
    workers: Annotated[int, Field(gt=0)] = 32
    writes_per_second: Annotated[float, Field(gt=0)] = 50.0
    write_burst: Annotated[int, Field(gt=0)] = 100
    leader_election: bool = False
    """Hold a Lease; for more than one replica."""
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"
    port: int = 8080
    """Of /healthz, /readyz and /metrics."""

    @field_validator("network_gate_address")
    @classmethod
    def _is_address_and_port(cls, text: str | None) -> str | None:
        if text:
            _address_and_port(text)
        return text

    @property
    def operator_namespace(self) -> str:
        """The namespace of the operator's own pod."""
        return os.environ.get(NAMESPACE_VARIABLE, "assay-system")

    @property
    def network_gate(self) -> tuple[str, int] | None:
        """Address and port of `network_gate_address`."""
        return _address_and_port(self.network_gate_address) if self.network_gate_address else None

    def replace(self, **changes: object) -> Self:
        """A copy with other values (by field name)."""
        return self.model_copy(update=changes)


def _address_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text} is no address:port, such as 10.0.0.1:443 or [fd00::1]:443")
    return str(ip_address(host.strip("[]"))), int(port)


def _api_server() -> str | None:
    """The API server's service, where the operator runs in a pod."""
    host, port = (os.environ.get(name) for name in API_SERVER)
    if not host or not port:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def load() -> Settings:
    """Read the file that ASSAY_CONFIG names. Raises ValueError with the reason if it cannot be used."""
    path = os.environ.get(FILE_VARIABLE, "/etc/assay/config.yaml")
    try:
        return Settings.model_validate(yaml.safe_load(Path(path).read_text()) or {})
    except OSError as error:
        raise ValueError(f"cannot read the configuration {path}: {error} (set {FILE_VARIABLE})") from error
