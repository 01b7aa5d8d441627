"""What only the fake API server can do: play the cluster, fail, cut watches, count requests."""

import asyncio
from typing import Any

import aiohttp
import kopf
import pytest

from assay.engine.cache import Cache
from assay.engine.queue import WorkQueue
from assay.engine.relist import Relister, Watched
from assay.kube.client import Client
from assay.kube.resources import PODS
from tests.integration.embedded import operate
from tests.integration.fakeapi import FakeApi, Write
from tests.integration.samples import THINGS, pod, thing, until


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


async def test_what_it_does_not_play_is_refused(api: FakeApi) -> None:
    api.create(thing())
    headers = {"Content-Type": "application/apply-patch+yaml"}
    url = f"{api.url}{THINGS.path('ns', 'a')}"
    async with aiohttp.ClientSession() as session, session.patch(url, json=[], headers=headers) as answer:
        assert answer.status == 415


async def test_kopf_lives_through_watches_that_are_cut_and_forgotten(api: FakeApi) -> None:
    seen: list[tuple[str | None, str]] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.event("v1", "pods", registry=registry)
    async def on_pod(type: str | None, name: str, **_: Any) -> None:
        seen.append((type, name))

    def watching() -> bool:
        return any(one.verb == "watch" and one.resource == "pods" for one in api.requests)

    for name in ("a", "b", "c"):
        api.create(pod(name, mine="yes"))
    async with operate(api.login, registry):
        await until(lambda: len(seen) == 3 and watching())
        seen.clear()
        api.cut_watches()
        api.delete(PODS, "ns", "b")
        await until(lambda: seen == [("MODIFIED", "b"), ("DELETED", "b")])
        seen.clear()
        api.compact()
        api.cut_watches()
        await until(lambda: seen == [(None, "a"), (None, "c")])  # listed anew after a 410
    assert api.writes == []


async def test_kopf_ends_at_once_if_the_engine_has_ended_before_it(api: FakeApi, client: Client) -> None:
    """The other way round kopf waits 5 s for the engine's tasks, born while it ran, and cancels them."""
    ended, done, queue = asyncio.Event(), list[str](), WorkQueue[str]()
    relister = Relister(client, Cache(), [Watched(PODS)], lambda *_: None)

    async def handler(key: str) -> float | None:
        await asyncio.sleep(0.1)
        done.append(key)
        return 60.0

    loop = asyncio.get_running_loop()
    async with operate(api.login, kopf.OperatorRegistry()):
        tasks = [asyncio.create_task(relister.run(ended)), asyncio.create_task(queue.run(handler, 2, ended))]
        await relister.synced.wait()
        queue.add("a")
        await asyncio.sleep(0.01)
        begun = loop.time()
        ended.set()
        await asyncio.gather(*tasks)
    assert loop.time() - begun < 2
    assert done == ["a"], "the run under way was not cut off"
