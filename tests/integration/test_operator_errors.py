"""What goes wrong reaches a status and ends nothing: reconciles that fail, watches that end or fall silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay import dispatch, kopf_shell
from assay.engine.cache import Key
from assay.our_resources import OURS
from assay.reconcile.common.context import Context
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Fault, Json
from tests.integration.running import TEAM, condition, create, operating

NOP = {"type": "Nop"}


def internal_error(api: FakeApi, name: str = "a") -> Json | None:
    found = ((api.get(OURS["Agent"], TEAM, name) or {}).get("status") or {}).get("conditions") or ()
    return next((one for one in found if one["type"] == "InternalError"), None)


def written(api: FakeApi) -> int:
    """How many statuses were written; what met a conflict was not."""
    return len([one for one in api.requests if one.resource == "agents/status" and one.code == 200])


class Failing:
    """A reconciler that fails as long as it has an error."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.works = dispatch.RECONCILERS["Agent"]

    async def __call__(self, ctx: Context, key: Key) -> float | None:
        if key.name == "a" and self.error:
            raise self.error
        return await self.works(ctx, key)


async def test_a_reconcile_that_fails_says_so_until_it_succeeds(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(ZeroDivisionError("\x1b[31mno\x07 ?" + "x" * 5000))
    monkeypatch.setitem(dispatch.RECONCILERS, "Agent", failing)
    async with operating(api, tmp_path) as operator:
        create(api, "Agent", "a", NOP)
        create(api, "Agent", "b", NOP)
        await operator.until(lambda: condition(api, "Agent", "b", "Ready"))
        assert internal_error(api) is None, "one failure is none"
        await operator.until(lambda: internal_error(api))
        told = internal_error(api) or {}
        assert (told["status"], told["reason"]) == ("True", "ReconcileFailed")
        assert told["message"].startswith("ZeroDivisionError: no ?xxx")
        assert len(told["message"].encode()) <= 1024
        writes = written(api)
        failing.error = None
        api.patch(OURS["Agent"], TEAM, "a", {"metadata": {"labels": {"an": "event"}}})
        await operator.until(lambda: internal_error(api) is None)
        assert condition(api, "Agent", "a", "Ready") == ("True", "Accepted")
        assert written(api) == writes + 2, "its own status, and without the condition"


async def test_a_status_that_cannot_be_written_is_written_later(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(dispatch.RECONCILERS, "Agent", Failing(MemoryError()))
    api.fail("patch", "agents/status", 500, times=1)
    async with operating(api, tmp_path) as operator:
        create(api, "Agent", "a", NOP)
        await operator.until(lambda: internal_error(api), seconds=20)
        assert (internal_error(api) or {})["message"] == "MemoryError: "


@pytest.mark.parametrize(
    "error", [Fault(500, "InternalError", "etcd"), Fault(403, "Forbidden", "no"), Fault(429, "", "")]
)
async def test_an_error_of_the_watches_ends_nothing(error: Fault, api: FakeApi, tmp_path: Path) -> None:
    async with operating(api, tmp_path) as operator:
        create(api, "Agent", "a", NOP)
        await operator.until(lambda: condition(api, "Agent", "a", "Ready"))
        api.watch_error = error
        api.cut_watches()
        create(api, "Agent", "b", NOP)
        await operator.until(lambda: condition(api, "Agent", "b", "Ready"))
        api.watch_error = None
        create(api, "Agent", "c", NOP)
        await operator.until(lambda: condition(api, "Agent", "c", "Ready"))


async def test_a_watch_that_falls_silent_is_begun_again(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kopf_shell, "SILENCE_SECONDS", 1.0)  # this server sends five bookmarks in that time
    async with operating(api, tmp_path) as operator:
        create(api, "Agent", "a", NOP)
        await operator.until(lambda: condition(api, "Agent", "a", "Ready"))
        api.silence_watches()
        create(api, "Agent", "b", NOP)
        await operator.until(lambda: condition(api, "Agent", "b", "Ready"))
