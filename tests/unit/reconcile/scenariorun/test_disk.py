"""Whether the disk of a run is kept, and what the run reports of its DiskSnapshot."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import false
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot
from assay.api.reasons import DiskSnapshotReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.scenariorun import disk
from assay.reconcile.scenariorun.observed import Observed
from assay.specs import disk_snapshot as disk_snapshot_spec
from tests.unit.reconcile.runs import (
    ALWAYS,
    BOX,
    NOW,
    RESCORE,
    after,
    box,
    decide,
    disk_snapshot,
    ended,
    ended_view,
    finished,
    kept,
    reported,
    scoring,
)
from tests.unit.specs.objects import Obj, pinned, run


def is_due(status: ScenarioRunStatus, devbox: Devbox | None = BOX, **spec: Any) -> bool:
    """Whether the DiskSnapshot of the run is to be created."""
    return disk.is_due(ended_view(status, Observed(devbox), **spec), status)


@pytest.mark.parametrize(
    ("policy", "stages"),
    [
        ("Never", []),
        ("OnFailure", ["missed", "unscored"]),
        ("Always", ["scoring", "passed", "missed", "unscored"]),
    ],
)
def test_when_a_snapshot_is_taken(policy: str, stages: list[str]) -> None:
    at = {"working": ScenarioRunStatus(), "scoring": scoring()}
    at |= {how: ended(how) for how in ("passed", "missed", "unscored")}
    assert [stage for stage, status in at.items() if is_due(status, snapshotPolicy=policy)] == stages


@pytest.mark.parametrize("policy", ["OnFailure", "Always"])
@pytest.mark.parametrize(
    ("devbox", "due"),
    [
        (finished("OOMKilled", 137), True),
        (finished("LaunchFailed", 125), True),
        (finished("BootFailed", 125), False),
        (box("evicted-before-it-started"), False),
    ],
)
def test_a_failed_agent_phase_may_leave_a_disk(policy: str, devbox: Devbox, due: bool) -> None:
    decision = decide(Observed(devbox), snapshotPolicy=policy)
    assert decision.status.phase == "Failed"
    assert (decision.optional is not None) is due


def test_a_disk_is_kept_once_and_only_where_an_agent_left_it() -> None:
    assert not is_due(kept("passed", None)[0], **ALWAYS)
    assert not is_due(ended("passed"), None, **ALWAYS)
    assert not is_due(ended("passed"), **ALWAYS, **RESCORE)


def test_a_disk_that_is_scored_is_kept_though_its_pod_was_never_seen_to_start() -> None:
    status = BOX.status.model_copy(update={"start_time": None})
    assert is_due(scoring(), BOX.model_copy(update={"status": status}), **ALWAYS)


def test_the_snapshot_is_created_with_the_scorers_but_delays_nothing() -> None:
    decision = decide(Observed(BOX), **ALWAYS)
    assert [made["kind"] for made in decision.create] == ["Job"]
    assert decision.optional is not None
    assert decision.optional.manifest["kind"] == "DiskSnapshot"
    assert decision.optional.rejected_condition == "DiskKept"
    without, with_it = decision.status, decision.optional.status
    assert isinstance(with_it, ScenarioRunStatus)
    assert (without.disk_snapshot, with_it.disk_snapshot) == (None, "r")
    assert reported(decision, "DiskKept") is None
    [condition] = [one for one in with_it.conditions if one.type == "DiskKept"]
    assert (condition.status, condition.reason) == ("False", "Creating")


def test_a_status_that_names_a_snapshot_is_written() -> None:
    """Also by a decision that has no other news."""
    decision = decide(Observed(BOX), scoring(), **ALWAYS)
    assert decision.create, "the lost Job"
    assert decision.optional is not None
    assert decision.write


def test_a_snapshot_is_the_runs() -> None:
    retention = {"ttlSeconds": 60, "perScenario": 3}
    keeping = run(volumeSnapshotClassName="fast", snapshotRetention=retention, **ALWAYS)
    made = disk_snapshot_spec.disk_snapshot(keeping)
    assert made["metadata"]["name"] == "r"
    assert made["metadata"]["ownerReferences"][0]["uid"] == keeping.uid
    assert made["metadata"]["labels"]["assay.dev/scenario-run"] == "r"
    assert made["spec"] == {
        "scenarioRunRef": {"name": "r"},
        "volumeSnapshotClassName": "fast",
        "deletionPolicy": "Delete",
        "ttlSeconds": 60,
        "keepPerScenario": 3,
    }


# --- a disk with a reference output from a Secret ---

SECRET = {"secretKeyRef": {"name": "gold", "key": "fix.diff"}}


@pytest.mark.parametrize(
    ("agent", "reference", "hidden"),
    [
        ({"type": "Reference"}, SECRET, True),
        ({"type": "Reference"}, {"script": "make fix"}, False),
        ({"type": "Nop"}, SECRET, False),
        ({"type": "Command", "command": ["x"]}, SECRET, False),
    ],
)
def test_whether_a_disk_has_what_not_everybody_may_read(agent: Obj, reference: Obj, hidden: bool) -> None:
    assert pinned(agent, referenceOutput=reference).hides_reference is hidden


def test_a_disk_with_a_hidden_reference_is_neither_kept_nor_opened() -> None:
    keep = {**ALWAYS, "keepDevbox": {"when": "Always"}}
    for how in ("passed", "missed", "unscored"):
        status = ended(how)
        assert is_due(status, **keep)
        assert disk.open_seconds(run(**keep).spec, status) == 3600
        reason = false(ConditionType.DISK_KEPT, DiskSnapshotReason.HIDDEN_REFERENCE, disk.HIDDEN)
        status.conditions = conditions.put(status.conditions, reason, 1, NOW)
        assert not is_due(status, **keep)
        assert disk.open_seconds(run(**keep).spec, status) == 0
        gone = after(status, Observed(BOX), **keep)
        assert [one["kind"] for one in gone.delete] == ["Devbox"], "at once"
        assert reported(gone, "DiskKept") == ("False", "HiddenReference")


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (disk_snapshot(), ("False", "Creating")),
        (disk_snapshot("False", "SnapshotFailed"), ("False", "SnapshotFailed")),
        (disk_snapshot("True"), ("True", "SnapshotReady")),
        (None, ("False", "DiskSnapshotDeleted")),
    ],
)
def test_a_run_reports_how_its_snapshot_is(snapshot: DiskSnapshot | None, expected: tuple[str, str]) -> None:
    status = scoring()
    status.disk_snapshot = "r"
    decision = decide(Observed(BOX, disk_snapshot=snapshot), status, **ALWAYS)
    assert reported(decision, "DiskKept") == expected
