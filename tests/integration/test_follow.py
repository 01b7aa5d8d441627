"""Objects are kept up to date over whatever becomes of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from assay.kube import follow as following
from assay.kube.client import Client, Selection
from assay.kube.errors import Forbidden, Gone
from assay.kube.follow import Seen, follow
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Fault
from tests.integration.samples import THINGS, thing

ALL = Selection(THINGS, "ns")


async def until(seen: AsyncIterator[Seen], condition: Callable[[Seen], bool]) -> Seen:
    """The first view that fulfils the condition."""
    async with asyncio.timeout(15):
        async for one in seen:
            if condition(one):
                return one
    raise AssertionError


def names(*expected: str) -> Callable[[Seen], bool]:
    return lambda seen: set(seen.objects) == set(expected)


async def test_all_objects_come_first_and_then_every_change(api: FakeApi, client: Client) -> None:
    api.create(thing("a"))
    seen = follow(client, ALL)
    assert names("a")(await anext(seen))
    api.create(thing("b"))
    await until(seen, names("a", "b"))
    api.patch(THINGS, "ns", "b", {"spec": {"x": 9}})
    await until(seen, lambda one: one.objects["b"]["spec"]["x"] == 9)
    api.delete(THINGS, "ns", "a")
    await until(seen, names("b"))


async def test_what_is_not_selected_is_not_seen(api: FakeApi, client: Client) -> None:
    api.create(thing("a"))
    api.create(thing("b"))
    seen = follow(client, Selection(THINGS, "ns", field_selector="metadata.name=b"))
    assert names("b")(await anext(seen))


async def test_a_watch_that_was_cut_goes_on_from_where_it_was(api: FakeApi, client: Client) -> None:
    seen = follow(client, ALL)
    assert names()(await anext(seen))
    api.create(thing("a"))
    await until(seen, names("a"))
    api.cut_watches()
    api.create(thing("b"))
    await until(seen, names("a", "b"))
    assert sum(one.verb == "list" for one in api.requests) == 1


async def test_a_history_that_is_forgotten_is_listed_again(api: FakeApi, client: Client) -> None:
    api.create(thing("a"))
    seen = follow(client, ALL)
    await anext(seen)
    api.delete(THINGS, "ns", "a")
    api.create(thing("b"))
    api.compact()
    await until(seen, names("b"))
    assert sum(one.verb == "list" for one in api.requests) == 2


async def test_a_lost_connection_is_told_and_tried_again(
    api: FakeApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAUSE_MAX", 0.05)
    api.fail("list", "things", 503)
    seen = follow(client, ALL)
    lost = await anext(seen)
    assert lost.lost is not None
    api.create(thing("a"))
    assert (await until(seen, names("a"))).lost is None


async def test_a_watch_that_is_silent_is_taken_for_dead(
    api: FakeApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bookmarks come in between, every 0.2 s here: a second of nothing is a dead connection."""
    monkeypatch.setattr("assay.kube.client.WATCH_SILENCE", 1.0)
    seen = follow(client, ALL)
    await anext(seen)
    api.create(thing("a"))
    await until(seen, names("a"))
    api.silence_watches()
    api.create(thing("b"))
    await until(seen, names("a", "b"))


async def test_what_is_refused_is_raised(api: FakeApi, client: Client) -> None:
    api.fail("list", "things", 403, reason="Forbidden")
    with pytest.raises(Forbidden):
        await anext(follow(client, ALL))


async def test_an_error_within_a_watch_is_typed(api: FakeApi, client: Client) -> None:
    api.watch_error = Fault(410, "Expired", "too old resource version")
    with pytest.raises(Gone):
        await anext(client.watch(ALL, "1"))
