"""A run with all its fields, of which the cache keeps few once it has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.scenariorun import ScenarioRun
from assay.kube.errors import NotFound
from assay.kube.resources import Resource
from assay.reconcile.references import whole_run
from tests.unit.reconcile.contexts import condition, context
from tests.unit.specs.objects import Obj, existing, pinned

PINNED = pinned().model_dump(by_alias=True, exclude_none=True, mode="json")


def run(*, ended: bool = True, uid: str = "u", **status: Any) -> Obj:
    found = [condition("Complete", "True" if ended else "False", "Any")]
    made = existing(
        "ScenarioRun", "r", spec={"scenarioRef": {"name": "s"}}, status={**status, "conditions": found}
    )
    return {**made, "metadata": {**made["metadata"], "uid": uid}}


class Api:
    """Has one object, or none."""

    def __init__(self, found: Obj | None) -> None:
        self.found = found

    async def get(self, res: Resource, namespace: str, name: str) -> Obj:
        assert (res.kind, namespace, name) == ("ScenarioRun", "team", "r")
        if self.found is None:
            raise NotFound(404, "NotFound", name)
        return self.found


async def read(found: Obj | None, **of_cache: Any) -> ScenarioRun | None:
    ctx = replace(context(), client=cast(Any, Api(found)))
    return await whole_run.read(ctx, ScenarioRun.parse(run(**of_cache)))


async def test_of_a_run_that_has_ended_the_api_server_has_everything() -> None:
    whole = await read(run(pinned=PINNED), pinned={"contentHash": "h"})
    assert whole is not None
    assert whole.status.pinned is not None


async def test_of_one_that_has_not_the_cache_has_everything() -> None:
    seen = await read(None, ended=False, pinned=PINNED)
    assert seen is not None
    assert seen.status.pinned is not None


@pytest.mark.parametrize(
    "found",
    [None, run(uid="of another"), run(ended=False)],
    ids=["gone", "another of its name", "one that has not ended"],
)
async def test_no_other_run_is_taken_for_it(found: Obj | None) -> None:
    assert await read(found) is None
