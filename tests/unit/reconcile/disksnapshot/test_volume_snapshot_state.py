"""What is said of a snapshot, by what its VolumeSnapshot shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.api import conditions
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.reconcile.disksnapshot.reconcile import decide
from assay.reconcile.disksnapshot.volume_snapshot import LOOK_AGAIN, State, state
from tests.unit.reconcile.caches import owner
from tests.unit.specs.objects import Obj, existing

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
    assert (found.value, found.reason, found.retry) == ("False", "SnapshotsUnavailable", LOOK_AGAIN)
    assert found.message.startswith(message)
    assert "volumeSnapshotClassName" in found.message
    assert "is-default-class" in found.message


@pytest.mark.parametrize("message", [DRIVER, NO_CLAIM])
def test_what_the_driver_says_is_told(message: str) -> None:
    found = shown(error={"message": message}, readyToUse=False)
    assert (found.value, found.reason) == ("False", "SnapshotFailed")
    assert message in found.message


def test_it_turns_good_by_itself() -> None:
    assert shown(readyToUse=True, error={"message": DRIVER}) == State("True", "SnapshotReady", "")


def test_on_its_way() -> None:
    assert shown(readyToUse=False) == State("False", "Creating", "the CSI driver makes the snapshot")
    assert shown(age=3600, readyToUse=False).reason == "Creating", "large ones take hours on some clouds"


def test_a_controller_that_is_not_there_is_missed_after_a_minute() -> None:
    young, old = shown(age=20), shown(age=61)
    assert (young.reason, young.retry) == ("Creating", 40)
    assert (old.reason, old.retry) == ("SnapshotsUnavailable", LOOK_AGAIN)
    assert "snapshot controller" in old.message


# --- what is said ---

READY = State("True", "SnapshotReady", "")
FAILED = State("False", "SnapshotFailed", DRIVER)


def set_condition(
    found: State, held: list[str] | None = None, by_a_run: bool = False, before: State | None = None
) -> Obj:
    snapshot = existing(
        "DiskSnapshot", "frozen", owner_references=owner("ScenarioRun", "r") if by_a_run else []
    )
    status = DiskSnapshotStatus()
    if before:
        decide(snapshot, status, before, [], NOW)
    decision = decide(snapshot, status, found, held or [], NOW)
    said = conditions.find(decision.status.conditions, "Ready")
    assert said is not None
    note = decision.event and (decision.event.type, decision.event.reason)
    return {"said": (said.status, said.reason), "message": said.message, "note": note, "phase": status.phase}


@pytest.mark.parametrize(
    ("found", "before", "by_a_run", "note"),
    [
        (READY, None, False, ("Normal", "SnapshotReady")),
        (READY, None, True, None),
        (READY, READY, False, None),
        (READY, FAILED, False, ("Normal", "SnapshotReady")),
        (FAILED, None, False, ("Warning", "SnapshotFailed")),
        (FAILED, None, True, ("Warning", "SnapshotFailed")),
        (FAILED, State("False", "SnapshotFailed", "another message"), False, None),
        (State("False", "DiskLost", ""), READY, False, ("Warning", "DiskLost")),
        (State("False", "Creating", ""), None, False, None),
    ],
)
def test_events_are_news(
    found: State, before: State | None, by_a_run: bool, note: tuple[str, str] | None
) -> None:
    assert set_condition(found, by_a_run=by_a_run, before=before)["note"] == note


@pytest.mark.parametrize(
    ("reason", "phase"),
    [
        ("SnapshotReady", "Ready"),
        ("Creating", "Creating"),
        ("DiskLost", "Failed"),
        ("DevboxNotFound", "Pending"),
    ],
)
def test_its_phase_follows_its_reason(reason: str, phase: str) -> None:
    assert set_condition(State("False", reason, ""))["phase"] == phase


def test_one_that_is_needed_after_its_time_says_by_whom() -> None:
    said = set_condition(READY, [f"Scenario {name}" for name in "abcdefg"])
    assert said["said"] == ("True", "SnapshotReady")
    assert said["message"].endswith(
        "needed by Scenario a, Scenario b, Scenario c, Scenario d, Scenario e and 2 more"
    )
