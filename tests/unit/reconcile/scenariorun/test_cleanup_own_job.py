"""What is left to do for a run that has ended and has a claim and a Job of its own."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.devbox import Devbox
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.scenariorun import cleanup
from assay.reconcile.scenariorun.observed import Observed
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import (
    DONE,
    LINT,
    TESTS,
    agent_ended,
    beside,
    claim,
    own_job,
    seeing,
)
from tests.unit.reconcile.runs import ALWAYS, BOX, OWNER, after, disk_snapshot, ended_view, job
from tests.unit.specs.objects import Obj, existing


def ended(lines: str = TESTS) -> ScenarioRunStatus:
    """The status of a run whose function reported this."""
    pod = agent_ended(DONE, tests=lines, lint=LINT)
    status = runs.decide(seeing(pod), None, beside()).status
    status.pinned = beside()
    return status


PASSED, MISSED, UNSCORED = TESTS.replace("0.5", "1.0"), TESTS, TESTS.replace("0.5", "no number")


def names(objects: Any) -> list[tuple[str, str]]:
    return [(one["kind"], one["metadata"]["name"]) for one in objects]


OPENED = Devbox.parse(
    existing("Devbox", "r", owner_references=[OWNER], spec={"image": "i", "operatingMode": "Idle"})
)
"""The devbox that was opened on the run's disk."""


KEEP: dict[str, Any] = {"keepDevbox": {"when": "Always", "ttlSeconds": 600}}
OWN = [("Job", "r"), ("PersistentVolumeClaim", "r")]

# --- what is deleted, and when ---


@pytest.mark.parametrize(
    ("keep_seconds", "is_deleted", "requeue"), [(0, True, None), (300, True, None), (301, False, 1.0)]
)
def test_jobs_and_disk_go(keep_seconds: int, is_deleted: bool, requeue: float | None) -> None:
    again = ScorerJob(own_job(name="r-score-again-dca76eb8"), [], "r")
    decision = after(ended(), seeing(others=(again,)), seconds=300, keep_seconds=keep_seconds)
    everything = [("Job", "r"), ("Job", "r-score-again-dca76eb8"), ("PersistentVolumeClaim", "r")]
    assert names(decision.delete) == (everything if is_deleted else [])
    assert decision.requeue == requeue
    assert (decision.write, decision.create) == (False, ())


@pytest.mark.parametrize(
    ("observed", "left"),
    [
        (seeing(claim=claim(is_going=True)), [("Job", "r")]),
        (seeing(job=own_job(is_going=True)), [("PersistentVolumeClaim", "r")]),
        (seeing(job=own_job(is_going=True), claim=claim(is_going=True)), []),
        (Observed(claim=claim()), [("PersistentVolumeClaim", "r")]),
        (Observed(jobs=[ScorerJob(own_job(), [], "r")]), [("Job", "r")]),
    ],
    ids=["claim is going", "job is going", "both", "claim alone", "job alone"],
)
def test_what_is_gone_or_going_is_not_deleted_again(observed: Observed, left: list[tuple[str, str]]) -> None:
    assert names(after(ended(), observed, seconds=10).delete) == left


def test_jobs_that_a_devbox_owns_go_with_it() -> None:
    decision = after(runs.ended("passed"), Observed(BOX, jobs=[ScorerJob(job(), [], "r")]))
    assert names(decision.delete) == [("Devbox", "r")]


# --- the snapshot comes first ---


def test_a_disk_waits_for_its_snapshot() -> None:
    status = ended()
    status.disk_snapshot = "r"
    waiting = seeing(disk_snapshot=disk_snapshot("False", "Creating"))
    decision = after(status, waiting, seconds=10, **ALWAYS)
    assert (decision.delete, decision.requeue) == ((), cleanup.SNAPSHOT_PATIENCE - 10)
    decision = after(status, waiting, seconds=cleanup.SNAPSHOT_PATIENCE, **ALWAYS)
    assert names(decision.delete) == OWN
    assert decision.event is not None
    assert decision.event.reason == "DiskNotKept"
    ready = seeing(disk_snapshot=disk_snapshot("True"))
    decision = after(status, ready, seconds=10, **ALWAYS)
    assert names(decision.delete) == OWN
    assert decision.event is None


def test_a_snapshot_that_is_due_is_created_while_the_claim_is_there() -> None:
    assert after(ended(), seeing(), **ALWAYS).optional is not None
    for gone in (None, claim(is_going=True)):
        decision = after(ended(), seeing(claim=gone), **ALWAYS)
        assert decision.optional is None
        assert ("Job", "r") in names(decision.delete), "nothing waits for a disk that is gone"


def test_a_snapshot_comes_before_a_visitor() -> None:
    status = ended()
    status.disk_snapshot = "r"
    waiting = seeing(disk_snapshot=disk_snapshot("False", "Creating"))
    assert after(status, waiting, **ALWAYS, **KEEP).create == ()
    ready = seeing(disk_snapshot=disk_snapshot("True"))
    assert names(after(status, ready, **ALWAYS, **KEEP).create) == [("Devbox", "r")]


# --- keepDevbox ---


@pytest.mark.parametrize(
    ("when", "lines", "is_opened"),
    [
        ("Always", PASSED, True),
        ("OnFailure", PASSED, False),
        ("OnFailure", MISSED, True),
        ("OnFailure", UNSCORED, True),
        ("Never", UNSCORED, False),
    ],
)
def test_when_the_disk_is_opened(when: str, lines: str, is_opened: bool) -> None:
    keep = {"keepDevbox": {"when": when, "ttlSeconds": 600}}
    decision = after(ended(lines), seeing(), seconds=10, **keep)
    assert names(decision.create) == ([("Devbox", "r")] if is_opened else [])
    assert names(decision.delete) == ([] if is_opened else OWN)
    assert decision.requeue == (590 if is_opened else None)


def test_the_devbox_that_opens_the_disk() -> None:
    [made] = after(ended(), seeing(), **KEEP).create
    spec = made["spec"]
    assert (spec["operatingMode"], spec["rootFilesystem"]) == ("Idle", "Overlay")
    assert spec["image"] == beside().image.reference
    assert "diskSnapshotRef" not in spec, "it has the run's claim"
    [owner] = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("ScenarioRun", "uid-of-r")


def test_to_open_the_disk_takes_the_whole_run() -> None:
    """What it pinned is not in the cache."""
    assert cleanup.needs_whole(ended_view(ended(), seeing(), **KEEP))
    assert not cleanup.needs_whole(ended_view(ended(), seeing()))
    assert not cleanup.needs_whole(ended_view(ended(), seeing(devbox=OPENED), **KEEP)), "it is open"
    assert not cleanup.needs_whole(ended_view(ended(), seeing(), seconds=600, **KEEP)), "its time is over"
    assert not cleanup.needs_whole(ended_view(ended(), seeing(claim=None), **KEEP)), "there is no disk"


def test_an_open_disk_is_left_alone_until_its_time_is_over() -> None:
    observed = seeing(devbox=OPENED)
    decision = after(ended(), observed, seconds=599, **KEEP)
    assert (decision.create, decision.patch, decision.delete, decision.requeue) == ((), (), (), 1)
    decision = after(ended(), observed, seconds=600, **KEEP)
    assert (decision.create, decision.patch) == ((), ())
    assert names(decision.delete) == [("Devbox", "r"), *OWN]


def test_a_disk_that_is_gone_is_not_opened() -> None:
    for gone in (None, claim(is_going=True)):
        decision = after(ended(), seeing(claim=gone), seconds=10, **KEEP)
        assert decision.create == ()


@pytest.mark.parametrize("disk", [claim(), None], ids=["a disk", "no disk"])
def test_the_end_of_a_run_says_how_to_enter(disk: Obj | None) -> None:
    pod = agent_ended(DONE, tests=TESTS, lint=LINT)
    decision = runs.decide(seeing(pod, claim=disk), None, beside(), **KEEP)
    assert decision.event is not None
    assert ("kubectl exec -it r -n team -- /.assay/shell" in decision.event.message) is bool(disk)
