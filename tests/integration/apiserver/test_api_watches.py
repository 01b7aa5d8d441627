"""Watches: which events a stream sends, from which version on, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assay.kube.client import Client
from assay.kube.resources import PODS, Resource
from tests.integration.apiserver.either import Api, session
from tests.integration.samples import THINGS, named, pod, thing


class Stream:
    """The events of a watch, as they come."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event."""
        async with asyncio.timeout(5):
            event = json.loads(await anext(self._lines))
        return event["type"], event["object"]

    async def take(self, count: int) -> list[tuple[str, str]]:
        """Type and name of so many events."""
        events = [await self.next() for _ in range(count)]
        return [(type, obj["metadata"]["name"]) for type, obj in events]


@contextlib.asynccontextmanager
async def watching(api: Api, resource: Resource = THINGS, **query: str) -> AsyncIterator[Stream]:
    params = {"watch": "true", **query}
    async with session(api) as http, http.get(resource.path("ns"), params=params) as answer:
        assert answer.status == 200
        yield Stream(aiter(answer.content))


def version(api: Api) -> str:
    """The version of an object made for that purpose."""
    return str(api.create(thing("first"))["metadata"]["resourceVersion"])


def labels(**given: str) -> dict[str, Any]:
    return {"metadata": {"labels": given}}


async def test_a_watch_sends_what_happened_after_its_version_in_order(api: Api, client: Client) -> None:
    api.create(thing("before"))
    since = version(api)
    made = await client.create(thing("a"))
    await client.patch(made, labels(x="y"))
    await client.patch(named(made), labels(x="y"))  # without effect
    api.patch_status(THINGS, "ns", "a", {"phase": "Running"})
    await client.delete(named(made))
    api.create(thing("last"))
    async with watching(api, resourceVersion=since) as stream:
        events = [await stream.next() for _ in range(5)]
    assert [(type, obj["metadata"]["name"]) for type, obj in events] == [
        *(("ADDED", "a"), ("MODIFIED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "last"))
    ]
    versions = [int(obj["metadata"]["resourceVersion"]) for _, obj in events]
    assert versions == sorted(set(versions)), "a deleted object has the version of its deletion"
    assert {(obj["apiVersion"], obj["kind"]) for _, obj in events} == {(THINGS.api_version, THINGS.kind)}
    assert events[3][1]["status"]["phase"] == "Running", "a deleted object is sent in its last state"


async def test_a_pod_is_marked_before_it_goes(api: Api, client: Client) -> None:
    made = api.create(pod("a"))
    await client.delete(made)
    async with watching(api, PODS, resourceVersion=made["metadata"]["resourceVersion"]) as stream:
        events = [await stream.next() for _ in range(2)]
    assert [type for type, _ in events] == ["MODIFIED", "DELETED"]
    for _, obj in events:
        assert obj["metadata"]["deletionTimestamp"]
        assert obj["metadata"]["deletionGracePeriodSeconds"] == 0


async def test_a_watch_with_a_selector_adds_what_begins_to_match_and_deletes_what_ceases_to(
    api: Api, client: Client
) -> None:
    since = version(api)
    for name, mine in (("in", "yes"), ("out", "no")):
        await client.create(thing(name, **labels(mine=mine)))
    await client.patch(thing("in"), labels(mine="no"))
    await client.patch(thing("in"), labels(mine="never"))
    await client.patch(thing("out"), labels(mine="yes"))
    await client.patch(thing("out"), labels(more="yes"))
    await client.delete(thing("out"))
    async with watching(api, resourceVersion=since, labelSelector="mine=yes") as stream:
        assert await stream.take(5) == [
            *(("ADDED", "in"), ("DELETED", "in"), ("ADDED", "out"), ("MODIFIED", "out"), ("DELETED", "out"))
        ]


async def test_a_watch_without_a_version_first_sends_all_objects(api: Api) -> None:
    api.create(thing("a"))
    api.create(thing("b"))
    async with watching(api) as stream:
        assert sorted(await stream.take(2)) == [("ADDED", "a"), ("ADDED", "b")]
        api.create(thing("c"))
        assert await stream.take(1) == [("ADDED", "c")]


@pytest.mark.parametrize(
    "query", [{}, {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}], ids=["", "asked"]
)
async def test_a_bookmark_marks_the_end_of_the_first_objects(api: Api, query: dict[str, Any]) -> None:
    api.create(thing("a"))
    async with watching(api, allowWatchBookmarks="true", **query) as stream:
        assert await stream.take(1) == [("ADDED", "a")]
        type, mark = await stream.next()
        assert (type, mark["kind"]) == ("BOOKMARK", "Thing")
        assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        api.create(thing("b"))
        type, obj = await stream.next()
        assert (type, obj["metadata"]["name"]) == ("ADDED", "b")
        assert int(obj["metadata"]["resourceVersion"]) > int(mark["metadata"]["resourceVersion"])


async def test_a_watch_from_a_forgotten_version_ends_with_410(api: Api) -> None:
    api.create(thing())
    api.compact()
    async with watching(api, resourceVersion="1") as stream:
        type, status = await stream.next()
        assert (type, status["kind"], status["code"], status["reason"]) == ("ERROR", "Status", 410, "Expired")
        with contextlib.suppress(StopAsyncIteration):
            raise AssertionError(await stream.next())


async def test_a_watch_ends_in_time(api: Api) -> None:
    begun = asyncio.get_running_loop().time()
    async with watching(api, resourceVersion=version(api), timeoutSeconds="1") as stream:
        with contextlib.suppress(StopAsyncIteration):
            raise AssertionError(await stream.next())
    assert 0.9 < asyncio.get_running_loop().time() - begun < 3
