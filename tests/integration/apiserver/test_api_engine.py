"""The engine on the API server: listing anew, leader election, Events."""

from __future__ import annotations

import asyncio

from assay.engine.cache import Cache
from assay.engine.events import Recorder
from assay.engine.leader_election import Lease, Timing
from assay.engine.relist import Relister, Schedule, Watched
from assay.kube.client import Client
from assay.kube.resources import EVENTS, JOBS, LEASES, PODS
from tests.integration.apiserver.either import Api
from tests.integration.samples import pod, thing, until


async def test_a_resync_finds_what_a_cut_watch_missed(api: Api, client: Client) -> None:
    changes: list[tuple[str, str]] = []
    cache = Cache()
    for name in ("a", "b"):
        api.create(pod(name, mine="yes"))
    cache.put("Pod", api.create(pod("lost", mine="yes")))
    api.delete(PODS, "ns", "lost")
    relister = Relister(
        client,
        cache,
        [Watched(PODS, "mine=yes"), Watched(JOBS)],
        lambda kind, one: changes.append((kind, one["metadata"]["name"])),
        Schedule(second_after=0.05),
    )
    stop = asyncio.Event()
    task = asyncio.create_task(relister.run(stop))
    await asyncio.wait_for(relister.synced.wait(), 15)
    assert changes == [("Pod", "a"), ("Pod", "b"), ("Pod", "lost")]
    api.delete(PODS, "ns", "a")
    await until(lambda: len(changes) == 4)
    assert [one["metadata"]["name"] for one in cache.all("Pod")] == ["b"]
    stop.set()
    await task


async def test_a_lease_changes_hands(api: Api, client: Client) -> None:
    stop = asyncio.Event()
    timing = Timing(retry=0.05, renew=0.05)
    one, two = (Lease(client, "ns", "operator", name, timing) for name in ("one", "two"))
    assert await one.acquire(stop)
    keeping = asyncio.create_task(one.keep(lambda: None))
    waiting = asyncio.create_task(two.acquire(stop))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await one.release()
    assert await asyncio.wait_for(waiting, 15)
    lease = api.get(LEASES, "ns", "operator")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == "two"


async def test_events_are_accepted(api: Api, client: Client) -> None:
    made = api.create(thing())
    await Recorder(client, "assay-operator").emit(made, "Normal", "Started", "It begins.", "Start")
    [event] = api.all(EVENTS, "ns")
    assert event["regarding"]["uid"] == made["metadata"]["uid"]
    assert (event["reason"], event["note"], event["type"]) == ("Started", "It begins.", "Normal")
