"""The real operator against the fake API server: disks that are frozen, imported, lost, and that go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assay.build import names
from assay.cluster.resources import VOLUME_SNAPSHOTS
from assay.handlers import OURS
from assay.reconcile import disksnapshot, disksource
from tests.contract.fakeapi import CUSTOM_RESOURCE_DEFINITIONS, FakeApi
from tests.contract.fakeexec import Command, Ended
from tests.contract.fakestorage import Json
from tests.contract.kubelet import Kubelet, now
from tests.contract.running import (
    RUNS,
    TEAM,
    condition,
    create,
    create_definitions,
    create_run,
    create_scenario,
    is_over,
    operating,
    table,
    writes_since,
)

LONG = 3600.0  # seconds of what the test ends itself
SNAPSHOTS, BLUEPRINTS = OURS["DiskSnapshot"], OURS["Blueprint"]
IMAGE = "example.test/x@sha256:" + "0" * 64
READY = ("True", "SnapshotReady")
DISK = '{"image": {"reference": "' + IMAGE + '", "user": "7"}, "lineage": {"devbox": "former"}}'


def create_devbox(api: FakeApi) -> None:
    """One that stays up, of the blueprint."""
    create_definitions(api)
    create(api, "Devbox", "box", {"blueprintRef": {"name": "project"}, "rootFilesystem": "Overlay"})


def create_snapshot(api: FakeApi, name: str = "frozen", **spec: Any) -> Json:
    source = {} if "volumeSnapshotRef" in spec else {"devboxRef": {"name": "box"}}
    return create(api, "DiskSnapshot", name, {**source, **spec})


def create_volume_snapshot(api: FakeApi, name: str, disk: str | None = None, ready: bool = True) -> None:
    """Somebody's VolumeSnapshot."""
    meta = {"name": name, "namespace": TEAM, "annotations": {names.DISK: disk} if disk else {}}
    spec = {"source": {"persistentVolumeClaimName": "box"}}
    api.create(
        {"apiVersion": VOLUME_SNAPSHOTS.api_version, "kind": "VolumeSnapshot", "metadata": meta, "spec": spec}
    )
    if ready:
        report(api, name, readyToUse=True, creationTime=now(), restoreSize="2Gi")


def report(api: FakeApi, name: str, **status: Any) -> None:
    """What the snapshot controller writes."""
    api.patch_status(VOLUME_SNAPSHOTS, TEAM, name, status)


def announce_crd(api: FakeApi) -> None:
    """What tells operators that there are VolumeSnapshots now."""
    resource = CUSTOM_RESOURCE_DEFINITIONS
    name = f"{VOLUME_SNAPSHOTS.plural}.{VOLUME_SNAPSHOTS.group}"
    spec = {"group": VOLUME_SNAPSHOTS.group, "names": {"plural": VOLUME_SNAPSHOTS.plural}}
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    api.create({**head, "metadata": {"name": name}, "spec": spec}, resource)


def says(api: FakeApi, name: str = "frozen") -> tuple[str, str] | None:
    return condition(api, "DiskSnapshot", name, "Ready")


def status(api: FakeApi, name: str = "frozen") -> Json:
    found = api.get(SNAPSHOTS, TEAM, name)
    assert found is not None
    result: Json = found["status"]
    return result


def message(api: FakeApi, name: str = "frozen") -> str:
    [said] = status(api, name)["conditions"]
    text: str = said["message"]
    return text


async def test_a_live_disk_is_flushed_and_frozen_once(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    there: list[int] = []

    def run_command(_: Command) -> Ended:
        there.append(len(api.all(VOLUME_SNAPSHOTS)))
        return Ended()

    api.run_command = run_command
    with Kubelet(api, work=LONG, snapshot=0.4):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "Devbox", "box", "Ready") == ("True", "Running"))
            await asyncio.sleep(0.3)
            mark = len(api.writes)
            create_snapshot(api)
            await operator.until(lambda: says(api) == READY)
            await asyncio.sleep(0.5)
            writes = writes_since(api, mark)
        mark = len(api.writes)
        async with operating(api, tmp_path) as operator:
            await asyncio.sleep(1.0)
    assert table(writes_since(api, mark)) == table({}), "a restart changes nothing"
    assert there == [0], "flushed once, before the VolumeSnapshot was there"
    assert [(one.pod, one.words[-3:]) for one in api.commands] == [("box", ["sync", "-f", "/"])]
    # Beside it: Creating, SnapshotReady, its Event, and the finalizer of the blueprint.
    assert writes == {
        ("POST", "volumesnapshots"): 1,
        ("PATCH", "disksnapshots/status"): 2,
        ("POST", "events"): 1,
        ("PATCH", "blueprints"): 1,
    }
    found = status(api)
    assert found["lineage"] == {"devbox": "box", "blueprint": "project"}
    assert found["image"]["reference"] == "pull.example.test/x@sha256:1"
    assert (found["restoreSize"], found["volumeSnapshotName"], found["phase"]) == ("1Gi", "frozen", "Ready")
    api.delete(SNAPSHOTS, TEAM, "frozen")
    assert api.all(VOLUME_SNAPSHOTS) == []


async def test_a_disk_that_cannot_be_flushed(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disksource, "RETRY_SECONDS", 0.2)
    create_devbox(api)
    api.run_command = lambda _: Ended(1, "", "sync: input/output error")
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "Devbox", "box", "Ready") == ("True", "Running"))
            create_snapshot(api)
            await operator.until(lambda: says(api) == ("False", "DevboxNotReady"))
            assert "input/output error" in message(api)
            assert api.all(VOLUME_SNAPSHOTS) == []
            api.run_command = lambda _: Ended()
            await operator.until(lambda: says(api) == READY)


async def test_it_waits_for_its_devbox(api: FakeApi, tmp_path: Path) -> None:
    create_snapshot(api)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == ("False", "DevboxNotFound"))
            create_devbox(api)
            await operator.until(lambda: says(api) == READY)


async def test_an_error_of_the_driver_passes(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    create_snapshot(api)
    with Kubelet(api, work=LONG, snapshot=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == ("False", "Creating"))
            report(api, "frozen", readyToUse=False, error={"message": "rpc error: no space left"})
            await operator.until(lambda: says(api) == ("False", "SnapshotFailed"))
            assert "no space left" in message(api)
            report(api, "frozen", readyToUse=True, error=None, creationTime=now(), restoreSize="1Gi")
            await operator.until(lambda: says(api) == READY)


async def test_without_the_crds_everything_else_works(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disksnapshot, "LOOK_AGAIN", 0.3)
    missing = api.storage.collections.pop((VOLUME_SNAPSHOTS.group, VOLUME_SNAPSHOTS.plural))
    create_devbox(api)
    create_scenario(api, "fix-it")
    create_snapshot(api)
    create_snapshot(api, "imported", volumeSnapshotRef={"name": "there"})
    create_run(api, "r", "fix-it", snapshotPolicy="Always")
    with Kubelet(api, work=1.5):
        async with operating(api, tmp_path) as operator:
            unavailable = ("False", "SnapshotsUnavailable")
            await operator.until(lambda: says(api) == says(api, "imported") == unavailable)
            assert "install the CRDs" in message(api)
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            run = api.get(RUNS, TEAM, "r")
            assert run is not None
            assert run["status"]["score"] == 1.0
            api.storage.collections[VOLUME_SNAPSHOTS.group, VOLUME_SNAPSHOTS.plural] = missing
            announce_crd(api)
            await operator.until(lambda: says(api) == READY)
            await operator.until(lambda: says(api, "imported") == ("False", "VolumeSnapshotNotFound"))


async def test_a_disk_that_was_deleted_underneath(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    create_snapshot(api)
    with Kubelet(api, work=LONG) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY)
            api.delete(VOLUME_SNAPSHOTS, TEAM, "frozen")
            await operator.until(lambda: says(api) == ("False", "DiskLost"))
            await asyncio.sleep(0.3)
        assert kubelet.created["VolumeSnapshot frozen"] == 1, "a later state of the disk is another disk"


async def test_what_was_retained_is_imported_by_its_name(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    create_snapshot(api, deletionPolicy="Retain")
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY)
            first = status(api)
            api.delete(SNAPSHOTS, TEAM, "frozen")
            create_snapshot(api, "again", volumeSnapshotRef={"name": "frozen"})
            await operator.until(lambda: says(api, "again") == READY)
            create_snapshot(api)  # of that name, while another's disk has it
            await operator.until(lambda: says(api) == ("False", "NameTaken"))
            assert api.get(VOLUME_SNAPSHOTS, TEAM, "frozen")
    same = ("image", "lineage", "rootFilesystem", "restoreSize", "creationTime", "volumeSnapshotName")
    assert {key: status(api, "again")[key] for key in same} == {key: first[key] for key in same}


async def test_imports(api: FakeApi, tmp_path: Path) -> None:
    create_volume_snapshot(api, "told", DISK)
    create_volume_snapshot(api, "untold")
    for name in ("told", "untold", "absent"):
        create_snapshot(api, name, volumeSnapshotRef={"name": name})
    create_snapshot(api, "pulled", volumeSnapshotRef={"name": "untold"}, image="127.0.0.1:1/x")
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: says(api, "told") == READY)
        assert status(api, "told")["image"]["user"] == "7"
        await operator.until(lambda: says(api, "untold") == ("False", "ImageUnknown"))
        assert "spec.image" in message(api, "untold")
        await operator.until(lambda: says(api, "pulled") == ("False", "RegistryUnavailable"))
        await operator.until(lambda: says(api, "absent") == ("False", "VolumeSnapshotNotFound"))
        create_volume_snapshot(api, "absent", DISK, ready=False)
        await operator.until(lambda: says(api, "absent") == ("False", "Creating"))
        report(api, "absent", readyToUse=True, creationTime=now())
        await operator.until(lambda: says(api, "absent") == READY)
    api.delete(SNAPSHOTS, TEAM, "told")
    assert api.get(VOLUME_SNAPSHOTS, TEAM, "told"), "what was imported is not ours to delete"


async def test_after_its_time_it_goes_unless_it_is_needed(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.reconcile.retention.HELD_RETRY", 0.3)
    create_devbox(api)
    create_scenario(api, "fix-it")
    environment = {"blueprintRef": None, "diskSnapshotRef": {"name": "needed"}}
    api.patch(OURS["Scenario"], TEAM, "fix-it", {"spec": {"environment": environment}})
    create_snapshot(api, ttlSeconds=1)
    create_snapshot(api, "needed", ttlSeconds=1)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY)
            await operator.until(lambda: api.get(SNAPSHOTS, TEAM, "frozen") is None)
            assert api.get(VOLUME_SNAPSHOTS, TEAM, "frozen") is None
            await operator.until(lambda: "needed by Scenario fix-it" in message(api, "needed"))
            assert says(api, "needed") == READY
            mark = len(api.writes)
            await asyncio.sleep(0.8)
            assert table(writes_since(api, mark)) == table({})
            api.delete(OURS["Scenario"], TEAM, "fix-it")
            await operator.until(lambda: api.get(SNAPSHOTS, TEAM, "needed") is None)


async def test_of_each_scenario_the_newest_stay(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it", "other")
    keep = {"snapshotPolicy": "Always", "snapshotRetention": {"perScenario": 1}}
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            create_run(api, "elsewhere", "other", **keep)
            create_run(api, "one", "fix-it", **keep)
            await operator.until(lambda: says(api, "one") == READY)
            await asyncio.sleep(1.1)  # times have seconds
            create_run(api, "two", "fix-it", **keep)
            await operator.until(lambda: api.get(SNAPSHOTS, TEAM, "one") is None)
            gone = ("False", "DiskSnapshotDeleted")
            await operator.until(lambda: condition(api, "ScenarioRun", "one", "DiskKept") == gone)
            await operator.until(lambda: says(api, "elsewhere") == says(api, "two") == READY)
    assert {one["metadata"]["name"] for one in api.all(SNAPSHOTS)} == {"two", "elsewhere"}


# --- the blueprint it lies on ---


def finalizers(api: FakeApi) -> list[str]:
    found = api.get(BLUEPRINTS, TEAM, "project")
    assert found is not None
    kept: list[str] = found["metadata"].get("finalizers") or []
    return kept


async def test_a_blueprint_stays_while_it_is_needed(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    api.patch(BLUEPRINTS, TEAM, "project", {"metadata": {"finalizers": ["theirs/own"]}})
    create_snapshot(api)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY and names.IN_USE in finalizers(api))
            create_scenario(api, "fix-it")
            await asyncio.sleep(0.3)
            api.delete(BLUEPRINTS, TEAM, "project")
            blocked = ("True", "InUse")
            await operator.until(lambda: condition(api, "Blueprint", "project", "DeletionBlocked") == blocked)
            assert condition(api, "Blueprint", "project", "Ready") == ("True", "ImagePinned")
            create(api, "Devbox", "late", {"blueprintRef": {"name": "project"}, "rootFilesystem": "Overlay"})
            await operator.until(lambda: condition(api, "Devbox", "late", "Ready") == ("True", "Running"))
            api.delete(SNAPSHOTS, TEAM, "frozen")
            await asyncio.sleep(0.3)
            assert names.IN_USE in finalizers(api)
            api.delete(OURS["Scenario"], TEAM, "fix-it")
            await operator.until(lambda: finalizers(api) == ["theirs/own"])
            unblocked = ("False", "NotInUse")
            await operator.until(
                lambda: condition(api, "Blueprint", "project", "DeletionBlocked") == unblocked
            )
            api.patch(BLUEPRINTS, TEAM, "project", {"metadata": {"finalizers": None}})
            await asyncio.sleep(0.3)
    assert api.get(BLUEPRINTS, TEAM, "project") is None
    assert api.count_writes()["PATCH", "blueprints"] == 2, "one to add it, one to take it away"


async def test_everything_of_a_namespace_can_go_at_once(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    create_scenario(api, "fix-it")
    create_snapshot(api)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY and names.IN_USE in finalizers(api))
            for kind in ("Blueprint", "Devbox", "DiskSnapshot", "Scenario", "Agent"):  # the worst order
                for one in api.all(OURS[kind]):
                    api.delete(OURS[kind], TEAM, one["metadata"]["name"])
            await operator.until(lambda: not api.all(BLUEPRINTS))
    assert api.all(VOLUME_SNAPSHOTS) == []
