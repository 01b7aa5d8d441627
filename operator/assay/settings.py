"""The operator's configuration: one YAML file, the chart's ConfigMap."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from assay.api.disk import RootFilesystem
from assay.api.meta import Egress
from assay.build.settings import PRIVATE_CIDRS, BuildSettings, RegistrySettings

API_SERVER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")  # as every pod is told
FILE_VARIABLE, NAMESPACE_VARIABLE, POD_VARIABLE = "ASSAY_CONFIG", "POD_NAMESPACE", "POD_NAME"


class _Section(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Registry(_Section):
    """Where built images go (see build.settings.RegistrySettings)."""

    push: str
    pull: str | None = None
    insecure: bool = False
    push_secret: str | None = None
    mirrors: dict[str, str] = Field(default_factory=dict)
    docker_config: str | None = None
    """Path of a mounted config.json with which the operator itself reads images."""


class Settings(_Section):
    """All of it."""

    toolbox_image: str
    registry: Registry
    builder_image: str = "moby/buildkit:v0.34.2"
    disk_size: str = "1Gi"
    storage_class: str | None = None
    build_seconds: Annotated[int, Field(gt=0)] = 3600
    keep_seconds: Annotated[int, Field(ge=0)] = 0
    root_filesystem: RootFilesystem = "Auto"
    snapshot_class: str | None = None
    agent_egress: Egress = "Internet"
    blocked_cidrs: list[str] = Field(default_factory=lambda: list(PRIVATE_CIDRS))
    network_gate_seconds: Annotated[int, Field(ge=0)] = 30
    network_gate_address: str | None = None
    """`address:port` to watch (build.settings.forbidden_place); the API server's service when absent."""
    validation_parallelism: Annotated[int, Field(gt=0)] = 4
    pids_max: Annotated[int, Field(ge=0)] = 4096
    namespaces: list[str] = Field(default_factory=list)
    """Namespaces to serve; all when empty."""
    workers: Annotated[int, Field(gt=0)] = 32
    writes_per_second: Annotated[float, Field(gt=0)] = 50.0
    write_burst: Annotated[int, Field(gt=0)] = 100
    leader_election: bool = False
    """Hold a Lease; for more than one replica."""
    log_level: str = "INFO"
    port: int = 8080
    """Of /healthz, /readyz and /metrics."""

    @field_validator("network_gate_address")
    @classmethod
    def _is_place(cls, text: str | None) -> str | None:
        if text:
            _place(text)
        return text

    def build(self) -> BuildSettings:
        """What the builders need of it."""
        registry = self.registry
        return BuildSettings(
            toolbox_image=self.toolbox_image,
            registry=RegistrySettings(
                push=registry.push,
                pull=registry.pull or registry.push,
                insecure=registry.insecure,
                push_secret=registry.push_secret,
                mirrors=registry.mirrors,
            ),
            builder_image=self.builder_image,
            disk_size=self.disk_size,
            storage_class=self.storage_class,
            build_seconds=self.build_seconds,
            keep_seconds=self.keep_seconds,
            root_filesystem=self.root_filesystem,
            snapshot_class=self.snapshot_class,
            agent_egress=self.agent_egress,
            blocked_cidrs=tuple(self.blocked_cidrs),
            forbidden_place=_place(self.network_gate_address) if self.network_gate_address else _api_server(),
            network_gate_seconds=self.network_gate_seconds,
            validation_parallelism=self.validation_parallelism,
            pids_max=self.pids_max,
            operator_namespace=os.environ.get(NAMESPACE_VARIABLE, "assay-system"),
        )

    def endpoints(self) -> dict[str, str]:
        """Image host → base URL, for hosts that the operator reaches under another name or over plain http."""
        scheme = "http" if self.registry.insecure else "https"
        push_host = self.registry.push.split("/")[0]
        pull_host = (self.registry.pull or self.registry.push).split("/")[0]
        mirrors = {host: f"{scheme}://{mirror}" for host, mirror in self.registry.mirrors.items()}
        return {**mirrors, push_host: f"{scheme}://{push_host}", pull_host: f"{scheme}://{push_host}"}


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text} is no address:port, such as 10.0.0.1:443 or [fd00::1]:443")
    return str(ip_address(host.strip("[]"))), int(port)


def _api_server() -> tuple[str, int] | None:
    """The API server's service, where the operator runs in a pod."""
    host, port = (os.environ.get(name) for name in API_SERVER)
    return (host, int(port)) if host and port else None


def load() -> Settings:
    """Read the file that ASSAY_CONFIG names; ValueError says what is wrong with it."""
    path = os.environ.get(FILE_VARIABLE, "/etc/assay/config.yaml")
    try:
        return Settings.model_validate(yaml.safe_load(Path(path).read_text()) or {})
    except OSError as error:
        raise ValueError(f"cannot read the configuration {path}: {error} (set {FILE_VARIABLE})") from error
