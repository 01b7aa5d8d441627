"""A real API server with the methods of the fake one; each method is one blocking request."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kopf
import yaml

from assay.kube import nesting
from assay.kube.errors import TooManyRequests, from_response
from assay.kube.resources import VOLUME_SNAPSHOTS, Resource, known, resource_of
from tests.integration.apiserver.controlplane import TOKEN, ControlPlane
from tests.integration.fakeapi import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES
from tests.integration.fakecollection import Json
from tests.integration.samples import THINGS

CRDS = Path(__file__).parents[3] / "crds"
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
MERGE_PATCH = "application/merge-patch+json"
PATIENCE = 10  # requests that the server may put off before a test fails


class RealApi:
    """A real API server. A test uses its namespace `ns`, which is empty at first."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self.login = kopf.ConnectionInfo(server=plane.url, ca_path=plane.ca, token=TOKEN)
        host = urlsplit(plane.url).netloc
        self._http = http.client.HTTPSConnection(host, context=self.login.as_ssl_context())

    def kubeconfig(self, path: Path) -> str:
        """Write a kubeconfig; returns its path."""
        return self._plane.kubeconfig(path)

    def create(self, obj: Json, resource: Resource | None = None) -> Json:
        """Create an object; namespace `default` if it has none."""
        resource = resource or resource_of(obj)
        namespace = obj["metadata"].get("namespace") or "default"
        return self._request("POST", resource.path(namespace), obj)

    def get(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """An object, or None."""
        return next((one for one in self.all(resource, namespace) if one["metadata"]["name"] == name), None)

    def all(self, resource: Resource, namespace: str | None = None) -> list[Json]:
        """All objects of a resource."""
        items = self._request("GET", resource.path(namespace))["items"]
        return [{"apiVersion": resource.api_version, "kind": resource.kind, **one} for one in items]

    def patch(
        self, resource: Resource, namespace: str, name: str, body: Json, subresource: str | None = None
    ) -> Json:
        """Merge-patch an object."""
        return self._request("PATCH", resource.path(namespace, name, subresource), body, MERGE_PATCH)

    def patch_status(self, resource: Resource, namespace: str, name: str, status: Json) -> Json:
        """Merge-patch an object's status, as the kubelet or another controller would."""
        return self.patch(resource, namespace, name, {"status": status}, "status")

    def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        """Delete an object; the garbage collector deletes its dependents."""
        self._request("DELETE", resource.path(namespace, name), options)

    def columns(self, resource: Resource, namespace: str, name: str) -> Json:
        """What `kubectl get -o wide` prints of an object, by the columns' names."""
        accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
        table = self._request("GET", resource.path(namespace, name), accept=accept)
        names = [one["name"] for one in table["columnDefinitions"]]
        return dict(zip(names, table["rows"][0]["cells"], strict=True))

    def compact(self) -> None:
        """Forget the history: a watch or a listing from before gets 410."""
        self._plane.compact(int(self._request("GET", NAMESPACES.path())["metadata"]["resourceVersion"]))

    def wait(self, condition: Callable[[], object]) -> None:
        """Poll a condition that the server or a controller is about to fulfil."""
        self._plane.wait(condition)

    def install(self) -> None:
        """Serve our kinds and those of the tests, start the controllers, create the namespace."""
        ours = [yaml.safe_load(path.read_text()) for path in sorted(CRDS.glob("*.yaml"))]
        for definition in (*ours, *map(_definition, (THINGS, VOLUME_SNAPSHOTS))):
            self.create(definition, CUSTOM_RESOURCE_DEFINITIONS)
        self._plane.wait(lambda: all(map(_is_served, self.all(CUSTOM_RESOURCE_DEFINITIONS))))
        self._plane.start_controllers()
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}}, NAMESPACES)
        self._plane.wait(lambda: self.get(SERVICE_ACCOUNTS, "ns", "default"))  # without it no pod is admitted

    def clear(self) -> None:
        """Empty the namespace."""
        for resource in _namespaced():
            left = self.all(resource, "ns")
            for one in left:
                if one["metadata"].get("finalizers"):
                    self.patch(resource, "ns", one["metadata"]["name"], {"metadata": {"finalizers": None}})
            if left:
                at_once = {"gracePeriodSeconds": 0}  # no kubelet ends a pod that has a node
                self._request("DELETE", resource.path("ns"), at_once)

    def _request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Json:
        headers = {**self.login.as_http_headers(), "Content-Type": content_type, "Accept": accept}
        for _ in range(PATIENCE):
            answer, content = self._exchange(method, path, body, headers)
            if answer.status < 300:
                return dict(nesting.loads(content))
            error = from_response(answer.status, content, dict(answer.headers))
            if not isinstance(error, TooManyRequests):
                break
            time.sleep(error.retry_after)  # it has done nothing yet: a kind's storage begins again, for one
        raise error

    def _exchange(
        self, method: str, path: str, body: Json | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request; on a new connection if the server has closed the idle one."""
        text = json.dumps(body) if body is not None else None
        try:
            self._http.request(method, path, text, headers)
        except OSError:
            self._http.close()
            self._http.request(method, path, text, headers)
        answer = self._http.getresponse()
        return answer, answer.read()


def _namespaced() -> Iterator[Resource]:
    return (one for one in known() if one.namespaced)


def _definition(resource: Resource) -> Json:
    """The least CustomResourceDefinition."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    metadata: Json = {"name": f"{resource.plural}.{resource.group}"}
    if resource.group.endswith(".k8s.io"):
        metadata["annotations"] = {"api-approved.kubernetes.io": "unapproved, a double for tests"}
    return {
        "apiVersion": CUSTOM_RESOURCE_DEFINITIONS.api_version,
        "kind": CUSTOM_RESOURCE_DEFINITIONS.kind,
        "metadata": metadata,
        "spec": {
            "group": resource.group,
            "scope": "Namespaced",
            "names": {"plural": resource.plural, "singular": resource.kind.lower(), "kind": resource.kind},
            "versions": [version],
        },
    }


def _is_served(definition: Json) -> bool:
    conditions = definition.get("status", {}).get("conditions") or []  # null at first
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
