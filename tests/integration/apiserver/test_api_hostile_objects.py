"""The operator on a real API server that took hostile objects before there was a policy against them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assay import main
from assay.kube.client import Client
from assay.our_resources import OURS
from assay.settings import RegistrySettings
from tests.integration.apiserver.either import session
from tests.integration.apiserver.hostile import Hostile, objects
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.integration.running import settings

Conditions = dict[str, tuple[str, str, str]]
"""Status, reason and message by type."""
Names = set[tuple[str, str]]
"""Kind and name."""
REFUSED = (400, 413, 422, 500)  # 500: etcd takes no more than 1.5 MiB


@pytest.fixture
async def api(real_api: RealApi) -> AsyncIterator[RealApi]:
    yield real_api
    real_api.clear()


async def create(api: RealApi, hostile: list[Hostile]) -> list[Hostile]:
    """Create the objects; returns those that the server took."""
    taken = []
    async with session(api) as http:
        for one in hostile:
            path, headers = OURS[one.kind].path("ns"), {"Content-Type": "application/json"}
            async with http.post(path, data=one.text.encode(), headers=headers) as answer:
                assert answer.status == 201 or answer.status in REFUSED, await answer.text()
                if answer.status == 201:
                    taken.append(one)
    return taken


def conditions(obj: Json) -> Conditions:
    found = (obj.get("status") or {}).get("conditions") or ()
    return {one["type"]: (one["status"], one["reason"], one.get("message", "")) for one in found}


async def every(client: Client) -> dict[tuple[str, str], Conditions]:
    """The conditions of all objects of our kinds."""
    return {
        (kind, obj["metadata"]["name"]): conditions(obj)
        for kind, resource in OURS.items()
        async for obj in client.list(resource, "ns")
    }


async def told(client: Client, operator: asyncio.Task[None], wanted: Names) -> dict[tuple[str, str], Any]:
    """The conditions, once each of these objects has some."""
    async with asyncio.timeout(20):
        while True:
            assert not operator.done(), "the operator has ended"
            found = await every(client)
            if not (missing := {one for one in wanted if not found.get(one)}):
                return found
            print("no condition yet:", sorted(missing))
            await asyncio.sleep(1)


def a_good_object(api: RealApi, kind: str, name: str, spec: Json) -> tuple[str, str]:
    head = {"apiVersion": OURS[kind].api_version, "kind": kind, "metadata": {"namespace": "ns", "name": name}}
    api.create({**head, "spec": spec})
    return kind, name


def good_objects(api: RealApi, name: str) -> Names:
    script = {"type": "BashScript", "bashScript": {"script": "echo 1"}}
    return {
        a_good_object(api, "Agent", name, {"type": "Nop"}),
        a_good_object(api, "Scorer", name, {**script, "parametersSchema": {"type": "object"}}),
        a_good_object(api, "Benchmark", name, {"scenarios": [{"name": "absent"}]}),
    }


async def test_hostile_objects_end_nothing_and_say_what_is_wrong(api: RealApi, tmp_path: Path) -> None:
    hostile = list(objects())
    listed, watched = hostile[::2], hostile[1::2]
    client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))
    taken = await create(api, listed)
    good = good_objects(api, "good-before")
    registry = RegistrySettings(push="127.0.0.1:1", insecure=True)
    stop = asyncio.Event()
    work = main.run(settings(registry=registry), stop, api.kubeconfig(tmp_path / "operator"))
    operator = asyncio.create_task(work)
    try:
        await told(client, operator, good)
        taken += await create(api, watched)
        good |= good_objects(api, "good-after")
        found = await told(client, operator, good | {(one.kind, one.name) for one in taken})
    finally:
        stop.set()
        await asyncio.wait_for(operator, 20)
        await client.close()
    assert {one.kind for one in taken} == OURS.keys()
    deep = [one for one in taken if one.is_deep]
    assert {one.name for one in deep} == {"deep-150", "deep-900", "deep-9000"}
    for one in deep:
        status, reason, message = found[one.kind, one.name]["InternalError"]
        assert (status, reason) == ("True", "ObjectUnusable"), one
        assert "more than 100 levels" in message
    failing = {key: told for key, told in found.items() if "InternalError" in told}
    assert failing.keys() == {(one.kind, one.name) for one in deep}, (
        "the others are told by their own conditions"
    )
    assert {found[key]["Ready"][0] for key in good if key[0] != "Benchmark"} == {"True"}
