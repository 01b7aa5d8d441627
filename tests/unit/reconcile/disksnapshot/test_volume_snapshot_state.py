"""What is reported of a snapshot, by the status of its VolumeSnapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.reconcile.disksnapshot.volume_snapshot import UNAVAILABLE_RETRY_SECONDS, State, state

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)

# As the snapshot controller 8.6 writes them.
NO_CLASS = 'Failed to get snapshot class with error volumesnapshotclass.snapshot.storage.k8s.io "x" not found'
NO_DEFAULT = "Failed to set default snapshot class with error cannot find default snapshot class"
MANY_DEFAULTS = "Failed to set default snapshot class with error 2 default snapshot classes were found"
NO_CLAIM = (
    "Failed to set default snapshot class with error failed to retrieve PVC c from the lister: "
    '"persistentvolumeclaim \\"c\\" not found"'
)
DRIVER = "Failed to check and update snapshot content: failed to take snapshot of the volume v: no space left"


def shown(age: float = 1.0, **status: object) -> State:
    created = (NOW - timedelta(seconds=age)).isoformat()
    return state({"metadata": {"name": "frozen", "creationTimestamp": created}, "status": status}, NOW)


@pytest.mark.parametrize("message", [NO_CLASS, NO_DEFAULT, MANY_DEFAULTS])
def test_a_missing_class_says_what_to_set(message: str) -> None:
    found = shown(error={"message": message})
    assert (found.ready.status, found.ready.reason, found.retry) == (
        "False",
        "SnapshotsUnavailable",
        UNAVAILABLE_RETRY_SECONDS,
    )
    assert found.ready.message.startswith(message)
    assert "volumeSnapshotClassName" in found.ready.message
    assert "is-default-class" in found.ready.message


@pytest.mark.parametrize("message", [DRIVER, NO_CLAIM])
def test_an_error_of_the_driver_is_reported(message: str) -> None:
    found = shown(error={"message": message}, readyToUse=False)
    assert (found.ready.status, found.ready.reason) == ("False", "SnapshotFailed")
    assert message in found.ready.message


def test_it_turns_good_by_itself() -> None:
    found = shown(readyToUse=True, error={"message": DRIVER})
    assert (found.ready.status, found.ready.reason, found.ready.message) == ("True", "SnapshotReady", "")
    assert found.retry is None


def test_on_its_way() -> None:
    found = shown(readyToUse=False)
    assert (found.ready.status, found.ready.reason, found.retry) == ("False", "Creating", None)
    assert found.ready.message == "the CSI driver makes the snapshot"
    old = shown(age=3600, readyToUse=False)
    assert old.ready.reason == "Creating", "large ones take hours on some clouds"


def test_a_controller_that_is_not_there_is_missed_after_a_minute() -> None:
    young, old = shown(age=20), shown(age=61)
    assert (young.ready.reason, young.retry) == ("Creating", 40)
    assert (old.ready.reason, old.retry) == ("SnapshotsUnavailable", UNAVAILABLE_RETRY_SECONDS)
    assert "snapshot controller" in old.ready.message
