"""The client and kopf against the fake API server: each is evidence for the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import aiohttp
import kopf
import pytest

from assay.cluster import errors
from assay.cluster.client import Client
from assay.cluster.resources import CONFIG_MAPS, JOBS, LEASES, PODS, Resource, register
from assay.engine import metrics
from assay.engine.election import Lease
from assay.engine.events import Recorder
from assay.engine.resync import Resyncer, Watched
from assay.engine.store import Store
from tests.contract.fakeapi import FakeApi, Write

THINGS = register(Resource("things.example", "v1", "things", "Thing"))


def thing(name: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "things.example/v1",
        "kind": "Thing",
        "metadata": {"namespace": "ns", "name": name, **more.pop("metadata", {})},
        "spec": {"x": 1},
        **more,
    }


def pod(name: str, owner: dict[str, Any] | None = None, **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"namespace": "ns", "name": name, "labels": labels}
    if owner:
        meta["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
            }
        ]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}}


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi(bookmark_seconds=0.2) as server:
        yield server


@pytest.fixture
async def client(api: FakeApi, tmp_path: Path) -> AsyncIterator[Client]:
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    yield client
    await client.close()


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for is not ours)
            await asyncio.sleep(0.01)


# --- the client ---


async def test_create_read_change_delete(api: FakeApi, client: Client) -> None:
    made = await client.create(thing(status={"ignored": True}))
    assert made["metadata"]["generation"] == 1
    assert "status" not in made
    assert await client.get(THINGS, "ns", "a") == made
    changed = await client.patch(THINGS, "ns", "a", {"spec": {"x": 2, "y": {}}, "status": {"ignored": True}})
    assert changed["metadata"]["generation"] == 2
    assert changed["spec"] == {"x": 2, "y": {}}
    assert "status" not in changed
    await client.delete(THINGS, "ns", "a", uid=made["metadata"]["uid"], grace_seconds=0)
    with pytest.raises(errors.NotFound, match='things "a" not found'):
        await client.get(THINGS, "ns", "a")
    await client.delete(THINGS, "ns", "a")
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
    await client.create(thing())
    one = await client.patch_status(THINGS, "ns", "a", {"phase": "Running", "a": {"b": 1, "c": 2}}, old={})
    assert one is not None
    assert one["metadata"]["generation"] == 1
    wanted = {"phase": "Done", "a": {"c": 2}}
    two = await client.patch_status(
        THINGS, "ns", "a", wanted, one["metadata"]["resourceVersion"], one["status"]
    )
    assert two is not None
    assert two["status"] == wanted
    assert api.requests[-1].body == {
        "status": {"phase": "Done", "a": {"b": None}},
        "metadata": {"resourceVersion": one["metadata"]["resourceVersion"]},
    }
    assert await client.patch_status(THINGS, "ns", "a", wanted, old=two["status"]) is None
    assert len(api.writes) == 3
    with pytest.raises(errors.Conflict):
        await client.patch_status(
            THINGS, "ns", "a", {"phase": "Late"}, one["metadata"]["resourceVersion"], wanted
        )


async def test_a_patch_without_effect_keeps_the_version(client: Client) -> None:
    made = await client.create(thing())
    same = await client.patch(THINGS, "ns", "a", {"spec": {"x": 1}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_names_are_taken_once_and_deletion_respects_uids(api: FakeApi, client: Client) -> None:
    await client.create(thing())
    with pytest.raises(errors.AlreadyExists):
        await client.create(thing())
    await client.delete(THINGS, "ns", "a", uid="that-of-a-former-one")
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
    bare = [one async for one in client.list(PODS, metadata_only=True)]
    assert all(set(one) == {"apiVersion", "kind", "metadata"} and one["kind"] == "Pod" for one in bare)
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
    assert await client.pod_log("ns", "a", "main", tail_lines=2, limit_bytes=5) == "two\nt"
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


# --- the server ---


async def test_dependents_go_with_their_owner_finalizers_hold(api: FakeApi, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    await client.create(pod("held", owner))
    api.patch(PODS, "ns", "held", {"metadata": {"finalizers": ["example/hold"]}})
    await client.delete(THINGS, "ns", "owner")
    assert [one["metadata"]["name"] for one in api.all(PODS)] == ["held"]
    assert api.all(PODS)[0]["metadata"]["deletionTimestamp"]
    await client.patch(PODS, "ns", "held", {"metadata": {"finalizers": None}})
    assert api.all(PODS) == []


async def test_orphans_stay_and_late_children_are_collected(api: FakeApi, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    await client.delete(THINGS, "ns", "owner", propagation="Orphan")
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

Running = Callable[[kopf.OperatorRegistry, kopf.OperatorSettings], Awaitable[asyncio.Event]]


@pytest.fixture
async def operate(api: FakeApi) -> AsyncIterator[Running]:
    """Starts kopf as the operator embeds it."""
    stop, tasks = asyncio.Event(), list[asyncio.Task[None]]()

    async def start(registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings) -> asyncio.Event:
        @kopf.on.login(registry=registry)
        def login(**_: Any) -> kopf.ConnectionInfo:
            return kopf.ConnectionInfo(server=api.url)

        ready = asyncio.Event()
        operator = kopf.operator(
            registry=registry,
            settings=settings,
            clusterwide=True,
            ready_flag=ready,
            stop_flag=stop,
            memo=kopf.Memo(),
        )
        tasks.append(asyncio.create_task(operator))
        await asyncio.wait_for(ready.wait(), 5)
        return ready

    yield start
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 5)


def quick() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.idle_timeout = 0.1
    settings.watching.reconnect_backoff = 0.01
    settings.watching.chunk_size = 2
    settings.watching.label_selectors["v1", "pods"] = "mine=yes"
    return settings


async def test_kopf_lists_and_watches(api: FakeApi, operate: Running) -> None:
    seen: list[tuple[str | None, str]] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.event("v1", "pods", registry=registry)
    def on_pod(type: str | None, name: str, **_: Any) -> None:
        seen.append((type, name))

    for name in ("a", "b", "c"):
        api.create(pod(name, mine="yes"))
    api.create(pod("foreign"))
    await operate(registry, quick())
    await until(lambda: len(seen) == 3)
    assert seen == [(None, "a"), (None, "b"), (None, "c")]
    seen.clear()
    await until(lambda: any(one.verb == "watch" and one.resource == "pods" for one in api.requests))
    api.create(pod("d", mine="yes"))
    api.patch_status(PODS, "ns", "d", {"phase": "Running"})
    api.patch(PODS, "ns", "a", {"metadata": {"labels": {"mine": None}}})
    api.patch(PODS, "ns", "foreign", {"metadata": {"labels": {"mine": "yes"}}})
    await until(lambda: len(seen) == 4)
    assert sorted(cast(list[tuple[str, str]], seen)) == [
        ("ADDED", "d"),
        ("ADDED", "foreign"),
        ("DELETED", "a"),
        ("MODIFIED", "d"),
    ]
    seen.clear()
    api.cut_watches()
    api.delete(PODS, "ns", "b")
    await until(lambda: seen == [("DELETED", "b")])
    api.compact()
    seen.clear()
    api.cut_watches()
    await until(lambda: [name for _, name in seen] == ["c", "d", "foreign"])
    assert {type for type, _ in seen} == {None}, "re-listed after 410"
    assert api.writes == []


async def test_kopf_s_finalizers(api: FakeApi, operate: Running) -> None:
    deleted: list[str] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.delete("things.example", "v1", "things", registry=registry)
    def on_delete(name: str, **_: Any) -> None:
        deleted.append(name)

    await operate(registry, quick())
    api.create(thing())
    await until(lambda: (api.get(THINGS, "ns", "a") or {})["metadata"].get("finalizers"))
    api.delete(THINGS, "ns", "a")
    await until(lambda: api.get(THINGS, "ns", "a") is None)
    assert deleted == ["a"]


async def test_a_resync_finds_what_a_cut_watch_missed(api: FakeApi, client: Client) -> None:
    changes: list[tuple[str, str]] = []
    store = Store()
    for name in ("a", "b"):
        api.create(pod(name, mine="yes"))
    store.put("Pod", api.create(pod("ghost", mine="yes")))
    api.delete(PODS, "ns", "ghost")
    resyncer = Resyncer(
        client,
        store,
        [Watched(PODS, "mine=yes"), Watched(JOBS)],
        lambda kind, one: changes.append((kind, one["metadata"]["name"])),
        second_after=0.05,
    )
    stop = asyncio.Event()
    task = asyncio.create_task(resyncer.run(stop))
    await asyncio.wait_for(resyncer.synced.wait(), 2)
    assert changes == [("Pod", "a"), ("Pod", "b"), ("Pod", "ghost")]
    api.delete(PODS, "ns", "a")
    await until(lambda: len(changes) == 4)
    assert [one["metadata"]["name"] for one in store.all("Pod")] == ["b"]
    stop.set()
    await task
    assert api.writes == []


async def test_a_lease_changes_hands(api: FakeApi, client: Client) -> None:
    stop = asyncio.Event()
    one, two = (Lease(client, "ns", "operator", name, retry=0.05, renew=0.05) for name in ("one", "two"))
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


async def test_many_are_listed_and_projected_quickly(api: FakeApi, client: Client) -> None:
    for number in range(2_000):
        api.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": f"c{number}"}}
        )
    store, loop = Store(), asyncio.get_running_loop()
    begun = loop.time()
    async for one in client.list(CONFIG_MAPS):
        store.put("ConfigMap", one)
    assert store.count("ConfigMap") == 2_000
    assert loop.time() - begun < 3
    assert len(api.requests) == 4
