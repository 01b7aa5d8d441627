"""What is decided about a DiskSnapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api.blueprint import BlueprintImage
from assay.api.conditions import find
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus, Lineage
from assay.api.reasons import DiskSnapshotReason, ReferenceReason
from assay.kube_object import KubeObject
from assay.reconcile.common.decision import Decision
from assay.reconcile.disksnapshot.observed import Observed
from assay.reconcile.disksnapshot.reconcile import decide
from assay.reconcile.disksnapshot.retention import HELD_RETRY_SECONDS
from assay.reconcile.disksnapshot.source import Source
from assay.reconcile.disksnapshot.volume_snapshot import CONTROLLER_PATIENCE
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import volume_snapshot
from assay.specs.volume_snapshot import FrozenDisk
from tests.unit.reconcile.caches import owner
from tests.unit.specs.objects import IMAGE, SETTINGS, existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
CUT = "2026-01-02T09:00:00Z"
DISK = FrozenDisk(image=IMAGE, root_filesystem="Copy", directories=["etc"], lineage=Lineage(devbox="box"))
SOURCE = Source("Devbox box", "claim-of-box", DISK, is_in_use=False)
DRIVER = "failed to take snapshot of the volume v: no space left"
KNOWN = {"image": {"reference": IMAGE.reference}, "volumeSnapshotName": "frozen", "restoreSize": "1Gi"}


def frozen(by_a_run: bool = False, status: Any = None, **spec: Any) -> DiskSnapshot:
    owners = owner("ScenarioRun", "r") if by_a_run else []
    spec = spec if "volumeSnapshotRef" in spec else {"devboxRef": {"name": "box"}, **spec}
    made = existing("DiskSnapshot", "frozen", owner_references=owners, spec=spec, status=status or {})
    return DiskSnapshot.parse(made)


def shown(disk: FrozenDisk | None = DISK, **status: Any) -> KubeObject:
    """Its VolumeSnapshot, whose annotation describes that disk."""
    annotations = {"assay.dev/disk": disk.model_dump_json(by_alias=True)} if disk else {}
    metadata = {"name": "frozen", "annotations": annotations, "creationTimestamp": "2026-01-02T09:59:50Z"}
    return {"metadata": metadata, "status": status}


GOOD = shown(readyToUse=True, creationTime=CUT, restoreSize="2Gi")
FAILED = shown(error={"message": DRIVER})
LOST = ReferenceNotReady(DiskSnapshotReason.DISK_LOST, "it is gone")


def decided(snapshot: DiskSnapshot, **observed: Any) -> Decision:
    """The decision; it must not change what was observed."""
    before = snapshot.model_copy(deep=True)
    decision = decide(snapshot, Observed(**observed), SETTINGS, NOW)
    assert snapshot == before
    return decision


def status(decision: Decision) -> DiskSnapshotStatus:
    assert isinstance(decision.status, DiskSnapshotStatus)
    return decision.status


def reports(decision: Decision) -> tuple[str, str]:
    found = find(decision.status.conditions, "Ready")
    assert found is not None
    return found.status, found.reason


def message(decision: Decision) -> str:
    found = find(decision.status.conditions, "Ready")
    assert found is not None
    return found.message


# --- freezing ---


def test_a_disk_that_can_be_frozen_is_frozen() -> None:
    snapshot = frozen()
    decision = decided(snapshot, source=SOURCE)
    assert decision.create == [volume_snapshot.volume_snapshot(snapshot, "claim-of-box", DISK, SETTINGS)]
    assert (reports(decision), decision.status.phase) == (("False", "Creating"), "Creating")
    assert decision.requeue == CONTROLLER_PATIENCE, "there may be no snapshot controller"
    found = status(decision)
    assert found.volume_snapshot_name == "frozen"
    assert (found.image, found.root_filesystem, found.directories) == (IMAGE, "Copy", ["etc"])
    assert found.lineage == Lineage(devbox="box")


@pytest.mark.parametrize("retry", [None, 15.0])
def test_what_keeps_a_disk_from_being_frozen_is_reported(retry: float | None) -> None:
    problem = ReferenceNotReady(ReferenceReason.DISK_NOT_READY, "it has not started yet", retry)
    decision = decided(frozen(), problem=problem)
    assert (reports(decision), decision.status.phase) == (("False", "DiskNotReady"), "Pending")
    assert message(decision) == "it has not started yet"
    assert (decision.create, decision.requeue) == ([], retry)
    assert status(decision).volume_snapshot_name is None


# --- how it is ---


def test_a_disk_that_is_frozen() -> None:
    decision = decided(frozen(status=KNOWN), volume_snapshot=GOOD)
    assert (reports(decision), decision.status.phase) == (("True", "SnapshotReady"), "Ready")
    assert (decision.create, decision.requeue) == ([], None)
    found = status(decision)
    assert (found.restore_size, found.creation_time) == ("2Gi", datetime.fromisoformat(CUT))


def test_the_size_stays_known_while_the_driver_reports_none() -> None:
    assert status(decided(frozen(status=KNOWN), volume_snapshot=FAILED)).restore_size == "1Gi"


def test_an_image_once_known_stays() -> None:
    other = DISK.model_copy(update={"image": BlueprintImage(reference="other")})
    decision = decided(frozen(status=KNOWN), volume_snapshot=shown(other, readyToUse=True))
    image = status(decision).image
    assert image is not None
    assert image.reference == IMAGE.reference


def test_an_imported_disk_is_what_its_volume_snapshot_describes() -> None:
    found = status(decided(frozen(volumeSnapshotRef={"name": "frozen"}), volume_snapshot=GOOD))
    assert (found.image, found.lineage, found.directories) == (DISK.image, DISK.lineage, ["etc"])


@pytest.mark.parametrize("disk", [DISK, None])
def test_the_image_that_is_given_wins(disk: FrozenDisk | None) -> None:
    imported = frozen(volumeSnapshotRef={"name": "frozen"}, image="example.test/x")
    given = BlueprintImage(reference="example.test/x@sha256:1")
    found = status(decided(imported, volume_snapshot=shown(disk, readyToUse=True), image=given))
    assert found.image == given
    assert (found.root_filesystem, found.lineage) == (("Copy", DISK.lineage) if disk else ("Overlay", None))


def test_a_disk_of_an_unknown_image_cannot_be_used() -> None:
    imported = frozen(volumeSnapshotRef={"name": "frozen"})
    decision = decided(imported, volume_snapshot=shown(None, readyToUse=True, creationTime=CUT))
    assert (reports(decision), decision.status.phase) == (("False", "ImageUnknown"), "Pending")
    assert "VolumeSnapshot frozen" in message(decision)
    assert "spec.image" in message(decision)
    assert status(decision).volume_snapshot_name == "frozen"


def test_an_image_that_the_registry_does_not_give_is_reported() -> None:
    imported = frozen(volumeSnapshotRef={"name": "frozen"}, image="example.test/x")
    problem = ReferenceNotReady(ReferenceReason.REGISTRY_UNAVAILABLE, "down", 30.0)
    decision = decided(imported, volume_snapshot=GOOD, problem=problem)
    assert (reports(decision), decision.requeue) == (("False", "RegistryUnavailable"), 30.0)
    assert status(decision).volume_snapshot_name == "frozen"
    assert status(decision).image is None


# --- Events and phases ---


@pytest.mark.parametrize(
    ("observed", "before", "by_a_run", "event"),
    [
        ({"volume_snapshot": GOOD}, None, False, ("Normal", "SnapshotReady")),
        ({"volume_snapshot": GOOD}, None, True, None),
        ({"volume_snapshot": GOOD}, {"volume_snapshot": GOOD}, False, None),
        ({"volume_snapshot": GOOD}, {"volume_snapshot": FAILED}, False, ("Normal", "SnapshotReady")),
        ({"volume_snapshot": FAILED}, None, False, ("Warning", "SnapshotFailed")),
        ({"volume_snapshot": FAILED}, None, True, ("Warning", "SnapshotFailed")),
        (
            {"volume_snapshot": FAILED},
            {"volume_snapshot": shown(error={"message": "another message"})},
            False,
            None,
        ),
        ({"problem": LOST}, {"volume_snapshot": GOOD}, False, ("Warning", "DiskLost")),
        ({"volume_snapshot": shown()}, None, False, None),
    ],
)
def test_events_are_news(observed: Any, before: Any, by_a_run: bool, event: tuple[str, str] | None) -> None:
    status = decided(frozen(status=KNOWN), **before).status if before else DiskSnapshotStatus()
    known = frozen(by_a_run).model_copy(update={"status": status})
    found = decided(known, **observed).event
    assert (found and (found.type, found.reason)) == event


@pytest.mark.parametrize(
    ("observed", "phase"),
    [
        ({"volume_snapshot": GOOD}, "Ready"),
        ({"volume_snapshot": shown()}, "Creating"),
        ({"volume_snapshot": FAILED}, "Failed"),
        ({"problem": LOST}, "Failed"),
        ({"problem": ReferenceNotReady(ReferenceReason.DEVBOX_NOT_FOUND, "")}, "Pending"),
    ],
)
def test_its_phase_follows_its_reason(observed: Any, phase: str) -> None:
    assert decided(frozen(), **observed).status.phase == phase


# --- its end ---


def test_one_whose_time_is_over_is_deleted_and_nothing_is_written() -> None:
    snapshot = frozen(status=KNOWN, ttlSeconds=3600)
    decision = decided(snapshot, volume_snapshot=GOOD)
    assert decision.delete == [snapshot.identity()]
    assert not decision.write


def test_until_then_it_is_looked_at_in_time() -> None:
    decision = decided(frozen(status=KNOWN, ttlSeconds=3660), volume_snapshot=GOOD)
    assert (decision.delete, decision.requeue) == ((), 60.0)


def test_the_sooner_of_two_times_counts() -> None:
    created = frozen(status={**KNOWN, "creationTime": CUT}, ttlSeconds=3610)
    young = shown()  # ten seconds old: the snapshot controller is given fifty more
    assert decided(created, volume_snapshot=young).requeue == 10.0
    longer = frozen(status={**KNOWN, "creationTime": CUT}, ttlSeconds=3700)
    assert decided(longer, volume_snapshot=young).requeue == 50.0


def test_one_that_is_needed_after_its_time_stays_and_names_what_needs_it() -> None:
    needed_by = [f"Scenario {name}" for name in "abcdefg"]
    snapshot = frozen(status=KNOWN, ttlSeconds=60)
    decision = decided(snapshot, volume_snapshot=GOOD, needed_by=needed_by)
    assert reports(decision) == ("True", "SnapshotReady")
    assert message(decision).endswith(
        "needed by Scenario a, Scenario b, Scenario c, Scenario d, Scenario e and 2 more"
    )
    assert (decision.delete, decision.requeue) == ((), HELD_RETRY_SECONDS)


def test_the_surplus_is_deleted() -> None:
    others = [existing("DiskSnapshot", "old")]
    assert decided(frozen(status=KNOWN), volume_snapshot=GOOD, surplus=others).delete == others
