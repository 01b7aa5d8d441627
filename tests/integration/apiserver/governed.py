"""The chart's policies and roles on a real API server, and the users who have those roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import yaml

from assay.kube.resources import Resource
from tests.integration.apiserver.people import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, bind
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.unit.chart.chart import ROOT, of_kind

INSTALLED = ROOT / "manifests/base/install.yaml"  # the chart, rendered
ADMISSION = "admissionregistration.k8s.io"
POLICY = Resource(
    ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", namespaced=False
)
BINDING = Resource(
    ADMISSION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", namespaced=False
)


@contextmanager
def governed(
    api: RealApi,
    policies: Sequence[str],
    roles: Sequence[Json],
    bound: Mapping[str, Sequence[str]],
    is_in_force: Callable[[], bool],
) -> Iterator[RealApi]:
    """The API server with these policies and roles, and users bound to roles (role → users).

    `is_in_force` is whether both have reached the API server's memory.
    """
    made = [(CLUSTER_ROLES, role) for role in roles]
    for resource in (POLICY, BINDING):
        made += [(resource, installed(resource, name)) for name in policies]
    for resource, one in made:
        api.create(one, resource)
    for role, users in bound.items():
        bind(api, role, *users)
    api.wait(is_in_force)
    yield api
    for role in bound:
        api.delete(CLUSTER_ROLE_BINDINGS, "", role)
    for resource, one in reversed(made):
        api.delete(resource, "", one["metadata"]["name"])
    api.wait(lambda: not is_in_force())


def installed(resource: Resource, name: str) -> Json:
    """An object of the chart."""
    found: Json = of_kind(yaml.safe_load_all(INSTALLED.read_text()), resource.kind)[name]
    return found
