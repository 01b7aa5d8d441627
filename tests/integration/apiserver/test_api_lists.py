"""Listing: pages, selectors, and the fields of listed objects."""

from __future__ import annotations

import pytest

from assay.kube import errors
from assay.kube.client import Client
from assay.kube.resources import CONFIG_MAPS, PODS, VOLUME_SNAPSHOTS, Resource
from tests.integration.apiserver.either import Api, an_object, names, plural, session
from tests.integration.samples import THINGS, pod, thing


async def test_lists_are_read_in_pages(api: Api, client: Client) -> None:
    for number in range(7):
        api.create(pod(f"p{number}", part="a" if number % 2 else "b"))
    found = [one async for one in client.list(PODS, "ns", limit=3)]
    assert names(found) == [f"p{number}" for number in range(7)]
    assert {(one["apiVersion"], one["kind"]) for one in found} == {("v1", "Pod")}
    assert names([one async for one in client.list(PODS, None, "part=a")]) == ["p1", "p3", "p5"]
    assert names([one async for one in client.list(PODS, None, "part=a", limit=2)]) == ["p1", "p3", "p5"]
    assert [one async for one in client.list(PODS, "elsewhere")] == []


async def test_a_page_counts_what_remains_unless_a_selector_is_given(api: Api) -> None:
    for number in range(7):
        api.create(pod(f"p{number}", part="a"))
    async with session(api) as http:
        async with http.get(PODS.path("ns"), params={"limit": "3"}) as answer:
            first = (await answer.json())["metadata"]
        async with http.get(PODS.path("ns"), params={"limit": "3", "labelSelector": "part=a"}) as answer:
            selected = (await answer.json())["metadata"]
    assert first["remainingItemCount"] == 4
    assert "remainingItemCount" not in selected
    assert selected["continue"]


async def test_a_page_is_of_the_moment_the_listing_began(api: Api, client: Client) -> None:
    for name in ("a", "b", "c"):
        api.create(pod(name))
    pages = client.list(PODS, "ns", limit=1)
    assert (await anext(pages))["metadata"]["name"] == "a"
    api.delete(PODS, "ns", "c")
    api.create(pod("d"))
    assert names([one async for one in pages]) == ["b", "c"]


async def test_a_listing_from_before_a_compaction_is_gone(api: Api, client: Client) -> None:
    for name in ("a", "b"):
        api.create(pod(name))
    pages = client.list(PODS, "ns", limit=1)
    await anext(pages)
    api.create(pod("c"))
    api.compact()
    with pytest.raises(errors.Gone):
        await anext(pages)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("a", "xy"),
        ("!a", "z"),
        ("a=1,b==2", "x"),
        ("a!=1", "yz"),
        ("a in (1, 3)", "xy"),
        ("a notin (1),a", "y"),
        ("a notin (1)", "yz"),
        ("b=", ""),
        ("things.example/k=v", "z"),
    ],
)
async def test_label_selectors(api: Api, client: Client, selector: str, found: str) -> None:
    for name, labels in {"x": {"a": "1", "b": "2"}, "y": {"a": "3"}, "z": {"things.example/k": "v"}}.items():
        api.create(pod(name, None, **labels))
    assert "".join(names([one async for one in client.list(PODS, None, selector)])) == found


@pytest.mark.parametrize("selector", ["a=b=c", "a in 1", "=", "a,,b", "a b"])
async def test_an_invalid_selector_is_refused(client: Client, selector: str) -> None:
    with pytest.raises(errors.ApiError, match="400 BadRequest"):
        await anext(client.list(PODS, None, selector))


@pytest.mark.parametrize(
    ("selector", "found"), [("metadata.name=x", "x"), ("metadata.name!=x,metadata.namespace=ns", "y")]
)
async def test_field_selectors(api: Api, selector: str, found: str) -> None:
    for name in ("x", "y"):
        api.create(thing(name))
    async with session(api) as http:
        async with http.get(THINGS.path(), params={"fieldSelector": selector}) as answer:
            assert "".join(names((await answer.json())["items"])) == found
        async with http.get(THINGS.path(), params={"fieldSelector": "spec.x=1"}) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    ("resource", "carries"),
    [(PODS, False), (CONFIG_MAPS, False), (THINGS, True), (VOLUME_SNAPSHOTS, True)],
    ids=plural,
)
async def test_listed_custom_objects_carry_their_kind_and_others_do_not(
    api: Api, resource: Resource, carries: bool
) -> None:
    api.create(an_object(resource))
    async with session(api) as http, http.get(resource.path("ns")) as answer:
        listed = await answer.json()
    assert (listed["apiVersion"], listed["kind"]) == (resource.api_version, f"{resource.kind}List")
    assert [("kind" in one, "apiVersion" in one) for one in listed["items"]] == [(carries, carries)]
