"""What a test can do with an API server, fake or real, beside the client under test."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import aiohttp
import kopf

from assay.kube.resources import Resource
from tests.integration.fakecollection import Json
from tests.integration.samples import CONTAINER


class Api(Protocol):
    """An API server."""

    @property
    def login(self) -> kopf.ConnectionInfo:
        """Where it is, and how to get in."""

    def kubeconfig(self, path: Path) -> str:
        """Write a kubeconfig; returns its path."""

    def create(self, obj: Json, resource: Resource | None = None) -> Json:
        """Create an object."""

    def get(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """An object, or None."""

    def all(self, resource: Resource, namespace: str | None = None) -> list[Json]:
        """All objects of a resource."""

    def patch(
        self, resource: Resource, namespace: str, name: str, body: Json, subresource: str | None = None
    ) -> Json:
        """Merge-patch an object."""

    def patch_status(self, resource: Resource, namespace: str, name: str, status: Json) -> Json:
        """Merge-patch an object's status."""

    def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        """Delete an object."""

    def compact(self) -> None:
        """Forget the history."""


def session(api: Api) -> aiohttp.ClientSession:
    """Raw HTTP, by paths."""
    login = api.login
    connector = aiohttp.TCPConnector(ssl=login.as_ssl_context())
    return aiohttp.ClientSession(login.server, headers=login.as_http_headers(), connector=connector)


def an_object(resource: Resource, name: str = "a", **more: Any) -> Json:
    """The least object of a resource that the real server accepts."""
    specs: dict[str, Json] = {
        "Job": {"template": {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}},
        "NetworkPolicy": {"podSelector": {}},
        "PersistentVolumeClaim": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "Pod": {"containers": [CONTAINER]},
    }
    spec = {"spec": specs[resource.kind]} if resource.kind in specs else {}
    metadata = {"namespace": "ns", "name": name}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **spec, **more}


def plural(value: object) -> str | None:
    """How to call a resource among a test's parameters."""
    return value.plural if isinstance(value, Resource) else None


def names(objects: list[Json]) -> list[str]:
    """The names of objects."""
    return [one["metadata"]["name"] for one in objects]
