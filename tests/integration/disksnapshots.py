"""A devbox and DiskSnapshots of its disk, for the tests of what becomes of them."""

from __future__ import annotations

from typing import Any

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.running import TEAM, condition, create, create_definitions

LONG = 3600.0  # seconds of what the test ends itself
SNAPSHOTS = OURS["DiskSnapshot"]
READY = ("True", "SnapshotReady")


def create_devbox(api: FakeApi) -> None:
    """One that stays up, of the blueprint."""
    create_definitions(api)
    create(api, "Devbox", "box", {"blueprintRef": {"name": "project"}, "rootFilesystem": "Overlay"})


def create_snapshot(api: FakeApi, name: str = "frozen", **spec: Any) -> Json:
    """Of that devbox, unless it is to be imported."""
    source = {} if "volumeSnapshotRef" in spec else {"devboxRef": {"name": "box"}}
    return create(api, "DiskSnapshot", name, {**source, **spec})


def report(api: FakeApi, name: str, **status: Any) -> None:
    """What the snapshot controller writes."""
    api.patch_status(VOLUME_SNAPSHOTS, TEAM, name, status)


def says(api: FakeApi, name: str = "frozen") -> tuple[str, str] | None:
    """Status and reason of whether it is ready."""
    return condition(api, "DiskSnapshot", name, "Ready")


def status(api: FakeApi, name: str = "frozen") -> Json:
    """The status of a DiskSnapshot that has one."""
    found = api.get(SNAPSHOTS, TEAM, name)
    assert found is not None
    result: Json = found["status"]
    return result


def message(api: FakeApi, name: str = "frozen") -> str:
    """What its one condition says."""
    [said] = status(api, name)["conditions"]
    text: str = said["message"]
    return text
