"""What a patch leaves in the cache, and what it does where the object is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.kube.errors import NotFound
from assay.kube_object import KubeObject
from assay.reconcile.common.apply import patch
from tests.unit.reconcile import contexts
from tests.unit.specs.objects import existing


class Answering:
    """An API server that answers a patch with this."""

    def __init__(self, answer: KubeObject | Exception) -> None:
        self.answer = answer

    async def patch(self, obj: KubeObject, change: KubeObject) -> KubeObject:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def taken_in(obj: KubeObject, answer: KubeObject | Exception) -> tuple[list[str], list[str]]:
    """The names of what is observed and of what is forgotten when that object is patched."""
    observed: list[str] = []
    forgotten: list[str] = []
    ctx = replace(
        contexts.context(),
        client=cast(Any, Answering(answer)),
        observe=lambda _, one: observed.append(one["metadata"]["name"]),
        forget=lambda _, one: forgotten.append(one["metadata"]["name"]),
    )
    await patch(ctx, obj, {"metadata": {"finalizers": []}})
    return observed, forgotten


def blueprint(**meta: object) -> KubeObject:
    made = existing("Blueprint", "project")
    made["metadata"] |= meta
    return made


@pytest.mark.parametrize(
    ("patched", "is_gone"),
    [
        (blueprint(), False),
        (blueprint(deletionTimestamp="now", finalizers=["theirs/own"]), False),
        (blueprint(deletionTimestamp="now"), True),
        (blueprint(deletionTimestamp="now", finalizers=[]), True),
    ],
    ids=["stays", "another finalizer", "no finalizers", "empty finalizers"],
)
async def test_what_loses_its_last_finalizer_while_it_is_deleted_is_gone(
    patched: KubeObject, is_gone: bool
) -> None:
    expected = ([], ["project"]) if is_gone else (["project"], [])
    assert await taken_in(blueprint(), patched) == expected


async def test_a_pod_has_its_time_to_stop() -> None:
    metadata = {"name": "box", "deletionTimestamp": "now"}
    stopping: KubeObject = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    assert await taken_in(stopping, stopping) == (["box"], [])


async def test_nothing_is_taken_in_of_what_is_gone() -> None:
    assert await taken_in(blueprint(), NotFound(404, "NotFound", "not found")) == ([], [])
