"""The real operator against the fake API server: disks that are imported from VolumeSnapshots."""

from __future__ import annotations

from pathlib import Path

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.specs import names
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
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet, now
from tests.integration.running import TEAM, operating

IMAGE = "example.test/x@sha256:" + "0" * 64
DISK = '{"image": {"reference": "' + IMAGE + '", "user": "7"}, "lineage": {"devbox": "former"}}'


def create_volume_snapshot(api: FakeApi, name: str, disk: str | None = None, ready: bool = True) -> None:
    """Somebody's VolumeSnapshot."""
    meta = {"name": name, "namespace": TEAM, "annotations": {names.DISK: disk} if disk else {}}
    spec = {"source": {"persistentVolumeClaimName": "box"}}
    api.create(
        {"apiVersion": VOLUME_SNAPSHOTS.api_version, "kind": "VolumeSnapshot", "metadata": meta, "spec": spec}
    )
    if ready:
        report(api, name, readyToUse=True, creationTime=now(), restoreSize="2Gi")


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
