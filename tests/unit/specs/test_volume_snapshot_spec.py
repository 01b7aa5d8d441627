"""VolumeSnapshots describe their disks, and name the DiskSnapshot that they were made for."""

from __future__ import annotations

import pytest

from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.specs.volume_snapshot import FrozenDisk, described, is_of, volume_snapshot
from tests.unit.specs.objects import IMAGE, SETTINGS, Obj, existing

OWNER = DiskSnapshot.parse(existing("DiskSnapshot", "frozen", spec={"devboxRef": {"name": "box"}}))
DISK = FrozenDisk(
    image=IMAGE, root_filesystem="Copy", directories=["etc"], lineage=Lineage(devbox="box", parent="before")
)


def made(snapshot_class: str | None = None, **spec: object) -> Obj:
    owner = DiskSnapshot.parse(
        existing("DiskSnapshot", "frozen", spec={"devboxRef": {"name": "box"}, **spec})
    )
    return volume_snapshot(owner, "box", DISK, SETTINGS.replace(snapshot_class=snapshot_class))


def test_the_description_of_a_disk_is_read_again() -> None:
    assert described(made()) == DISK


@pytest.mark.parametrize(
    "text", [None, "", "not JSON", "[]", '{"rootFilesystem": "Overlay"}', '{"image": {}}']
)
def test_what_cannot_be_read_is_nothing(text: str | None) -> None:
    annotations = {} if text is None else {"assay.dev/disk": text}
    assert described({"metadata": {"annotations": annotations}}) is None


@pytest.mark.parametrize(
    ("asked", "setting", "expected"),
    [("fast", "slow", "fast"), (None, "slow", "slow"), ("fast", None, "fast"), (None, None, None)],
)
def test_its_class(asked: str | None, setting: str | None, expected: str | None) -> None:
    spec = made(setting, volumeSnapshotClassName=asked)["spec"]
    assert spec.get("volumeSnapshotClassName") == expected
    assert expected or "volumeSnapshotClassName" not in spec, "an empty one would not mean the default"


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_only_what_is_deleted_with_it_is_owned(policy: str) -> None:
    snapshot = made(deletionPolicy=policy)
    assert ("ownerReferences" in snapshot["metadata"]) is (policy == "Delete")
    assert is_of(snapshot, OWNER)
    another = existing("DiskSnapshot", "frozen", spec={})
    another["metadata"]["uid"] = "of another of that name"
    assert not is_of(snapshot, DiskSnapshot.parse(another))
