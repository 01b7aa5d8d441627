"""Discovery: the API server serves every resource that the operator knows, in the way it assumes."""

from __future__ import annotations

import pytest

from assay.kube.resources import Resource, known
from assay.our_resources import OURS
from tests.integration.apiserver.either import Api, plural, session

WITHOUT_STATUS = {"ConfigMap", "Secret", "Event", "Lease", "NetworkPolicy"}


def test_our_kinds_are_among_them() -> None:
    assert set(OURS.values()) <= set(known())


@pytest.mark.parametrize("resource", known(), ids=plural)
async def test_each_is_served_by_its_name_kind_and_scope(api: Api, resource: Resource) -> None:
    group = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    async with session(api) as http, http.get(group) as answer:
        listed = await answer.json()
    assert (listed["kind"], listed["groupVersion"]) == ("APIResourceList", resource.api_version)
    served = {one["name"]: one for one in listed["resources"]}
    found = served[resource.plural]
    assert (found["kind"], found["namespaced"]) == (resource.kind, resource.namespaced)
    assert found["singularName"] == resource.kind.lower()
    assert set(found["verbs"]) >= {"create", "delete", "get", "list", "patch", "update", "watch"}
    status = served.get(f"{resource.plural}/status")
    assert (status is None) == (resource.kind in WITHOUT_STATUS)
    if status:
        assert (status["kind"], set(status["verbs"])) == (resource.kind, {"get", "patch", "update"})


async def test_groups_name_their_versions(api: Api) -> None:
    async with session(api) as http:
        async with http.get("/api") as answer:
            assert (await answer.json())["versions"] == ["v1"]
        async with http.get("/apis") as answer:
            groups = {one["name"]: one for one in (await answer.json())["groups"]}
    for resource in known():
        if resource.group:
            assert groups[resource.group]["preferredVersion"]["groupVersion"] == resource.api_version


async def test_the_server_reports_its_version(api: Api) -> None:
    async with session(api) as http, http.get("/version") as answer:
        version = await answer.json()
    assert version["gitVersion"].startswith(f"v{version['major']}.{version['minor']}.")
