"""A reconcile of a run that has ended: when the whole run is read, and what is written then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.engine.cache import Key
from assay.kube.errors import NotFound
from assay.kube.resources import Resource
from assay.our_resources import OURS
from assay.reconcile.scenariorun.reconcile import reconcile
from tests.unit.reconcile.contexts import context
from tests.unit.reconcile.runs import BOX, NOW, OWNER, RESCORE, ended, run_at
from tests.unit.specs.objects import Obj, existing

KEY = Key("ScenarioRun", "team", "r")


class Client:
    """An API server with one ScenarioRun; records what is asked of it."""

    def __init__(self, run: Obj | None) -> None:
        self.run = run
        self.calls: list[str] = []
        self.written: Obj = {}

    async def get(self, res: Resource, namespace: str, name: str) -> Obj:
        assert res == OURS["ScenarioRun"]
        self.calls.append("get")
        if self.run is None:
            raise NotFound(404, "NotFound", name)
        return self.run

    async def patch_status(self, obj: Obj, status: Obj) -> None:
        self.calls.append("patch status")
        self.written = status

    async def delete(self, obj: Obj) -> Obj:
        self.calls.append(f"delete {obj['kind']}")
        return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-02T10:05:00Z"}}


def stored() -> Obj:
    """A run that has passed, with all its fields."""
    return run_at(ended("passed")).model_dump(by_alias=True, exclude_none=True, mode="json")


def devbox() -> Obj:
    obj: Obj = BOX.model_dump(by_alias=True, exclude_none=True, mode="json")
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [OWNER]}}


def later() -> Obj:
    """A run that has scored the disk of the other run again."""
    status = {"phase": "Complete", "score": 0.5, "passed": False}
    spec = {**RESCORE, "rescore": {"scenarioRunRef": {"name": "r"}}}
    return existing("ScenarioRun", "again", spec=spec, status=status)


async def reconciled(client: Client, *others: Obj) -> None:
    def nothing(*_: Any) -> None:
        pass

    known = context(stored(), *others)
    ctx = replace(known, client=cast(Any, client), observe=nothing, forget=nothing, now=lambda: NOW)
    assert await reconcile(ctx, KEY) is None


async def test_a_run_with_nothing_to_report_is_not_read() -> None:
    client = Client(stored())
    await reconciled(client, devbox())
    assert client.calls == ["delete Devbox"]


async def test_what_is_written_rests_on_the_whole_run() -> None:
    client = Client(stored())
    await reconciled(client, later(), devbox())
    assert client.calls == ["get", "patch status", "delete Devbox"]
    assert [one["scenarioRun"] for one in client.written["rescoreRuns"]] == ["again"]
    whole = stored()["status"]
    assert client.written["conditions"] == whole["conditions"], "the cache has no messages of them"
    assert client.written["agent"] == whole["agent"]


def another() -> Obj:
    run = stored()
    return {**run, "metadata": {**run["metadata"], "uid": "another"}}


@pytest.mark.parametrize("found", [None, another()], ids=["gone", "another of its name"])
async def test_a_run_that_is_not_there_any_more_is_left_alone(found: Obj | None) -> None:
    client = Client(found)
    await reconciled(client, later(), devbox())
    assert client.calls == ["get"]
