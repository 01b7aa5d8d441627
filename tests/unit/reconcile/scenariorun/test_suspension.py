"""A run that is suspended has no pods; it begins, begins again or is scored once that is over."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.scenariorun import ScenarioRunStatus
from assay.kube_object import KubeObject
from assay.reconcile.scenariorun import limits
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.own_jobs import (
    CLAIM,
    SCORED,
    SCORING,
    about,
    begun,
    ended,
    lost,
    own_job,
    pod,
    working,
)
from tests.unit.reconcile.runs import (
    BOX,
    NOW,
    OK,
    RESCORE,
    box,
    decide,
    ended_view,
    failed,
    job,
    reported,
    restored,
    scorer_pod,
    scoring,
)
from tests.unit.specs.objects import Obj

SUSPEND: dict[str, Any] = {"suspend": True}
LEAVING: Obj = {**CLAIM, "metadata": {**CLAIM["metadata"], "deletionTimestamp": "2026-01-02T10:04:00Z"}}


def deleted(decision: RunDecision) -> list[KubeObject]:
    return list(decision.delete)


def is_suspended(decision: RunDecision) -> str:
    """Asserts that the decision suspends the run; returns the message."""
    status = decision.status
    assert reported(decision, "Suspended") == ("True", "Suspended")
    assert reported(decision, "Complete") == ("False", "Suspended")
    assert reported(decision, "Failed") is None
    assert (status.phase, status.start_time) == ("Suspended", None), "its time stands still"
    assert not decision.create
    assert decision.requeue is None
    found = conditions.find(status.conditions, "Suspended")
    assert found is not None
    return found.message


# --- before it starts ---


def test_a_run_that_is_created_suspended_pins_and_creates_nothing() -> None:
    view = ended_view(ScenarioRunStatus(), Observed(), **SUSPEND)
    decision = limits.before_start(view)
    assert decision is not None
    assert "has not started" in is_suspended(decision)
    assert decision.status.pinned is None
    assert (decision.event and decision.event.reason) == "Suspended"
    again = limits.before_start(ended_view(decision.status, Observed(), **SUSPEND))
    assert again is not None
    assert (again.status, again.event) == (decision.status, None)


def test_it_starts_once_that_is_cleared() -> None:
    suspended = limits.before_start(ended_view(ScenarioRunStatus(), Observed(), **SUSPEND))
    assert suspended is not None
    resumed = limits.before_start(ended_view(suspended.status, Observed()))
    assert resumed is not None
    assert reported(resumed, "Suspended") == ("False", "Resumed")
    assert resumed.requeue == 0
    assert limits.before_start(ended_view(resumed.status, Observed())) is None


# --- while its agent works ---


@pytest.mark.parametrize(
    "found",
    [own_job(), own_job(pod(None)), working()],
    ids=["no pod", "a pod that waits", "an agent at work"],
)
def test_an_agent_that_has_not_ended_goes_with_its_disk(found: ScorerJob) -> None:
    decision = about(found, **SUSPEND)
    assert "begins again, on a fresh disk" in is_suspended(decision)
    assert deleted(decision) == [found.obj, CLAIM]


def test_one_in_a_devbox_does_too() -> None:
    decision = decide(Observed(box("running")), begun(), **SUSPEND)
    assert "begins again" in is_suspended(decision)
    assert [one["kind"] for one in deleted(decision)] == ["Devbox"]


def test_what_a_pod_reports_that_ends_for_that_is_no_end_of_its_agent() -> None:
    first = about(working(), **SUSPEND)
    killed = own_job(pod(ended("", 137, "Error"), deleting=True))
    second = about(killed, status=first.status, **SUSPEND)
    is_suspended(second)
    assert second.status.agent is None
    assert second.event is None


def test_what_leaves_already_is_not_deleted_again() -> None:
    suspended = about(working(), **SUSPEND).status
    assert deleted(about(status=suspended, seen={"claim": LEAVING}, **SUSPEND)) == []


def test_it_waits_until_pod_and_disk_have_gone() -> None:
    suspended = about(working(), **SUSPEND).status
    left, leaving = about(working(), status=suspended), about(status=suspended, seen={"claim": LEAVING})
    assert deleted(left) == [working().obj, CLAIM], "the operator that suspended it died before it did"
    assert deleted(leaving) == []
    for found in (left, leaving):
        assert not found.write
        assert (list(found.create), found.requeue) == ([], None), "the deletion wakes it"
        assert reported(found, "Suspended") == ("True", "Suspended")


def test_then_it_begins_again_with_the_same_pins_and_a_time_of_its_own() -> None:
    suspended = about(working(), **SUSPEND).status
    resumed = about(status=suspended, seen={"claim": None})
    assert reported(resumed, "Suspended") == ("False", "Resumed")
    assert reported(resumed, "Complete") == ("False", "AgentWorking")
    assert (resumed.status.phase, resumed.status.start_time) == ("Running", NOW)
    assert resumed.status.pinned == suspended.pinned
    assert resumed.requeue == 0
    begins = about(status=resumed.status, seen={"claim": None})
    assert [made["kind"] for made in begins.create] == ["PersistentVolumeClaim", "Job"]


def test_a_suspended_time_does_not_count() -> None:
    old = about(working(), status=begun(600), activeDeadlineSeconds=700_000, **SUSPEND).status
    resumed = about(status=old, seen={"claim": None}, activeDeadlineSeconds=60)
    assert reported(resumed, "Failed") is None
    assert about(working(), status=resumed.status, activeDeadlineSeconds=60).requeue == 60


def test_a_run_can_be_suspended_and_resumed_again_and_again() -> None:
    status = begun()
    for _ in range(3):
        suspended = about(working(), status=status, **SUSPEND)
        assert (suspended.event and suspended.event.reason) == "Suspended"
        resumed = about(status=suspended.status, seen={"claim": None})
        assert (resumed.event and resumed.event.reason) == "Resumed"
        status = resumed.status


# --- once its agent has ended ---


def test_what_an_agent_left_stays_and_only_its_pods_go() -> None:
    decision = about(SCORING, **SUSPEND)
    assert "what it left is scored" in is_suspended(decision)
    assert deleted(decision) == [SCORING.obj]
    assert decision.status.agent is not None
    assert decision.status.agent.reason == "Completed"


def test_it_is_scored_in_another_pod_then() -> None:
    suspended = about(SCORING, **SUSPEND).status
    is_suspended(about(status=suspended, **SUSPEND))
    resumed = about(status=suspended)
    assert reported(resumed, "Complete") == ("False", "Scoring")
    assert resumed.status.phase == "Scoring"
    [made] = about(status=resumed.status).create
    assert (made["kind"], made["metadata"]["name"]) == ("Job", "r-score-again-dca76eb8")


def test_a_run_that_has_its_score_by_then_ends() -> None:
    decision = about(SCORED, **SUSPEND)
    assert reported(decision, "Complete") == ("True", "Scored")
    assert reported(decision, "Suspended") is None
    suspended = about(SCORING, **SUSPEND).status
    late = about(SCORED, status=suspended, **SUSPEND)
    assert reported(late, "Complete") == ("True", "Scored"), "its functions ended before their pod did"


def test_a_scorer_job_goes_and_is_made_again() -> None:
    scorer = ScorerJob(job(), [scorer_pod(tests=None, lint=None)])
    suspended = decide(Observed(BOX, jobs=[scorer]), scoring(), **SUSPEND)
    is_suspended(suspended)
    assert deleted(suspended) == [scorer.obj], "the devbox has the disk"
    resumed = decide(Observed(BOX), suspended.status)
    [made] = decide(Observed(BOX), resumed.status).create
    assert made["metadata"]["name"] == scorer.name


def test_a_job_that_has_ended_stays() -> None:
    over = ScorerJob(job(), [scorer_pod(phase="Succeeded", tests=f"{OK}1.0\n", lint=None)])
    assert deleted(decide(Observed(BOX, jobs=[over]), scoring(), **SUSPEND)) == []


def test_the_disk_that_a_rescore_restores_stays() -> None:
    waits = restored(reason="DiskSnapshotNotReady", message="not yet")
    status = begun()
    assert status.pinned is not None
    status.pinned = status.pinned.model_copy(update={"agent": None, "same_pod": None})
    decision = decide(Observed(waits), status, status.pinned, **RESCORE, **SUSPEND)
    is_suspended(decision)
    assert deleted(decision) == []


def test_a_disk_that_is_lost_meanwhile_fails_the_run() -> None:
    suspended = about(SCORING, **SUSPEND).status
    failed(about(status=suspended, seen={"claim": None}, **SUSPEND), "DevboxLost")


# --- tries ---

AGAIN: dict[str, Any] = {"retry": {"limit": 10}}
OLD: Obj = {"kind": "Job", "metadata": {"name": "r-of-before"}}
GONE = own_job(pod(ended("unable to freeze", 128, "StartError"), phase="Failed"))


def waiting_for_a_try() -> ScenarioRunStatus:
    """The status of a run that has just lost its first try."""
    return begun().model_copy(update={"lost_tries": lost("NodeLost")})


def test_a_run_that_waits_for_its_next_try_is_suspended_and_what_is_left_goes() -> None:
    decision = about(status=waiting_for_a_try(), seen={"claim": None, "leftovers": [OLD]}, **SUSPEND, **AGAIN)
    assert "begins again" in is_suspended(decision)
    assert deleted(decision) == [OLD]
    again = about(status=decision.status, seen={"claim": None}, **SUSPEND, **AGAIN)
    is_suspended(again)
    assert again.event is None


def test_it_goes_on_with_the_next_try_once_that_is_due() -> None:
    suspended = about(status=waiting_for_a_try(), seen={"claim": None}, **SUSPEND, **AGAIN).status
    left = about(status=suspended, seen={"claim": None, "leftovers": [OLD]}, **AGAIN)
    assert (deleted(left), left.write) == ([OLD], False)
    resumed = about(status=suspended, seen={"claim": None}, **AGAIN)
    assert reported(resumed, "Suspended") == ("False", "Resumed")
    waits = about(status=resumed.status, seen={"claim": None}, **AGAIN)
    assert (list(waits.create), waits.requeue) == ([], 10)
    due = resumed.status.model_copy(update={"lost_tries": lost("NodeLost", seconds=10)})
    names = {made["metadata"]["name"] for made in about(status=due, seen={"claim": None}, **AGAIN).create}
    assert len(names) == 1
    assert names != {"r"}


def test_a_try_that_is_lost_when_its_run_is_suspended_counts_and_goes() -> None:
    decision = about(GONE, **SUSPEND, **AGAIN)
    is_suspended(decision)
    assert [one.reason for one in decision.status.lost_tries or ()] == ["NodeRefused"]
    assert deleted(decision) == [GONE.obj, CLAIM]


def test_a_pod_that_ends_because_its_run_is_suspended_is_no_lost_try() -> None:
    suspended = about(working(), **SUSPEND, **AGAIN).status
    killed = own_job(pod(ended("", 137, "Error"), deleting=True))
    assert about(killed, status=suspended, **SUSPEND, **AGAIN).status.lost_tries is None
    assert about(killed, status=suspended, **AGAIN).status.lost_tries is None


def test_what_is_left_of_a_lost_rescore_goes_while_it_is_suspended() -> None:
    status = waiting_for_a_try()
    assert status.pinned is not None
    status.pinned = status.pinned.model_copy(update={"agent": None, "same_pod": None})
    observed = Observed(leftovers=[OLD])
    decision = decide(observed, status, status.pinned, **RESCORE, **SUSPEND, **AGAIN)
    is_suspended(decision)
    assert deleted(decision) == [OLD]


# --- how many chances its score took ---


@pytest.mark.parametrize(
    ("found", "restarts"),
    [([], None), ([own_job()], 1), ([working()], 1), ([SCORING], 1), ([SCORED], None)],
    ids=["nothing is there", "a pod may begin", "its agent works", "it is scored", "it has its score"],
)
def test_a_run_counts_what_begins_again(found: list[ScorerJob], restarts: int | None) -> None:
    assert about(*found, **SUSPEND).status.restarts == restarts


def test_it_counts_each_time_and_each_once() -> None:
    first = about(working(), **SUSPEND).status
    assert about(working(), status=first, **SUSPEND).status.restarts == 1
    resumed = about(status=first, seen={"claim": None}).status
    assert resumed.restarts == 1
    assert about(working(), status=resumed, **SUSPEND).status.restarts == 2


def test_a_devbox_counts_too() -> None:
    assert decide(Observed(box("running")), begun(), **SUSPEND).status.restarts == 1
