"""Objects: how they are created, read and changed, and what the API server refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.kube import errors
from assay.kube.client import Client
from assay.kube.resources import (
    CONFIG_MAPS,
    JOBS,
    LEASES,
    NETWORK_POLICIES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    VOLUME_SNAPSHOTS,
    Resource,
)
from tests.integration.apiserver.either import Api, an_object, plural, session
from tests.integration.samples import THINGS, named, thing

JSON_PATCH = {"Content-Type": "application/json-patch+json"}


async def test_create_read_change_delete(client: Client) -> None:
    made = await client.create(thing(status={"ignored": True}))
    assert made["metadata"]["generation"] == 1
    assert "status" not in made
    assert await client.get(THINGS, "ns", "a") == made
    changed = await client.patch(named(made), {"spec": {"x": 2, "y": {}}, "status": {"ignored": True}})
    assert changed["metadata"]["generation"] == 2
    assert changed["spec"] == {"x": 2, "y": {}}
    assert "status" not in changed
    assert await client.delete(made) is None
    with pytest.raises(errors.NotFound, match=r'^404 NotFound: things\.things\.example "a" not found$'):
        await client.get(THINGS, "ns", "a")
    assert await client.delete(named(made)) is None


async def test_the_status_is_written_apart(client: Client) -> None:
    made = await client.create(thing())
    one = await client.patch_status(made, {"phase": "Running", "a": {"b": 1, "c": 2}})
    assert one is not None
    assert one["metadata"]["generation"] == 1
    wanted = {"phase": "Done", "a": {"c": 2}}
    two = await client.patch_status(one, wanted)
    assert two is not None
    assert two["status"] == wanted
    assert two["metadata"]["generation"] == 1
    with pytest.raises(errors.Conflict, match=r'things\.things\.example "a": the object has been modified'):
        await client.patch_status(one, {"phase": "Late"})
    with pytest.raises(errors.NotFound):
        await client.patch_status(thing("b"), wanted)


async def test_a_status_write_changes_nothing_else(client: Client) -> None:
    made = await client.create(thing())
    body = {"spec": {"x": 9}, "metadata": {"labels": {"a": "b"}}, "status": {"phase": "Done"}}
    changed = await client.patch(made, body, subresource="status")
    assert changed["spec"] == {"x": 1}
    assert "labels" not in changed["metadata"]
    assert changed["status"] == {"phase": "Done"}


async def test_a_kind_without_status_has_no_such_subresource(client: Client) -> None:
    made = await client.create(an_object(CONFIG_MAPS))
    with pytest.raises(errors.NotFound, match="the server could not find the requested resource"):
        await client.patch(made, {"status": {}}, subresource="status")


async def test_a_patch_without_effect_keeps_the_version(client: Client) -> None:
    made = await client.create(thing())
    same = await client.patch(made, {"spec": {"x": 1}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_each_name_is_taken_once(client: Client) -> None:
    await client.create(thing())
    with pytest.raises(errors.AlreadyExists, match=r'things\.things\.example "a" already exists$'):
        await client.create(thing())
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "generateName": "g-"}}
    generated = await client.create(head)
    assert generated["metadata"]["name"].startswith("g-")
    assert len(generated["metadata"]["name"]) == len("g-") + 5


@pytest.mark.parametrize("name", ["Not_A_Name", "-a", "a-", "a..b", "a/b"])
async def test_an_invalid_name_is_refused(client: Client, name: str) -> None:
    with pytest.raises(errors.Invalid, match=r"metadata\.name"):
        await client.create(thing(name))


async def test_a_namespace_must_exist(client: Client) -> None:
    with pytest.raises(errors.NotFound, match='namespaces "nowhere" not found'):
        await client.create(thing(metadata={"namespace": "nowhere"}))


async def test_a_new_object_has_no_version(client: Client) -> None:
    with pytest.raises(errors.ApiError, match="resourceVersion should not be set on objects to be created"):
        await client.create(thing(metadata={"resourceVersion": "1"}))


async def test_a_patch_cannot_change_what_the_server_owns(client: Client) -> None:
    made = await client.create(thing())
    change = {"metadata": {"creationTimestamp": None, "generation": 7, "labels": {"a": "b"}}}
    changed = await client.patch(named(made), change)
    for key in ("uid", "creationTimestamp", "generation"):
        assert changed["metadata"][key] == made["metadata"][key]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"uid": "another"}, 422),
        ({"name": "another"}, 400),
        ({"namespace": "another"}, 400),
        ({"resourceVersion": "1"}, 409),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
async def test_a_patch_for_another_object_is_refused(
    client: Client, change: dict[str, str], status: int
) -> None:
    made = await client.create(thing())
    with pytest.raises(errors.ApiError) as refused:
        await client.patch(named(made), {"metadata": change})
    assert refused.value.status == status


@pytest.mark.parametrize("value", ["a b", "-", "x" * 64])
async def test_an_invalid_label_is_refused(client: Client, value: str) -> None:
    labels = {"labels": {"a": value}}
    with pytest.raises(errors.Invalid, match=r"metadata\.labels"):
        await client.create(thing(metadata=labels))
    made = await client.create(thing())
    with pytest.raises(errors.Invalid, match=r"metadata\.labels"):
        await client.patch(made, {"metadata": labels})


@pytest.mark.parametrize(
    ("resource", "generation"),
    [
        *((THINGS, 1), (VOLUME_SNAPSHOTS, 1), (PODS, 1), (JOBS, 1), (NETWORK_POLICIES, 1)),
        *((CONFIG_MAPS, None), (LEASES, None), (PERSISTENT_VOLUME_CLAIMS, None)),
    ],
    ids=plural,
)
async def test_some_kinds_have_a_generation(
    client: Client, resource: Resource, generation: int | None
) -> None:
    made = await client.create(an_object(resource))
    assert made["metadata"].get("generation") == generation
    labelled = await client.patch(made, {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"].get("generation") == generation


@pytest.mark.parametrize(
    ("resource", "phase"),
    [(PODS, "Pending"), (PERSISTENT_VOLUME_CLAIMS, "Pending"), (JOBS, None)],
    ids=plural,
)
async def test_some_are_born_with_a_status(client: Client, resource: Resource, phase: str | None) -> None:
    made = await client.create(an_object(resource, status={"phase": "Running"}))
    assert made["status"].get("phase") == phase


@pytest.mark.parametrize("resource", [THINGS, CONFIG_MAPS, NETWORK_POLICIES], ids=plural)
async def test_most_are_born_without_a_status(client: Client, resource: Resource) -> None:
    assert "status" not in await client.create(an_object(resource, status={"phase": "Running"}))


async def test_json_patches(api: Api) -> None:
    version = api.create(thing())["metadata"]["resourceVersion"]
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
    add = {"op": "add", "path": "/metadata/finalizers", "value": ["example/f"]}
    async with session(api) as http:
        async with http.patch(THINGS.path("ns", "a"), json=[test, add], headers=JSON_PATCH) as answer:
            assert answer.status == 200
            assert (await answer.json())["metadata"]["finalizers"] == ["example/f"]
        async with http.patch(THINGS.path("ns", "a"), json=[test, add], headers=JSON_PATCH) as answer:
            assert answer.status == 422


@pytest.mark.parametrize("path", ["/apis/things.example/v2/things", "/apis/elsewhere/v1/things", "/api/v1/x"])
async def test_an_unknown_resource_is_not_found(api: Api, path: str) -> None:
    async with session(api) as http, http.get(path) as answer:
        assert answer.status == 404


@pytest.fixture
def kubeconfig_with_an_unknown_token(api: Api, tmp_path: Path) -> str:
    path = Path(api.kubeconfig(tmp_path / "kubeconfig"))
    path.write_text(path.read_text().replace(str(api.login.token), "unknown"))
    return str(path)


async def test_an_unknown_token_is_refused(kubeconfig_with_an_unknown_token: str) -> None:
    stranger = await Client.connect(kubeconfig_with_an_unknown_token)
    with pytest.raises(errors.ApiError) as refused:
        await stranger.get(THINGS, "ns", "a")
    assert (refused.value.status, refused.value.reason) == (401, "Unauthorized")
    await stranger.close()


async def test_the_log_of_a_missing_pod_is_not_found(client: Client) -> None:
    with pytest.raises(errors.NotFound):
        await client.pod_log("ns", "none")
