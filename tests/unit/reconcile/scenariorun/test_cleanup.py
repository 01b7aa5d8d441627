"""What is left to do for a run that has ended: its snapshot, its devbox, and links to later scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.api import conditions
from assay.reconcile.scenariorun import cleanup
from assay.reconcile.scenariorun.observed import Observed
from tests.unit.reconcile.runs import (
    ALWAYS,
    BOX,
    RESCORE,
    after,
    decide,
    disk_snapshot,
    ended,
    ended_view,
    failed,
    finished,
    kept,
    reported,
)
from tests.unit.specs.objects import Obj, existing

# --- the condition DiskKept ---


def test_why_there_is_no_snapshot_is_not_forgotten_when_the_devbox_goes() -> None:
    status, _ = kept("passed", "False", "SnapshotsUnavailable")
    decision = after(status, Observed(disk_snapshot=disk_snapshot("False", "DiskLost")), **ALWAYS)
    assert reported(decision, "DiskKept") == ("False", "SnapshotsUnavailable")


@pytest.mark.parametrize(("value", "before"), [("False", "Creating"), ("True", "SnapshotReady")])
def test_a_disk_that_was_lost_on_the_way_or_later_is_reported(value: str, before: str) -> None:
    status, _ = kept("passed", value, before)
    decision = after(status, Observed(disk_snapshot=disk_snapshot("False", "DiskLost")), **ALWAYS)
    assert reported(decision, "DiskKept") == ("False", "DiskLost")


def test_nothing_is_reported_again_though_the_cache_has_no_messages() -> None:
    status, observed = kept("passed", "True")
    status.conditions = [one.model_copy(update={"message": ""}) for one in status.conditions]
    assert not after(status, observed, **ALWAYS).write
    assert not cleanup.needs_whole(ended_view(status, observed, **ALWAYS))


def test_the_whole_run_is_read_only_where_something_is_due() -> None:
    passed = ended("passed")
    assert not cleanup.needs_whole(ended_view(passed, Observed(BOX)))
    assert cleanup.needs_whole(ended_view(passed, Observed(BOX), **ALWAYS)), "the snapshot is to be created"
    status, _ = kept("passed", "False", "Creating")
    ready = Observed(BOX, disk_snapshot=disk_snapshot("True"))
    assert cleanup.needs_whole(ended_view(status, ready, **ALWAYS)), "the snapshot is ready"
    assert cleanup.needs_whole(ended_view(passed, Observed(rescore_runs=[later("a", 1, 1.0)])))


def test_what_is_asked_of_a_run_that_has_ended_is_taken_note_of() -> None:
    status = ended("passed").model_copy(update={"observed_generation": 1})
    view = ended_view(status, Observed())
    assert not cleanup.needs_whole(view)
    metadata = view.run.metadata.model_copy(update={"generation": 2})
    changed = replace(view, run=view.run.model_copy(update={"metadata": metadata}))
    assert cleanup.needs_whole(changed)
    decision = cleanup.decide(changed)
    assert (decision.write, decision.status) == (True, status), "nothing else of it changes"


# --- the devbox ---


@pytest.mark.parametrize(
    ("deleting", "keep_seconds", "deleted", "requeue"),
    [(False, 0, True, None), (True, 0, False, None), (False, 60, True, None), (False, 301, False, 1.0)],
    ids=["at once", "deleted already", "kept long enough", "kept for now"],
)
def test_the_devbox_goes(deleting: bool, keep_seconds: int, deleted: bool, requeue: float | None) -> None:
    devbox = finished("Completed", 0)
    if deleting:
        metadata = {**devbox.identity()["metadata"], "deletionTimestamp": "2026-01-02T10:04:00Z"}
        devbox = type(devbox).parse({**devbox.identity(), "metadata": metadata, "spec": {}})
    decision = after(ended("passed"), Observed(devbox), seconds=300, keep_seconds=keep_seconds)
    gone = [devbox.identity()] if deleted else []
    assert list(decision.delete) == gone, "pod, disk and Job are the devbox's"
    assert decision.requeue == requeue
    assert not decision.write


def test_without_a_devbox_there_is_nothing_to_do() -> None:
    decision = after(ended("passed"), Observed())
    assert (decision.delete, decision.create, decision.write, decision.requeue) == ((), (), False, None)
    assert decision.optional is None


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
    assert decision.requeue == (cleanup.SNAPSHOT_PATIENCE - 10 if stays else None)
    assert decision.event is None


def test_a_deleted_snapshot_is_not_waited_for() -> None:
    status, _ = kept("passed", None)
    assert list(after(status, Observed(BOX), **ALWAYS).delete) == [BOX.identity()]


def test_patience_ends_with_a_warning() -> None:
    status, observed = kept("passed", "False", "SnapshotFailed")
    decision = after(status, observed, seconds=cleanup.SNAPSHOT_PATIENCE, **ALWAYS)
    assert list(decision.delete) == [BOX.identity()]
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", "DiskNotKept")
    assert "SnapshotFailed" in decision.event.message


def test_a_snapshot_that_was_refused_is_tried_again_for_a_while() -> None:
    decision = after(ended("passed"), Observed(BOX), seconds=10, **ALWAYS)
    assert decision.delete == ()
    assert decision.optional is not None, "after a rejection, apply tries again in seconds"
    assert (decision.write, decision.requeue) == (True, cleanup.SNAPSHOT_PATIENCE - 10)
    decision = after(ended("passed"), Observed(BOX), seconds=cleanup.SNAPSHOT_PATIENCE, **ALWAYS)
    assert list(decision.delete) == [BOX.identity()]
    assert decision.optional is None, "its disk goes"
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
    idle = [(BOX.identity(), {"spec": {"operatingMode": "Idle"}})]
    assert list(decision.patch) == (idle if opened else [])
    assert bool(decision.delete) is not opened
    assert decision.requeue == (590 if opened else None)


def test_an_open_devbox_is_left_alone_until_its_time_is_over() -> None:
    idle = BOX.model_copy(update={"spec": BOX.spec.model_copy(update={"operating_mode": "Idle"})})
    decision = after(ended("missed"), Observed(idle), seconds=599, **keep("OnFailure"))
    assert (decision.patch, decision.delete, decision.requeue) == ((), (), 1)
    decision = after(ended("missed"), Observed(idle), seconds=600, **keep("OnFailure"))
    assert (decision.patch, list(decision.delete)) == ((), [idle.identity()])


def test_a_snapshot_comes_before_a_visitor() -> None:
    status, observed = kept("missed", "False", "Creating")
    decision = after(status, observed, **ALWAYS, **keep("Always"))
    assert (decision.patch, decision.delete) == ((), ())
    status, observed = kept("missed", "True")
    assert after(status, observed, **ALWAYS, **keep("Always")).patch


@pytest.mark.parametrize(("when", "is_open"), [("OnFailure", True), ("Never", False)])
def test_the_end_of_a_run_says_how_to_enter(when: str, is_open: bool) -> None:
    message = failed(decide(Observed(finished("OOMKilled")), **keep(when)), "OOMKilled")
    assert ("kubectl exec -it r -n team -- /.assay/shell" in message) is is_open
    assert ("2026-01-02 10:15:00 UTC" in message) is is_open


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
    decision = after(ended("passed"), Observed(rescore_runs=runs))
    links = decision.status.rescore_runs or []
    assert [(link.scenario_run, link.score) for link in links] == [("c", 1.0), ("b", 0.5), ("a", None)]
    assert decision.write
    assert not after(decision.status, Observed(rescore_runs=runs)).write


def test_the_latest_links_are_kept() -> None:
    runs = [later(f"n{number:02}", number, 1.0) for number in range(40)]
    links = after(ended("passed"), Observed(rescore_runs=runs)).status.rescore_runs or []
    assert [link.scenario_run for link in links] == [f"n{number:02}" for number in range(8, 40)]


def test_a_rescore_reports_nothing_of_the_snapshot_that_it_scores() -> None:
    status = ended("passed")
    status.disk_snapshot = "kept"
    decision = after(status, Observed(), **RESCORE)
    assert conditions.find(decision.status.conditions, "DiskKept") is None
