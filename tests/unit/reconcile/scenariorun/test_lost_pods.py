"""Decisions about a run whose own pod goes away, is stopped, or starts nothing more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.reconcile.common.command_end import BACKSTOP
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
)
from tests.unit.reconcile.run_jobs import beside
from tests.unit.reconcile.runs import NOW, OK, failed, reported, started
from tests.unit.specs.objects import Obj


def decide(*jobs: ScorerJob, after: RunDecision | None = None, **observed: Any) -> RunDecision:
    """The decision; `after` is the one before."""
    seen = replace(Observed(claim=CLAIM, jobs=jobs), **observed)
    view = started(seen, after.status if after else None, beside())
    before = view.run.model_copy(deep=True)
    decision = reconcile.decide(view)
    assert view.run == before
    return decision


def kinds(decision: RunDecision) -> list[tuple[str, str]]:
    return [(made["kind"], made["metadata"]["name"].removesuffix("-dca76eb8")) for made in decision.create]


# --- how it ended ---


@pytest.mark.parametrize(
    ("seen", "reason", "exit_code"),
    [
        (pod(ended(STOPPED)), "Error", 143),
        (pod(ended(WORKED), AWAY, deleting=True), "Completed", 0),
        (pod(ended(WORKED), NO_SANDBOX), "Completed", 0),
        (pod(ended("", 137, "Error"), phase="Failed"), "Error", 137),
    ],
    ids=["signalled itself", "before its pod", "before its node", "unexplained"],
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
        (pod(ended("assay-launch: no\n", 125, "Error"), NO_SANDBOX, phase="Failed"), "LaunchFailed"),
        (pod(ended("assay-boot: the agent has begun on this disk before\n", 125, "Error")), "PodLost"),
    ],
)
def test_an_end_that_something_else_brought_about_is_not(seen: Obj, reason: str) -> None:
    failed(decide(own_job(seen)), reason)


def test_a_job_that_ended_without_its_pod() -> None:
    assert reported(decide(own_job()), "AgentFinished") is None
    lost = decide(own_job(end="Failed"))
    failed(lost, "PodLost")
    assert lost.status.agent is not None
    assert lost.status.agent.start_time == datetime(2026, 1, 2, 10, 0, 30, tzinfo=UTC), "the Job's"
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


# --- its functions ---

TESTS, LINT = ended(f"{OK}0.5\n"), ended(f"{OK}\n")


STOPPED_TOO = ended("assay-score: stopped before the function had ended\n", 125, "Error")


@pytest.mark.parametrize(
    "seen",
    [
        pod(ended(WORKED), deleting=True, tests={"running": {}}, lint={"running": {}}),
        pod(ended(WORKED), AWAY, phase="Failed", tests=TESTS, lint={"running": {}}),
        pod(ended(WORKED), deleting=True, phase="Failed", tests=STOPPED_TOO, lint=STOPPED_TOO),
        pod(ended(WORKED), phase="Failed", tests=TESTS, lint=ended("", 255, "Unknown")),
        pod(ended(WORKED), phase="Failed", tests=TESTS, lint=ended("unable to freeze", 128, "StartError")),
        pod(ended(WORKED, reason="OOMKilled")),
        pod(ended(WORKED), NO_SANDBOX),
    ],
    ids=["deleted", "drained", "stopped", "rebooted", "refused", "a child out of memory", "without sandbox"],
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


@pytest.mark.parametrize("deleting", [False, True])
def test_an_agent_whose_job_something_else_suspends_is_preempted(deleting: bool) -> None:
    at_work = pod({"running": {"startedAt": "2026-01-02T10:01:00Z"}}, deleting=deleting)
    failed(decide(own_job(at_work, end="Suspended")), "Preempted")
    ended_by_itself = decide(own_job(pod(ended(WORKED), deleting=deleting), end="Suspended"))
    assert reported(ended_by_itself, "AgentFinished") == ("True", "Completed")
    waits = decide(own_job(pod(None, deleting=deleting), end="Suspended"))
    assert reported(waits, "Complete") == ("False", "JobSuspended"), "it had not begun"
