"""A devbox called box, for the tests of what becomes of it."""

from __future__ import annotations

import pytest

from assay.kube.resources import PODS
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import PASSED
from tests.integration.running import DEVBOXES, TEAM, condition

SPEC: Json = {"image": "example.test/x@sha256:" + "0" * 64, "user": "1000", "workingDir": "/src"}
STAYS = 3600.0  # seconds a pod works where the test ends it


def says(api: FakeApi, type_: str, *, is_: tuple[str, str]) -> bool:
    """Whether a condition of the box has that status and reason."""
    return condition(api, "Devbox", "box", type_) == is_


def status(api: FakeApi, name: str = "box") -> Json:
    """The status of a devbox that has one."""
    found = api.get(DEVBOXES, TEAM, name)
    assert found is not None
    result: Json = found["status"]
    return result


def prepares(pod: Json, _: str) -> Json:
    """How containers end where the root file system is a copy: two directories are prepared."""
    prepared = pod["metadata"]["labels"].get("assay.dev/pod-role") == "prepare"
    return {**PASSED, "message": "assay-prepare: etc usr\n"} if prepared else PASSED


@pytest.fixture(autouse=True)
def one_pod_at_a_time(api: FakeApi) -> None:
    """Two pods on one disk would destroy it. The fake server frees a name at once, so this holds by uid."""
    alive: list[str] = []

    def seen(pod: Json) -> None:
        if pod["metadata"]["name"] == "box":
            alive.append(pod["metadata"]["uid"])
            assert sum(1 for one in api.all(PODS) if one["metadata"]["uid"] in alive) <= 1, (
                "two pods on one disk"
            )

    api.on_create(PODS, seen)
