"""The real operator against the fake API server: disks that are frozen, with what can fail, and lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.reconcile.disksnapshot import observed
from tests.integration.disksnapshots import (
    LONG,
    READY,
    SNAPSHOTS,
    create_devbox,
    create_snapshot,
    message,
    report,
    says,
    status,
)
from tests.integration.fakeapi import CUSTOM_RESOURCE_DEFINITIONS, FakeApi
from tests.integration.kubelet import Kubelet, now
from tests.integration.running import (
    RUNS,
    TEAM,
    condition,
    create_run,
    create_scenario,
    is_over,
    operating,
    table,
    writes_since,
)


def announce_crd(api: FakeApi) -> None:
    """What tells operators that there are VolumeSnapshots now."""
    resource = CUSTOM_RESOURCE_DEFINITIONS
    name = f"{VOLUME_SNAPSHOTS.plural}.{VOLUME_SNAPSHOTS.group}"
    spec = {"group": VOLUME_SNAPSHOTS.group, "names": {"plural": VOLUME_SNAPSHOTS.plural}}
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    api.create({**head, "metadata": {"name": name}, "spec": spec}, resource)


async def test_a_live_disk_is_frozen_once_when_it_is_flushed(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    with Kubelet(api, work=LONG, snapshot=0.4):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "Devbox", "box", "Ready") == ("True", "Running"))
            await operator.settled()
            mark = len(api.writes)
            create_snapshot(api)
            await operator.until(lambda: says(api) == ("False", "Flushing"))
            assert api.all(VOLUME_SNAPSHOTS) == []
            await operator.until(lambda: says(api) == READY)
            await operator.settled()
            writes = writes_since(api, mark)
        mark = len(api.writes)
        async with operating(api, tmp_path) as operator:
            await operator.settled(beyond=1.1)
    assert table(writes_since(api, mark)) == table({}), "a restart changes nothing"
    # Beside it: Flushing, Creating, SnapshotReady, its Event, and the finalizer of the blueprint.
    assert writes == {
        ("POST", "volumesnapshots"): 1,
        ("PATCH", "disksnapshots/status"): 3,
        ("POST", "events"): 1,
        ("PATCH", "blueprints"): 1,
    }
    found = status(api)
    assert found["lineage"] == {"devbox": "box", "blueprint": "project"}
    assert found["image"]["reference"] == "pull.example.test/x@sha256:1"
    assert (found["restoreSize"], found["volumeSnapshotName"], found["phase"]) == ("1Gi", "frozen", "Ready")
    api.delete(SNAPSHOTS, TEAM, "frozen")
    assert api.all(VOLUME_SNAPSHOTS) == []


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
    monkeypatch.setattr(observed, "UNAVAILABLE_RETRY_SECONDS", 0.3)
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
            await operator.settled()
        assert kubelet.created["VolumeSnapshot frozen"] == 1, "a later state of the disk is another disk"
