"""The fake API server itself, kopf and the engine on it: each is evidence for the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import kopf
import pytest

from assay.engine.cache import Cache
from assay.engine.events import Recorder
from assay.engine.leader_election import Lease, Timing
from assay.engine.queue import WorkQueue
from assay.engine.relist import Relister, Schedule, Watched
from assay.kube.client import Client
from assay.kube.resources import JOBS, LEASES, PODS
from tests.contract.fakeapi import FakeApi, Write
from tests.contract.samples import THINGS, pod, thing, until


async def test_dependents_go_with_their_owner_finalizers_hold(api: FakeApi, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    await client.create(pod("held", owner))
    api.patch(PODS, "ns", "held", {"metadata": {"finalizers": ["example/hold"]}})
    await client.delete(owner)
    assert [one["metadata"]["name"] for one in api.all(PODS)] == ["held"]
    assert api.all(PODS)[0]["metadata"]["deletionTimestamp"]
    await client.patch(pod("held"), {"metadata": {"finalizers": None}})
    assert api.all(PODS) == []


async def test_orphans_stay_and_late_children_are_collected(api: FakeApi, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    api.delete(THINGS, "ns", "owner", propagationPolicy="Orphan")
    await client.create(pod("late", owner))
    await until(lambda: len(api.all(PODS)) == 1)
    assert api.all(PODS)[0]["metadata"]["name"] == "child"


async def test_a_test_plays_the_kubelet(api: FakeApi, client: Client) -> None:
    async def kubelet(one: dict[str, Any]) -> None:
        await asyncio.sleep(0.01)
        api.patch_status(PODS, "ns", one["metadata"]["name"], {"phase": "Succeeded"})

    api.on_create(PODS, kubelet)
    assert (await client.create(pod("a")))["status"] == {"phase": "Pending"}
    await until(lambda: (api.get(PODS, "ns", "a") or {})["status"]["phase"] == "Succeeded")
    assert api.writes == [Write("POST", "pods", "ns", "a")], "the kubelet's writes are not the operator's"


async def test_a_broken_hook_fails_the_test() -> None:
    def broken(one: dict[str, Any]) -> None:
        raise ZeroDivisionError

    api = await FakeApi().__aenter__()
    api.on_create(PODS, broken)
    api.create(pod("a"))
    await asyncio.sleep(0.01)
    with pytest.raises(ZeroDivisionError):
        await api.__aexit__()


async def test_json_patches(api: FakeApi) -> None:
    made = api.create(thing())
    url = f"{api.url}{THINGS.path('ns', 'a')}"
    headers = {"Content-Type": "application/json-patch+json"}
    version = made["metadata"]["resourceVersion"]
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
    add = {"op": "add", "path": "/metadata/finalizers", "value": ["f"]}
    async with aiohttp.ClientSession() as session:
        async with session.patch(url, json=[test, add], headers=headers) as answer:
            assert answer.status == 200
            assert (await answer.json())["metadata"]["finalizers"] == ["f"]
        async with session.patch(url, json=[test, add], headers=headers) as answer:
            assert answer.status == 422
        async with session.patch(
            url, json=[], headers={"Content-Type": "application/apply-patch+yaml"}
        ) as answer:
            assert answer.status == 415
        async with session.get(f"{api.url}/apis/things.example/v2/things") as answer:
            assert answer.status == 404


# --- kopf and the engine on it ---


@asynccontextmanager
async def operate(api: FakeApi, registry: kopf.OperatorRegistry) -> AsyncIterator[None]:
    """Runs kopf as the operator embeds it.

    Not a fixture: a fixture ends in a task younger than kopf, and kopf would wait for that task and cancel it.
    """

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=api.url)

    ready, stop = asyncio.Event(), asyncio.Event()
    operator = kopf.operator(
        registry=registry,
        settings=quick(),
        clusterwide=True,
        ready_flag=ready,
        stop_flag=stop,
        memo=kopf.Memo(),
    )
    task = asyncio.create_task(operator)
    try:
        await asyncio.wait_for(ready.wait(), 5)
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


def quick() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.idle_timeout = 0.1
    settings.watching.reconnect_backoff = 0.01
    settings.watching.chunk_size = 2
    settings.watching.label_selectors["v1", "pods"] = "mine=yes"
    return settings


async def test_kopf_lists_and_watches(api: FakeApi) -> None:
    seen: list[tuple[str | None, str]] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.event("v1", "pods", registry=registry)
    async def on_pod(type: str | None, name: str, **_: Any) -> None:
        seen.append((type, name))

    def watching() -> bool:
        return any(one.verb == "watch" and one.resource == "pods" for one in api.requests)

    for name in ("a", "b", "c"):
        api.create(pod(name, mine="yes"))
    api.create(pod("foreign"))
    async with operate(api, registry):
        await until(lambda: len(seen) == 3 and watching())
        assert seen == [(None, "a"), (None, "b"), (None, "c")]
        seen.clear()
        api.create(pod("d", mine="yes"))
        api.patch_status(PODS, "ns", "d", {"phase": "Running"})
        api.patch(PODS, "ns", "a", {"metadata": {"labels": {"mine": None}}})
        api.patch(PODS, "ns", "foreign", {"metadata": {"labels": {"mine": "yes"}}})
        await until(lambda: len(seen) == 4)
        assert set(seen) == {("ADDED", "d"), ("MODIFIED", "d"), ("DELETED", "a"), ("ADDED", "foreign")}
        seen.clear()
        api.cut_watches()
        api.delete(PODS, "ns", "b")
        await until(lambda: seen == [("DELETED", "b")])
        seen.clear()
        api.compact()
        api.cut_watches()
        await until(lambda: seen == [(None, "c"), (None, "d"), (None, "foreign")])  # listed anew after a 410
    assert api.writes == []


async def test_kopf_s_finalizers(api: FakeApi) -> None:
    deleted: list[str] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.delete("things.example", "v1", "things", registry=registry)
    async def on_delete(name: str, **_: Any) -> None:
        deleted.append(name)

    async with operate(api, registry):
        api.create(thing())
        await until(lambda: (api.get(THINGS, "ns", "a") or {})["metadata"].get("finalizers"))
        api.delete(THINGS, "ns", "a")
        await until(lambda: api.get(THINGS, "ns", "a") is None)
    assert deleted == ["a"]


async def test_a_resync_finds_what_a_cut_watch_missed(api: FakeApi, client: Client) -> None:
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
    await asyncio.wait_for(relister.synced.wait(), 2)
    assert changes == [("Pod", "a"), ("Pod", "b"), ("Pod", "lost")]
    api.delete(PODS, "ns", "a")
    await until(lambda: len(changes) == 4)
    assert [one["metadata"]["name"] for one in cache.all("Pod")] == ["b"]
    stop.set()
    await task
    assert api.writes == []


async def test_a_lease_changes_hands(api: FakeApi, client: Client) -> None:
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
    assert await asyncio.wait_for(waiting, 1)
    lease = api.get(LEASES, "ns", "operator")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == "two"
    assert sum(api.count_writes().values()) == 0


async def test_events_are_accepted(api: FakeApi, client: Client) -> None:
    await Recorder(client, "assay-operator").emit(api.create(thing()), "Normal", "Started", "x", "Start")
    assert [one.resource for one in api.writes] == ["events"]


async def test_kopf_ends_at_once_if_the_engine_has_ended_before_it(api: FakeApi, client: Client) -> None:
    """The other way round kopf waits 5 s for the engine's tasks, born while it ran, and cancels them."""
    ended, done, queue = asyncio.Event(), list[str](), WorkQueue[str]()
    relister = Relister(client, Cache(), [Watched(PODS)], lambda *_: None)

    async def handler(key: str) -> float | None:
        await asyncio.sleep(0.1)
        done.append(key)
        return 60.0

    loop = asyncio.get_running_loop()
    async with operate(api, kopf.OperatorRegistry()):
        tasks = [asyncio.create_task(relister.run(ended)), asyncio.create_task(queue.run(handler, 2, ended))]
        await relister.synced.wait()
        queue.add("a")
        await asyncio.sleep(0.01)
        begun = loop.time()
        ended.set()
        await asyncio.gather(*tasks)
    assert loop.time() - begun < 2
    assert done == ["a"], "the run under way was not cut off"
