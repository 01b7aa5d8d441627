"""The client against the fake API server: what it sends, and what it does when it is refused or waits.

What the server makes of it is in `apiserver`, on a real one too.
"""

import asyncio
from pathlib import Path

import pytest

from assay import kopf_shell, metrics
from assay.engine.cache import Cache
from assay.kube import errors, nesting
from assay.kube.client import PAGE, Client
from assay.kube.resources import CONFIG_MAPS, PODS
from tests.integration.fakeapi import FakeApi, Write
from tests.integration.samples import THINGS, named, pod, thing


async def test_a_write_is_one_request_that_says_who_writes(api: FakeApi, client: Client) -> None:
    made = await client.create(thing())
    await client.patch(named(made), {"spec": {"x": 2}})
    await client.delete(made)
    await client.delete(named(made))
    assert api.writes == [
        Write("POST", "things", "ns", "a"),
        Write("PATCH", "things", "ns", "a"),
        Write("DELETE", "things", "ns", "a"),
        Write("DELETE", "things", "ns", "a"),
    ]
    assert all(one.agent.startswith("assay-operator/") for one in api.requests)
    assert [one.query.get("fieldManager") for one in api.requests if one.verb in ("create", "patch")] == [
        "assay-operator"
    ] * 2


async def test_a_status_is_written_minimally_and_only_if_different(api: FakeApi, client: Client) -> None:
    made = await client.create(thing())
    one = await client.patch_status(made, {"phase": "Running", "a": {"b": 1, "c": 2}})
    assert one is not None
    wanted = {"phase": "Done", "a": {"c": 2}}
    two = await client.patch_status(one, wanted)
    assert two is not None
    assert api.requests[-1].body == {
        "status": {"phase": "Done", "a": {"b": None}},
        "metadata": {"resourceVersion": one["metadata"]["resourceVersion"]},
    }
    assert await client.patch_status(two, wanted) is None
    assert len(api.writes) == 3


async def test_a_page_is_one_request(api: FakeApi, client: Client) -> None:
    for number in range(7):
        api.create(pod(f"p{number}"))
    assert len([one async for one in client.list(PODS, "ns", limit=3)]) == 7
    assert [one.query["limit"] for one in api.requests] == ["3", "3", "3"]


async def test_a_page_that_is_too_large_is_asked_for_in_parts(
    api: FakeApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.kube.client.PAGE_BYTES", 20_000)
    for number in range(5):
        api.create(thing(f"t{number}", spec={"x": "y" * 9_000}))
    found = [one["metadata"]["name"] async for one in client.list(THINGS, "ns", limit=16)]
    assert found == [f"t{number}" for number in range(5)]
    limits = [one.query["limit"] for one in api.requests if one.verb == "list"]
    assert limits == ["16", "4", "1", "1", "1", "1", "1"]


async def test_an_object_that_is_larger_than_a_page_is_read(
    api: FakeApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.kube.client.PAGE_BYTES", 20_000)
    api.create(thing("large", spec={"x": "y" * 90_000}))
    assert [one["metadata"]["name"] async for one in client.list(THINGS, "ns")] == ["large"]


async def test_a_page_without_memory_for_it_is_asked_for_in_parts(
    api: FakeApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = nesting.loads

    def loads(text: bytes) -> object:
        if text.count(b"resourceVersion") > 3:
            raise MemoryError
        return parse(text)

    for number in range(5):
        api.create(thing(f"t{number}"))
    monkeypatch.setattr(nesting, "loads", loads)
    assert len([one async for one in client.list(THINGS, "ns", limit=8)]) == 5


async def test_proxies_of_the_environment_steer_nothing(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    made = api.create(thing())
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    assert (await client.get(THINGS, "ns", "a"))["metadata"]["uid"] == made["metadata"]["uid"]
    await client.close()
    session = kopf_shell.logged_in(api.login).aiohttp_session
    async with session, session.get(f"{api.url}{THINGS.path('ns')}") as answer:
        assert len((await answer.json())["items"]) == 1


async def test_logs(api: FakeApi, client: Client) -> None:
    api.create(pod("a"))
    api.logs["ns", "a"] = "one\ntwo\nthree\n"
    assert await client.pod_log("ns", "a", "main", tail_lines=2) == "two\nthree\n"
    assert await client.pod_log("ns", "a") == "one\ntwo\nthree\n"
    with pytest.raises(errors.NotFound):
        await client.pod_log("ns", "b")


async def test_refusals_are_typed_and_counted(api: FakeApi, client: Client) -> None:
    def count(code: str) -> float:
        labels = {"verb": "create", "resource": "things", "code": code}
        return metrics.registry.get_sample_value("assay_api_requests_total", labels) or 0.0

    before = count("429")
    api.fail("create", "things", 429, Retry_After="7")
    with pytest.raises(errors.TooManyRequests) as busy:
        await client.create(thing())
    assert busy.value.retry_after == 7
    assert count("429") == before + 1
    api.fail("*", "things", 503)
    with pytest.raises(errors.Unavailable):
        await client.create(thing())
    assert await client.create(thing())


async def test_no_server(tmp_path: Path) -> None:
    api = FakeApi()
    async with api:
        client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    with pytest.raises(errors.Unavailable, match="no answer"):
        await client.get(PODS, "ns", "a")
    await client.close()


async def test_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.ConfigError, match="absent"):
        await Client.connect(str(tmp_path / "absent"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(errors.ConfigError, match="empty"):
        await Client.connect(str(tmp_path / "empty"))


async def test_a_new_token_is_read_when_the_old_one_is_refused(api: FakeApi, tmp_path: Path) -> None:
    api.token = "first"
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    await client.create(thing())
    api.token = "second"
    api.kubeconfig(tmp_path / "kubeconfig")
    results = await asyncio.gather(*(client.get(THINGS, "ns", "a") for _ in range(5)))
    assert len(results) == 5
    api.token = "third, which nobody tells us"
    with pytest.raises(errors.ApiError) as refused:
        await client.get(THINGS, "ns", "a")
    assert refused.value.status == 401
    await client.close()


async def test_the_pool_is_bounded(api: FakeApi, client: Client) -> None:
    api.create(thing())
    api.latency = 0.05
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(client.get(THINGS, "ns", "a") for _ in range(75)))
    assert asyncio.get_running_loop().time() - begun >= 0.15


async def test_writes_are_limited_and_urgent_ones_are_not(api: FakeApi, tmp_path: Path) -> None:
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"), writes_per_second=20, burst=1)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for name in ("a", "b", "c"):
        await client.create(thing(name))
    assert 0.09 <= loop.time() - begun < 0.5
    waiting = [asyncio.create_task(client.create(thing(f"w{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    begun = loop.time()
    await client.create(thing("urgent"), urgent=True)
    assert loop.time() - begun < 0.09
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await client.close()


async def test_many_are_listed_and_projected_quickly(api: FakeApi, client: Client) -> None:
    for number in range(2_000):
        api.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": f"c{number}"}}
        )
    cache, loop = Cache(), asyncio.get_running_loop()
    begun = loop.time()
    async for one in client.list(CONFIG_MAPS):
        cache.put("ConfigMap", one)
    assert cache.count("ConfigMap") == 2_000
    assert loop.time() - begun < 3
    assert len(api.requests) == 2_000 / PAGE
