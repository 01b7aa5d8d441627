"""What becomes of a run's disk, and how earlier and later scores of it are linked."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.scenariorun import disk
from assay.reconcile.scenariorun.observed import Observed
from assay.specs import disk_snapshot as disk_snapshot_spec
from tests.unit.reconcile.runs import (
    NOW,
    OK,
    RUN,
    after,
    box,
    decide,
    disk_snapshot,
    failed,
    finished,
    said,
    scored,
    scorer_pod,
    scoring,
    status_of,
)
from tests.unit.specs.objects import Obj, existing, run_spec

ALWAYS: dict[str, Any] = {"snapshotPolicy": "Always"}
RESCORE: dict[str, Any] = {"agent": None, "rescore": {"scenarioRunRef": {"name": "old"}}}
BOX = finished("Completed", 0)


def ended(how: str) -> ScenarioRunStatus:
    """The status of a run that has passed, has not, or has no score."""
    line = {"passed": "1.0", "missed": "0.0", "unscored": "no number"}[how]
    return status_of(scored(scorer_pod(tests=f"{OK}{line}\n", lint=OK + "\n")))


def kept(how: str, value: str | None, reason: str = "SnapshotReady") -> tuple[ScenarioRunStatus, Observed]:
    """A run that has ended and its children, when its snapshot says this."""
    status = ended(how)
    status.disk_snapshot = "r"
    disk.mirror(RUN, run_spec(**ALWAYS), status, disk_snapshot(value, reason), NOW)
    return status, Observed(BOX, disk_snapshot=disk_snapshot(value, reason))


# --- when a snapshot is taken ---


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
    spec = run_spec(snapshotPolicy=policy)
    assert [stage for stage, status in at.items() if disk.is_due(spec, status, BOX)] == stages


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
def test_a_failed_agent_phase_may_leave_a_disk(policy: str, devbox: Obj, due: bool) -> None:
    spec: dict[str, Any] = {"snapshotPolicy": policy}
    status = status_of(decide(Observed(devbox), **spec))
    assert status.phase == "Failed"
    assert disk.is_due(run_spec(**spec), status, devbox) is due


def test_a_disk_is_kept_once_and_only_where_an_agent_left_it() -> None:
    assert not disk.is_due(run_spec(**ALWAYS), kept("passed", None)[0], BOX)
    assert not disk.is_due(run_spec(**ALWAYS), ended("passed"), None)
    assert not disk.is_due(run_spec(**ALWAYS, **RESCORE), ended("passed"), BOX)


def test_a_disk_that_is_scored_is_kept_though_nobody_saw_its_pod_start() -> None:
    unseen = finished("Completed", 0)
    del unseen["status"]["startTime"]
    assert disk.is_due(run_spec(**ALWAYS), scoring(), unseen)


def test_a_snapshot_is_the_runs() -> None:
    retention = {"ttlSeconds": 60, "perScenario": 3}
    made = disk_snapshot_spec.disk_snapshot(
        RUN, run_spec(volumeSnapshotClassName="fast", snapshotRetention=retention, **ALWAYS)
    )
    assert made["metadata"]["name"] == "r"
    assert made["metadata"]["ownerReferences"][0]["uid"] == RUN["metadata"]["uid"]
    assert made["metadata"]["labels"]["assay.dev/scenario-run"] == "r"
    assert made["spec"] == {
        "devboxRef": {"name": "r"},
        "volumeSnapshotClassName": "fast",
        "deletionPolicy": "Delete",
        "ttlSeconds": 60,
        "keepPerScenario": 3,
    }


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (disk_snapshot(), ("False", "Creating")),
        (disk_snapshot("False", "SnapshotFailed"), ("False", "SnapshotFailed")),
        (disk_snapshot("True"), ("True", "SnapshotReady")),
        (None, ("False", "DiskSnapshotDeleted")),
    ],
)
def test_how_the_snapshot_is_is_said_of_the_run(snapshot: Obj | None, expected: tuple[str, str]) -> None:
    status = scoring()
    status.disk_snapshot = "r"
    decision = decide(Observed(BOX, disk_snapshot=snapshot), status, **ALWAYS)
    assert said(decision, "DiskKept") == expected


def test_why_there_is_no_snapshot_is_not_forgotten_when_the_devbox_goes() -> None:
    status, _ = kept("passed", "False", "SnapshotsUnavailable")
    after(status, Observed(disk_snapshot=disk_snapshot("False", "DiskLost")), **ALWAYS)
    found = conditions.find(status.conditions, "DiskKept")
    assert found is not None
    assert found.reason == "SnapshotsUnavailable"


@pytest.mark.parametrize(("value", "before"), [("False", "Creating"), ("True", "SnapshotReady")])
def test_a_disk_that_was_lost_on_the_way_or_later_is_told(value: str, before: str) -> None:
    status, _ = kept("passed", value, before)
    after(status, Observed(disk_snapshot=disk_snapshot("False", "DiskLost")), **ALWAYS)
    found = conditions.find(status.conditions, "DiskKept")
    assert found is not None
    assert (found.status, found.reason) == ("False", "DiskLost")


def test_nothing_is_said_again_though_the_store_has_no_messages() -> None:
    status, observed = kept("passed", "True")
    for condition in status.conditions:
        condition.message = ""
    assert not after(status, observed, **ALWAYS).write


# --- the devbox of a run that has ended ---


@pytest.mark.parametrize(
    ("deleting", "keep_seconds", "deleted", "requeue"),
    [(False, 0, True, None), (True, 0, False, None), (False, 60, True, None), (False, 301, False, 1.0)],
    ids=["at once", "deleted already", "kept long enough", "kept for now"],
)
def test_the_devbox_goes(deleting: bool, keep_seconds: int, deleted: bool, requeue: float | None) -> None:
    devbox = finished("Completed", 0)
    if deleting:
        devbox["metadata"]["deletionTimestamp"] = "2026-01-02T10:04:00Z"
    decision = after(ended("passed"), Observed(devbox), seconds=300, keep_seconds=keep_seconds)
    assert list(decision.delete) == ([devbox] if deleted else []), "pod, disk and Job are the devbox's"
    assert decision.requeue == requeue
    assert not decision.write


def test_without_a_devbox_there_is_nothing_to_do() -> None:
    decision = after(ended("passed"), Observed())
    assert (decision.delete, decision.create, decision.write, decision.requeue) == ((), (), False, None)


@pytest.mark.parametrize(
    ("value", "reason", "stays"),
    [
        (None, "", True),
        ("False", "Creating", True),
        ("False", "SnapshotFailed", True),
        ("False", "SnapshotsUnavailable", False),
        ("True", "SnapshotReady", False),
    ],
)
def test_the_disk_waits_for_its_snapshot(value: str | None, reason: str, stays: bool) -> None:
    status, observed = kept("passed", value, reason)
    decision = after(status, observed, seconds=10, **ALWAYS)
    assert bool(decision.delete) is not stays
    assert decision.requeue == (disk.SNAPSHOT_PATIENCE - 10 if stays else None)
    assert decision.event is None


def test_a_deleted_snapshot_is_not_waited_for() -> None:
    status, _ = kept("passed", None)
    assert list(after(status, Observed(BOX), **ALWAYS).delete) == [BOX]


def test_patience_ends_with_a_warning() -> None:
    status, observed = kept("passed", "False", "SnapshotFailed")
    decision = after(status, observed, seconds=disk.SNAPSHOT_PATIENCE, **ALWAYS)
    assert list(decision.delete) == [BOX]
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", "DiskNotKept")
    assert "SnapshotFailed" in decision.event.message


def test_a_snapshot_that_was_refused_is_tried_again_for_a_while() -> None:
    decision = after(ended("passed"), Observed(BOX), seconds=10, **ALWAYS)
    assert decision.delete == ()
    assert 0 < (decision.requeue or 0) <= 60
    decision = after(ended("passed"), Observed(BOX), seconds=disk.SNAPSHOT_PATIENCE, **ALWAYS)
    assert list(decision.delete) == [BOX]
    assert decision.event is not None


# --- keepDevbox ---


def keep(when: str, seconds: int = 600) -> dict[str, Any]:
    return {"keepDevbox": {"when": when, "ttlSeconds": seconds}}


@pytest.mark.parametrize(
    ("when", "how", "opened"),
    [
        ("Always", "passed", True),
        ("Always", "unscored", True),
        ("OnFailure", "passed", False),
        ("OnFailure", "missed", True),
        ("OnFailure", "unscored", True),
        ("Never", "unscored", False),
    ],
)
def test_when_the_devbox_is_opened(when: str, how: str, opened: bool) -> None:
    decision = after(ended(how), Observed(BOX), seconds=10, **keep(when))
    assert list(decision.patch) == ([(BOX, {"spec": {"operatingMode": "Idle"}})] if opened else [])
    assert bool(decision.delete) is not opened
    assert decision.requeue == (590 if opened else None)


def test_an_open_devbox_is_left_alone_until_its_time_is_over() -> None:
    idle = {**BOX, "spec": {"operatingMode": "Idle"}}
    decision = after(ended("missed"), Observed(idle), seconds=599, **keep("OnFailure"))
    assert (decision.patch, decision.delete, decision.requeue) == ((), (), 1)
    decision = after(ended("missed"), Observed(idle), seconds=600, **keep("OnFailure"))
    assert (decision.patch, list(decision.delete)) == ((), [idle])


def test_a_snapshot_comes_before_a_visitor() -> None:
    status, observed = kept("missed", "False", "Creating")
    decision = after(status, observed, **ALWAYS, **keep("Always"))
    assert (decision.patch, decision.delete) == ((), ())
    status, observed = kept("missed", "True")
    assert after(status, observed, **ALWAYS, **keep("Always")).patch


@pytest.mark.parametrize(("when", "told"), [("OnFailure", True), ("Never", False)])
def test_the_end_of_a_run_says_how_to_enter(when: str, told: bool) -> None:
    message = failed(decide(Observed(finished("OOMKilled")), **keep(when)), "OOMKilled")
    assert ("kubectl exec -it r -n team -- /.assay/shell" in message) is told
    assert ("2026-01-02 10:15:00 UTC" in message) is told


# --- links ---


def later(name: str, second: int, score: float | None, phase: str = "Complete") -> Obj:
    status = {"phase": phase, "completionTime": f"2026-01-02T11:00:{second:02}Z"}
    return existing("ScenarioRun", name, status={**status, **({} if score is None else {"score": score})})


def test_later_scores_are_linked_in_their_order() -> None:
    runs = [
        later("b", 2, 0.5),
        later("a", 3, None, "Failed"),
        later("c", 1, 1.0),
        later("d", 4, None, "Running"),
    ]
    status = ended("passed")
    decision = after(status, Observed(rescore_runs=runs))
    links = status_of(decision).rescore_runs or []
    assert [(link.scenario_run, link.score) for link in links] == [("c", 1.0), ("b", 0.5), ("a", None)]
    assert decision.write
    assert not after(status, Observed(rescore_runs=runs)).write


def test_the_latest_links_are_kept() -> None:
    runs = [later(f"n{number:02}", number, 1.0) for number in range(40)]
    links = status_of(after(ended("passed"), Observed(rescore_runs=runs))).rescore_runs or []
    assert [link.scenario_run for link in links] == [f"n{number:02}" for number in range(8, 40)]


def test_a_rescore_says_nothing_of_the_snapshot_it_rests_on() -> None:
    status = ended("passed")
    status.disk_snapshot = "kept"
    after(status, Observed(), **RESCORE)
    assert conditions.find(status.conditions, "DiskKept") is None
