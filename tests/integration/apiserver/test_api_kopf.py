"""kopf on the API server, as the operator embeds it."""

from __future__ import annotations

from typing import Any

import kopf

from assay.kube.resources import PODS
from tests.integration.apiserver.either import Api
from tests.integration.embedded import operate
from tests.integration.samples import THINGS, pod, thing, until


async def test_kopf_lists_and_watches(api: Api) -> None:
    seen: list[tuple[str | None, str]] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.event("v1", "pods", registry=registry)
    async def on_pod(type: str | None, name: str, **_: Any) -> None:
        seen.append((type, name))

    for name in ("a", "b", "c"):
        api.create(pod(name, mine="yes"))
    api.create(pod("foreign"))
    async with operate(api.login, registry):
        await until(lambda: len(seen) == 3)
        assert seen == [(None, "a"), (None, "b"), (None, "c")]
        seen.clear()
        api.create(pod("d", mine="yes"))
        api.patch_status(PODS, "ns", "d", {"phase": "Running"})
        api.patch(PODS, "ns", "a", {"metadata": {"labels": {"mine": None}}})
        api.patch(PODS, "ns", "foreign", {"metadata": {"labels": {"mine": "yes"}}})
        await until(lambda: len(seen) == 4)
        assert set(seen) == {("ADDED", "d"), ("MODIFIED", "d"), ("DELETED", "a"), ("ADDED", "foreign")}
        seen.clear()
        api.delete(PODS, "ns", "b")
        await until(lambda: seen == [("MODIFIED", "b"), ("DELETED", "b")])


async def test_kopf_s_finalizers(api: Api) -> None:
    deleted: list[str] = []
    registry = kopf.OperatorRegistry()

    @kopf.on.delete("things.example", "v1", "things", registry=registry)
    async def on_delete(name: str, **_: Any) -> None:
        deleted.append(name)

    async with operate(api.login, registry):
        api.create(thing())
        await until(lambda: (api.get(THINGS, "ns", "a") or {})["metadata"].get("finalizers"))
        api.delete(THINGS, "ns", "a")
        await until(lambda: api.get(THINGS, "ns", "a") is None)
    assert deleted == ["a"]
