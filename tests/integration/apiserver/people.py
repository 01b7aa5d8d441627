"""Users of a real API server, who act with the rights that RBAC gives them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from assay.kube.errors import from_response
from assay.kube.resources import Resource, resource_of
from tests.integration.apiserver.realapi import MERGE_PATCH, RealApi
from tests.integration.fakecollection import Json

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"

RUNNER, AUTHOR = "runner", "author"
"""People with the chart's roles of these names, and no other rights."""
VIEWER, EDITOR, ADMIN = "viewer", "editor", "admin"
"""People with the cluster's own roles view, edit and admin, to which the chart adds."""
POD_MAKER = "pod-maker"
"""Somebody who may write all that the operator makes."""
OPERATOR = "system:serviceaccount:assay-system:assay-operator"
JOB_CONTROLLERS = ("system:serviceaccount:kube-system:job-controller", "system:kube-controller-manager")
OTHERS = ("system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccount:ns:default")
CONTROLLERS = (*JOB_CONTROLLERS, *OTHERS)


class Person:
    """A user by name, impersonated. Requests fail with the errors of `assay.kube.errors`."""

    def __init__(self, api: RealApi, user: str) -> None:
        self.user = user
        self._headers = {**api.login.as_http_headers(), "Impersonate-User": user}
        self._connection = http.client.HTTPSConnection(
            urlsplit(api.login.server).netloc, context=api.login.as_ssl_context()
        )

    def create(self, obj: Json, subresource: str | None = None, **query: str) -> Json:
        """POST an object, or what creates a subresource of the object of its name."""
        resource, metadata = resource_of(obj), obj["metadata"]
        path = resource.path(
            metadata["namespace"], metadata.get("name") if subresource else None, subresource
        )
        return self.request("POST", path + _query(query), obj)

    def replace(self, obj: Json) -> Json:
        """PUT an object."""
        return self.request("PUT", _path(obj), obj)

    def apply(self, obj: Json) -> Json:
        """Server-side apply: create an object, or take over its fields."""
        return self.request("PATCH", f"{_path(obj)}?fieldManager=test&force=true", obj, APPLY)

    def patch(self, obj: Json, change: Any, subresource: str | None = None) -> Json:
        """Merge-patch an object, or patch it by JSON operations if the change is a list."""
        kind = JSON_PATCH if isinstance(change, list) else MERGE_PATCH
        return self.request("PATCH", _path(obj, subresource), change, kind)

    def delete(self, obj: Json, **options: Any) -> Json:
        """Delete an object."""
        return self.request("DELETE", _path(obj), options)

    def request(self, method: str, path: str, body: Any, content_type: str = "application/json") -> Json:
        """One request."""
        headers = {**self._headers, "Content-Type": content_type}
        self._connection.request(method, path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status < 300:
            return dict(json.loads(content))
        raise from_response(answer.status, content, dict(answer.headers))


def rules(*groups: str) -> list[Json]:
    """RBAC rules: everything in these API groups."""
    return [{"apiGroups": list(groups), "resources": ["*"], "verbs": ["*"]}]


def bind(api: RealApi, role: str, *users: str) -> None:
    """Give users a ClusterRole everywhere."""
    binding = {
        "apiVersion": CLUSTER_ROLE_BINDINGS.api_version,
        "kind": CLUSTER_ROLE_BINDINGS.kind,
        "metadata": {"name": role},
        "roleRef": {"apiGroup": CLUSTER_ROLES.group, "kind": CLUSTER_ROLES.kind, "name": role},
        "subjects": [{"apiGroup": CLUSTER_ROLES.group, "kind": "User", "name": user} for user in users],
    }
    api.create(binding, CLUSTER_ROLE_BINDINGS)


CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = Resource(
    CLUSTER_ROLES.group, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)


def _path(obj: Json, subresource: str | None = None) -> str:
    return resource_of(obj).path(obj["metadata"]["namespace"], obj["metadata"]["name"], subresource)


def _query(query: Mapping[str, str]) -> str:
    return "?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else ""
