"""The client against the fake API server."""

import asyncio
from pathlib import Path

import pytest

from assay import metrics
from assay.engine.cache import Cache
from assay.kube import errors
from assay.kube.client import Client
from assay.kube.resources import CONFIG_MAPS, PODS
from tests.contract.fakeapi import FakeApi, Write
from tests.contract.samples import THINGS, named, pod, thing


async def test_create_read_change_delete(api: FakeApi, client: Client) -> None:
    made = await client.create(thing(status={"ignored": True}))
    assert made["metadata"]["generation"] == 1
    assert "status" not in made
    assert await client.get(THINGS, "ns", "a") == made
    changed = await client.patch(named(made), {"spec": {"x": 2, "y": {}}, "status": {"ignored": True}})
    assert changed["metadata"]["generation"] == 2
    assert changed["spec"] == {"x": 2, "y": {}}
    assert "status" not in changed
    await client.delete(made)
    with pytest.raises(errors.NotFound, match='things "a" not found'):
        await client.get(THINGS, "ns", "a")
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


async def test_status_is_written_apart_minimally_and_only_if_different(api: FakeApi, client: Client) -> None:
    made = await client.create(thing())
    one = await client.patch_status(made, {"phase": "Running", "a": {"b": 1, "c": 2}})
    assert one is not None
    assert one["metadata"]["generation"] == 1
    wanted = {"phase": "Done", "a": {"c": 2}}
    two = await client.patch_status(one, wanted)
    assert two is not None
    assert two["status"] == wanted
    assert api.requests[-1].body == {
        "status": {"phase": "Done", "a": {"b": None}},
        "metadata": {"resourceVersion": one["metadata"]["resourceVersion"]},
    }
    assert await client.patch_status(two, wanted) is None
    assert len(api.writes) == 3
    with pytest.raises(errors.Conflict):
        await client.patch_status(one, {"phase": "Late"})


async def test_a_patch_without_effect_keeps_the_version(client: Client) -> None:
    made = await client.create(thing())
    same = await client.patch(named(made), {"spec": {"x": 1}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_names_are_taken_once_and_deletion_respects_uids(api: FakeApi, client: Client) -> None:
    await client.create(thing())
    with pytest.raises(errors.AlreadyExists):
        await client.create(thing())
    await client.delete({**thing(), "metadata": {**thing()["metadata"], "uid": "that-of-a-former-one"}})
    assert api.get(THINGS, "ns", "a")
    generated = await client.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "generateName": "g-"}}
    )
    assert generated["metadata"]["name"].startswith("g-")
    with pytest.raises(errors.Invalid):
        await client.create(thing("Not_A_Name"))


async def test_lists_are_read_in_pages(api: FakeApi, client: Client) -> None:
    for number in range(7):
        api.create(pod(f"p{number}", part="a" if number % 2 else "b"))
    found = [one async for one in client.list(PODS, "ns", limit=3)]
    assert [one["metadata"]["name"] for one in found] == [f"p{number}" for number in range(7)]
    assert {(one["apiVersion"], one["kind"]) for one in found} == {("v1", "Pod")}
    assert len(api.requests) == 3
    assert [one["metadata"]["name"] async for one in client.list(PODS, None, "part=a")] == ["p1", "p3", "p5"]
    assert [one async for one in client.list(PODS, "elsewhere")] == []


async def test_a_page_is_of_the_moment_the_listing_began(api: FakeApi, client: Client) -> None:
    for name in ("a", "b", "c"):
        api.create(pod(name))
    pages = client.list(PODS, "ns", limit=1)
    assert (await anext(pages))["metadata"]["name"] == "a"
    api.delete(PODS, "ns", "c")
    assert [one["metadata"]["name"] async for one in pages] == ["b", "c"]
    pages = client.list(PODS, "ns", limit=1)
    await anext(pages)
    api.compact()
    with pytest.raises(errors.Gone):
        await anext(pages)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("a", "xy"),
        ("!a", "z"),
        ("a=1,b==2", "x"),
        ("a!=1", "yz"),
        ("a in (1, 3)", "xy"),
        ("a notin (1),a", "y"),
        ("things.example/k=v", "z"),
    ],
)
async def test_selectors(api: FakeApi, client: Client, selector: str, names: str) -> None:
    for name, labels in {"x": {"a": "1", "b": "2"}, "y": {"a": "3"}, "z": {"things.example/k": "v"}}.items():
        api.create(pod(name, None, **labels))
    assert "".join([one["metadata"]["name"] async for one in client.list(PODS, None, selector)]) == names


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
    assert len(api.requests) == 4
