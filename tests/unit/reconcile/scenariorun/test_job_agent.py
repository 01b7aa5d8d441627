"""Decisions about a run that has a Job of its own: its agent works in the pod first, then its functions do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assay.api.reasons import ForeignReason, ReferenceReason, RejectionReason
from assay.api.scenariorun import PinnedRun
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.command_end import BACKSTOP
from assay.reconcile.common.decision import ChildRejected, Event
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import NO_HOLD, Hold
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.scenariorun import reconcile
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.own_jobs import (
    AWAY,
    CLAIM,
    NO_SANDBOX,
    STOPPED,
    WORKED,
    ended,
    own_job,
    pod,
    same_pod,
)
from tests.unit.reconcile.runs import NOW, OK, failed, reported, started
from tests.unit.specs.objects import SETTINGS, Obj, pinned


def decide(
    *jobs: ScorerJob, after: RunDecision | None = None, pinned_run: PinnedRun | None = None, **observed: Any
) -> RunDecision:
    """The decision; `after` is the one before."""
    seen = replace(Observed(claim=CLAIM, jobs=jobs), **observed)
    view = started(seen, after.status if after else None, pinned_run or same_pod())
    before = view.run.model_copy(deep=True)
    decision = reconcile.decide(view)
    assert view.run == before
    return decision


def kinds(decision: RunDecision) -> list[tuple[str, str]]:
    return [(made["kind"], made["metadata"]["name"].removesuffix("-dca76eb8")) for made in decision.create]


# --- until the agent has ended ---


def test_first_claim_and_job() -> None:
    decision = decide(claim=None, outdated_policies=[({"kind": "NetworkPolicy"}, {"spec": {}})])
    assert kinds(decision) == [("PersistentVolumeClaim", "r"), ("Job", "r")]
    assert decision.patch
    assert not decision.write, "there is nothing to report yet"
    assert kinds(decide()) == [("Job", "r")], "the claim is there"


def test_a_disk_begins_with_nothing_but_its_snapshot() -> None:
    missing = ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_FOUND, "there is no DiskSnapshot kept")
    decision = decide(claim=None, missing_snapshot=missing)
    assert kinds(decision) == []
    assert reported(decision, "Complete") == ("False", "DiskSnapshotNotFound")
    assert kinds(decide(own_job(), claim=None, missing_snapshot=missing)) == []


def test_a_claim_that_was_deleted_before_its_pod_began_is_made_again() -> None:
    assert kinds(decide(own_job(pod(None)), claim=None)) == [("PersistentVolumeClaim", "r")]
    assert kinds(decide(own_job(pod({"running": {"startedAt": "2026-01-02T10:01:00Z"}})), claim=None)) == []


def test_an_agent_at_work_is_looked_at_when_its_time_is_over() -> None:
    decision = decide(own_job(pod({"running": {"startedAt": "2026-01-02T10:01:00Z"}})))
    assert reported(decision, "Complete") == ("False", "AgentWorking")
    assert decision.requeue == 600 - 240 + BACKSTOP.total_seconds()


@pytest.mark.parametrize(
    ("job", "hold", "reason"),
    [
        (own_job(), NO_HOLD, "AgentWorking"),
        (own_job(), Hold(Cause(RejectionReason.QUOTA_EXCEEDED, "no"), 15.0), "QuotaExceeded"),
        (own_job(pod(None)), Hold(Cause(ForeignReason("FailedMount"), "no"), 15.0), "FailedMount"),
        (own_job(pod({"waiting": {"reason": "ImagePullBackOff"}})), NO_HOLD, "ImagePullBackOff"),
    ],
)
def test_what_keeps_the_agent_from_starting(job: ScorerJob, hold: Hold, reason: str) -> None:
    decision = decide(job, hold=hold)
    assert reported(decision, "Complete") == ("False", reason)
    assert reported(decision, "AgentFinished") is None
    assert decision.status.phase == ("Running" if reason == "AgentWorking" else "Pending")
    limit = SETTINGS.provisioning_seconds - 270  # its Job began then
    assert decision.requeue == (limit if hold.look_again is None else hold.look_again)


async def test_a_run_whose_job_is_refused_is_pending_and_says_why() -> None:
    first = decide()
    assert first.on_rejection is not None
    blocked = await first.on_rejection(ChildRejected(RejectionReason.QUOTA_EXCEEDED, "exceeded quota"))
    assert blocked is not None
    assert reported(blocked, "Complete") == ("False", "QuotaExceeded")
    assert (blocked.status.phase, blocked.create, blocked.requeue) == ("Pending", (), RETRY_SECONDS)
    assert blocked.event == Event("Warning", RejectionReason.QUOTA_EXCEEDED, "exceeded quota")


def test_the_end_of_an_agent_that_is_scored_is_told_with_its_exit_code_and_time() -> None:
    decision = decide(own_job(pod(ended("assay/2 exit=127 timeout=0 seconds=1.00\n"))))
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Normal", "Error")
    assert "exit code 127" in decision.event.message


# --- how it ended ---


@pytest.mark.parametrize(
    ("seen", "reason", "exit_code"),
    [
        (pod(ended(WORKED)), "Completed", 0),
        (pod(ended("assay/2 exit=3 timeout=0 seconds=1.00\n")), "Error", 3),
        (pod(ended("assay/2 exit=143 timeout=1 seconds=600.00 signal=15\n")), "DeadlineExceeded", 143),
        (pod(ended(STOPPED)), "Error", 143),
        (pod(ended(WORKED), AWAY, deleting=True), "Completed", 0),
        (pod(ended(WORKED), NO_SANDBOX), "Completed", 0),
        (pod(ended("", 137, "Error"), phase="Failed"), "Error", 137),
    ],
    ids=["well", "badly", "in time", "signalled itself", "before its pod", "before its node", "unexplained"],
)
def test_an_end_of_its_own_is_scored(seen: Obj, reason: str, exit_code: int) -> None:
    decision = decide(own_job(seen))
    assert reported(decision, "AgentFinished") == ("True", reason)
    agent = decision.status.agent
    assert agent is not None
    assert agent.exit_code == exit_code
    assert decision.status.phase == "Scoring"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (pod(ended(STOPPED), deleting=True), "PodLost"),
        (pod(ended(STOPPED), AWAY, deleting=True), "Drained"),
        (pod(ended(STOPPED), NO_SANDBOX), "PodLost"),
        (pod(ended("", 137, "Error"), AWAY, deleting=True), "Drained"),
        (pod({"running": {}}, AWAY, deleting=True), "Drained"),
        (pod(ended("assay-launch: no\n", 125, "Error"), phase="Failed"), "LaunchFailed"),
        (pod(ended("assay-launch: no\n", 125, "Error"), NO_SANDBOX, phase="Failed"), "LaunchFailed"),
        (pod(ended("assay-boot: disk full: x\n", 125, "Error"), phase="Failed"), "DiskFull"),
        (pod(ended("assay-boot: the agent has begun on this disk before\n", 125, "Error")), "PodLost"),
        (pod(ended("", 137, "OOMKilled"), phase="Failed"), "OOMKilled"),
        (pod(ended("assay/2 exit=137 timeout=0 seconds=1.00 signal=9 oom=1\n")), "OOMKilled"),
    ],
)
def test_an_end_that_something_else_brought_about_is_not(seen: Obj, reason: str) -> None:
    failed(decide(own_job(seen)), reason)


def test_a_job_that_ended_without_its_pod() -> None:
    assert reported(decide(own_job()), "AgentFinished") is None
    lost = decide(own_job(end="Failed"))
    failed(lost, "PodLost")
    assert lost.status.agent is not None
    assert lost.status.agent.start_time is not None
    unbound = decide(own_job(end="Failed"), claim={**CLAIM, "status": {"phase": "Pending"}}).status.agent
    assert unbound is not None
    assert unbound.start_time is None, "it cannot have begun"
    assert kinds(decide(own_job(end="Complete"))) == [("Job", "r-score-again")], (
        "how it was scored is not known"
    )


def test_an_agent_that_no_runner_stops_is_stopped_and_scored() -> None:
    begun = (NOW - timedelta(seconds=600) - BACKSTOP).isoformat()
    job = own_job(pod({"running": {"startedAt": begun}}))
    first = decide(job)
    assert reported(first, "AgentFinished") == ("True", "DeadlineExceeded")
    assert (list(first.delete), kinds(first)) == ([job.obj], []), "nothing is scored on which an agent works"
    gone = decide(after=first)
    assert kinds(gone) == [("Job", "r-score-again")]


@pytest.mark.parametrize("deleting", [False, True])
def test_an_agent_whose_job_something_else_suspends_is_preempted(deleting: bool) -> None:
    at_work = pod({"running": {"startedAt": "2026-01-02T10:01:00Z"}}, deleting=deleting)
    failed(decide(own_job(at_work, end="Suspended")), "Preempted")
    ended_by_itself = decide(own_job(pod(ended(WORKED), deleting=deleting), end="Suspended"))
    assert reported(ended_by_itself, "AgentFinished") == ("True", "Completed")
    waits = decide(own_job(pod(None, deleting=deleting), end="Suspended"))
    assert reported(waits, "Complete") == ("False", "JobSuspended"), "it had not begun"


# --- its functions ---

TESTS, LINT = ended(f"{OK}0.5\n"), ended(f"{OK}\n")


def test_what_has_ended_already_is_scored_at_once() -> None:
    decision = decide(own_job(pod(ended(WORKED), phase="Succeeded", tests=TESTS, lint=LINT), end="Complete"))
    assert reported(decision, "Complete") == ("True", "Scored")
    assert decision.status.score == 0.65
    assert [one.placement for one in decision.status.scores or ()] == ["SamePod", "SamePod"]
    assert not decision.create


def test_only_other_functions_get_a_job() -> None:
    mixed = pinned().model_copy(update={"same_pod": ["lint"]})
    decision = decide(own_job(pod(ended(WORKED))), pinned_run=mixed)
    [job] = decision.create
    assert [one["name"] for one in job["spec"]["template"]["spec"]["containers"]] == ["tests"]
    assert job["metadata"]["ownerReferences"][0]["kind"] == "ScenarioRun"
    assert decision.status.scorer_jobs == ["r", job["metadata"]["name"]]


STOPPED_TOO = ended("assay-score: stopped before the function had ended\n", 125, "Error")


@pytest.mark.parametrize(
    "seen",
    [
        pod(ended(WORKED), deleting=True, tests={"running": {}}, lint={"running": {}}),
        pod(ended(WORKED), AWAY, phase="Failed", tests=TESTS, lint={"running": {}}),
        pod(ended(WORKED), deleting=True, phase="Failed", tests=STOPPED_TOO, lint=STOPPED_TOO),
        pod(ended(WORKED), phase="Failed", tests=TESTS, lint=ended("", 255, "Unknown")),
        pod(ended(WORKED, reason="OOMKilled")),
        pod(ended(WORKED), NO_SANDBOX),
    ],
    ids=["deleted", "drained", "stopped", "rebooted", "a child out of memory", "without sandbox"],
)
def test_what_an_agent_left_is_scored_in_another_pod_if_its_own_is_lost(seen: Obj) -> None:
    first = decide(own_job(pod(ended(WORKED))))
    job = own_job(seen)
    decision = decide(job, after=first)
    assert kinds(decision) == [("Job", "r-score-again")]
    assert list(decision.delete) == [job.obj], "it may hold the volume on its node"
    assert decision.status.scorer_jobs == [decision.create[0]["metadata"]["name"]]
    again = replace(own_job(pod(None, phase="Succeeded", tests=TESTS, lint=LINT)), run="")
    again.obj["metadata"]["name"] = decision.create[0]["metadata"]["name"]
    scored = decide(again, after=decision)
    assert [one.placement for one in scored.status.scores or ()] == ["OwnPod", "OwnPod"]
    assert kinds(decide(after=decision)) == [("Job", "r-score-again")], (
        "one that was deleted by hand is made again"
    )


def test_functions_that_reported_count_though_their_pod_is_deleted() -> None:
    first = decide(own_job(pod(ended(WORKED))))
    seen = pod(ended(WORKED), deleting=True, phase="Succeeded", tests=TESTS, lint=LINT)
    assert reported(decide(own_job(seen), after=first), "Complete") == ("True", "Scored")


def test_without_its_disk_nothing_is_scored_again() -> None:
    first = decide(own_job(pod(ended(WORKED))))
    failed(decide(own_job(end="Failed"), after=first, claim=None), "DevboxLost")
