import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any, cast

import pytest

from assay.engine.cache import Cache
from assay.engine.relist import Relister, Schedule, Watched, relist
from assay.kube.client import Client
from assay.kube.errors import NotFound, Unavailable
from assay.kube.resources import JOBS, PODS, Resource
from tests.unit.engine.stored import names, obj
from tests.unit.engine.virtual import run, time

Changes = list[tuple[str, str]]


class Listing:
    """A client that knows only how to list what it is given."""

    def __init__(self, *objects: dict[str, Any], fail: tuple[Exception, ...] = ()) -> None:
        self.objects = list(objects)
        self.fail = list(fail)
        self.calls: list[tuple[str, float]] = []
        self.selectors: list[tuple[str | None, str | None]] = []

    async def list(
        self, res: Resource, namespace: str | None = None, label_selector: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        self.calls.append((res.plural, round(time(), 1)))
        self.selectors.append((namespace, label_selector))
        if self.fail:
            raise self.fail.pop(0)
        for one in self.objects:
            await asyncio.sleep(0)
            yield one


async def once(listing: Listing, cache: Cache, namespace: str | None = None) -> Changes:
    changes = Changes()
    await relist(
        cast(Client, listing),
        Watched(PODS, "a=b"),
        cache,
        lambda kind, one: changes.append((kind, one["metadata"]["name"])),
        namespace,
    )
    return changes


def test_new_changed_and_vanished_are_told_unchanged_are_not() -> None:
    cache = Cache()
    cache.put("Pod", obj("same", 3, x=1))
    cache.put("Pod", obj("changed", 3, x=1))
    cache.put("Pod", obj("gone", 3))
    listing = Listing(obj("same", 3, x=1), obj("changed", 4, x=2), obj("new"))
    assert run(once(listing, cache)) == [("Pod", "changed"), ("Pod", "new"), ("Pod", "gone")]
    assert names(cache.all("Pod")) == ["same", "changed", "new"]
    assert listing.selectors == [(None, "a=b")]


def test_what_the_watch_brings_during_the_listing_wins() -> None:
    async def main() -> list[str]:
        cache = Cache()
        cache.put("Pod", obj("deleted", 3))
        listing = Listing(*(obj(name, 3) for name in ("a", "b", "deleted")))
        task = asyncio.create_task(once(listing, cache))
        await asyncio.sleep(0)
        cache.put("Pod", obj("created", 9))
        cache.remove("Pod", obj("deleted", 8))
        await task
        return names(cache.all("Pod"))

    assert run(main()) == ["created", "a", "b"]


def test_a_failed_listing_drops_nothing() -> None:
    async def main() -> list[str]:
        cache = Cache()
        cache.put("Pod", obj("a"))
        try:
            await once(Listing(fail=(Unavailable(503, "", "down"),)), cache)
        except Unavailable:
            return names(cache.all("Pod"))
        raise AssertionError("no error")

    assert run(main()) == ["a"]


def test_a_resource_that_is_not_installed_is_empty() -> None:
    cache = Cache()
    assert run(once(Listing(fail=(NotFound(404, "NotFound", "no such resource"),)), cache)) == []


def test_one_namespace_s_listing_says_nothing_of_another() -> None:
    cache = Cache()
    cache.put("Pod", obj("a"))
    assert run(once(Listing(), cache, "other")) == []
    assert run(once(Listing(), cache, "ns")) == [("Pod", "a")]


def test_the_gate_opens_when_all_have_been_listed_and_listings_repeat() -> None:
    async def main() -> tuple[float, list[float]]:
        listing = Listing(fail=(Unavailable(503, "", "down"), Unavailable(0, "", "refused")))
        relister = Relister(
            cast(Client, listing), Cache(), [Watched(PODS, "a=b"), Watched(JOBS)], lambda *_: None
        )
        stop = asyncio.Event()
        task = asyncio.create_task(relister.run(stop))
        await relister.synced.wait()
        synced = time()
        await asyncio.sleep(1400)  # the third repetition comes by 1355 s, the fourth not before 1648 s
        stop.set()
        await task
        return synced, [at for plural, at in listing.calls if plural == "pods"]

    synced, times = run(main())
    assert 0.8 <= synced <= 1.2, "both failed once, and were tried again after a second"
    assert times[0] == 0
    gaps = [after - before for before, after in pairwise(times[1:])]
    assert 27 <= gaps[0] <= 33
    assert all(540 <= gap <= 660 for gap in gaps[1:])
    assert len(gaps) == 3


def test_each_namespace_is_listed() -> None:
    async def main() -> list[tuple[str | None, str | None]]:
        listing = Listing()
        relister = Relister(
            cast(Client, listing), Cache(), [Watched(PODS)], lambda *_: None, Schedule(("one", "two"))
        )
        stop = asyncio.Event()
        task = asyncio.create_task(relister.run(stop))
        await relister.synced.wait()
        stop.set()
        await task
        return listing.selectors

    assert run(main()) == [("one", None), ("two", None)]


def test_what_one_object_raises_stops_no_listing(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        def bug(kind: str, one: dict[str, Any]) -> None:
            if one["metadata"]["name"] == "bad":
                raise RecursionError("too deep")
            seen.append(one["metadata"]["name"])

        listing = Listing(obj("a"), obj("bad"), obj("b"))
        relister = Relister(cast(Client, listing), Cache(), [Watched(PODS)], bug)
        stop = asyncio.Event()
        task = asyncio.create_task(relister.run(stop))
        await relister.synced.wait()
        stop.set()
        await task
        return seen

    assert run(main()) == ["a", "b"]
    [record] = [one for one in caplog.records if one.exc_info]
    assert (record.__dict__["object_name"], record.levelname) == ("bad", "ERROR")


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), ValueError("no JSON")], ids=repr)
def test_a_listing_that_raises_anything_is_tried_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> list[str]:
        cache = Cache()
        relister = Relister(
            cast(Client, Listing(obj("a"), fail=(error,))), cache, [Watched(PODS)], lambda *_: None
        )
        stop = asyncio.Event()
        task = asyncio.create_task(relister.run(stop))
        await relister.synced.wait()
        stop.set()
        await task
        return names(cache.all("Pod"))

    assert run(main()) == ["a"]
    assert "listing pods" in caplog.text
