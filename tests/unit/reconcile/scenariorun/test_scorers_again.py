"""Decisions about a run whose scorers are lost: what the agent left is scored again, as long as it is there."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun
from assay.reconcile.scenariorun.observed import Observed
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import (
    DONE,
    LINT,
    TESTS,
    agent_ended,
    beside,
    claim,
    of_agent,
    own_job,
    seeing,
)
from tests.unit.reconcile.runs import failed, reported, scorer_pod
from tests.unit.reconcile.scenariorun.scored_jobs import (
    MIXED,
    agent_done,
    decide,
    job_names,
    lost,
    placements,
    scorer,
)
from tests.unit.specs.objects import Obj, pinned_functions

# --- the agent's pod is lost while functions work ---


def lost_observed(how: str, **functions: Any) -> Observed:
    """The run's Job once its pod is lost in this way."""
    if how == "gone":
        return seeing(job=own_job("BackoffLimitExceeded", "x"))
    if how == "job gone":
        return Observed(claim=claim())
    return seeing(lost(agent_ended(DONE, **functions), how))


@pytest.mark.parametrize("functions", [{"tests": None}, {"tests": TESTS, "lint": None}], ids=["none", "one"])
@pytest.mark.parametrize("how", ["deleted", "EvictionByEvictionAPI", "gone", "job gone"])
def test_what_the_agent_left_is_scored_again_elsewhere(how: str, functions: Obj) -> None:
    decision = decide(lost_observed(how, **functions))
    assert job_names(decision) == ["r-score-again-dca76eb8"]
    assert decision.status.scorer_jobs == ["r-score-again-dca76eb8"]
    assert decision.write
    pod = decision.create[0]["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"]] == ["tests", "lint"], "all that had to work there"
    assert "initContainers" not in pod, "an agent works once"
    assert reported(decision, "Failed") is None


def test_functions_elsewhere_are_not_scored_again() -> None:
    others = (scorer("r-score-dca76eb8", scorer_pod(lint=LINT)),)
    decision = decide(seeing(lost(agent_done(tests=None), "deleted"), others=others), MIXED)
    assert job_names(decision) == ["r-score-again-dca76eb8"]
    assert decision.status.scorer_jobs == ["r-score-dca76eb8", "r-score-again-dca76eb8"]
    [container] = decision.create[0]["spec"]["template"]["spec"]["containers"]
    assert container["name"] == "tests"


def test_an_agents_pod_that_is_lost_when_the_agents_end_is_first_seen() -> None:
    """An operator that was away sees both at once."""
    observed = seeing(lost(agent_ended(DONE, tests=None), "deleted"))
    decision = runs.decide(observed, None, beside())
    assert reported(decision, "AgentFinished") == ("True", "Completed")
    assert job_names(decision) == ["r-score-again-dca76eb8"]


def test_scores_from_other_pods_say_so() -> None:
    again = (scorer("r-score-again-dca76eb8", scorer_pod(tests=TESTS, lint=LINT)),)
    observed = seeing(lost(agent_ended(DONE, tests=None), "deleted"), others=again)
    decision = decide(observed, None, "r-score-again-dca76eb8")
    assert decision.status.score == 0.65
    assert placements(decision) == {"tests": "OwnPod", "lint": "OwnPod"}


def test_what_a_lost_pod_reports_later_does_not_count() -> None:
    """The status names the Jobs that count."""
    again = (scorer("r-score-again-dca76eb8", scorer_pod(tests=None)),)
    observed = seeing(agent_ended(DONE, tests=TESTS, lint=LINT), others=again)
    assert reported(decide(observed, None, "r-score-again-dca76eb8"), "Complete") == ("False", "Scoring")


@pytest.mark.parametrize("phase", ["Running", "Succeeded"])
def test_scores_that_came_before_the_pod_was_deleted_count(phase: str) -> None:
    pod = agent_ended(DONE, tests=TESTS, lint=LINT)
    pod["status"]["phase"] = phase
    pod["metadata"]["deletionTimestamp"] = "2026-01-02T10:01:00Z"
    decision = decide(seeing(pod))
    assert decision.status.score == 0.65
    assert placements(decision) == {"tests": "SamePod", "lint": "SamePod"}


def test_functions_that_had_ended_in_a_lost_pod_are_not_scored_again_while_others_work() -> None:
    others = (scorer("r-score-dca76eb8", scorer_pod(lint=None)),)
    decision = decide(seeing(lost(agent_done(tests=TESTS), "deleted"), others=others), MIXED)
    assert decision.create == ()
    assert decision.status.scorer_jobs == ["r", "r-score-dca76eb8"]


def test_a_job_that_has_given_up_reports_nothing_any_more() -> None:
    job = own_job("BackoffLimitExceeded", "x")
    assert job_names(decide(seeing(agent_ended(DONE, tests=TESTS, lint=None), job=job))) == [
        "r-score-again-dca76eb8"
    ]


def test_scores_of_a_pod_that_was_evicted_do_not_count() -> None:
    pod = lost(agent_ended(DONE, tests=(137, "Error", ""), lint=LINT), "TerminationByKubelet")
    assert job_names(decide(seeing(pod))) == ["r-score-again-dca76eb8"]


@pytest.mark.parametrize("pinned_run", [beside(), beside("tests")], ids=["all beside", "one beside"])
def test_functions_that_the_kubelet_cannot_start_in_time_are_scored_again(pinned_run: PinnedRun) -> None:
    job = own_job("BackoffLimitExceeded", "x")
    pod = agent_ended(DONE)
    pod["status"] |= {"phase": "Failed", "reason": "NodeShutdown", "message": "x"}
    assert "r-score-again-dca76eb8" in job_names(decide(seeing(pod, job=job), pinned_run))


# --- Jobs that somebody deleted ---


@pytest.mark.parametrize("name", ["r-score-again-dca76eb8", "r-score-dca76eb8"])
def test_a_job_that_was_deleted_is_created_again(name: str) -> None:
    pinned_run = beside() if name == "r-score-again-dca76eb8" else MIXED
    status_jobs = [name] if name == "r-score-again-dca76eb8" else ["r", name]
    decision = decide(seeing(agent_ended(DONE, tests=None)), pinned_run, *status_jobs)
    assert job_names(decision) == [name]
    assert not decision.write


def test_only_the_deleted_one_is_created_again() -> None:
    here = seeing(others=(scorer("r-score-dca76eb8", scorer_pod(lint=LINT)),))
    decision = decide(here, MIXED, "r-score-dca76eb8", "r-score-again-dca76eb8")
    assert job_names(decision) == ["r-score-again-dca76eb8"]
    there = seeing(others=(scorer("r-score-again-dca76eb8", scorer_pod(tests=TESTS)),))
    decision = decide(there, MIXED, "r-score-dca76eb8", "r-score-again-dca76eb8")
    assert job_names(decision) == ["r-score-dca76eb8"]


def test_the_runs_own_job_is_never_created_again() -> None:
    decision = decide(
        Observed(claim=claim(), jobs=[scorer("r-score-dca76eb8", scorer_pod(lint=None))]), MIXED
    )
    assert job_names(decision) == ["r-score-again-dca76eb8"]


def test_jobs_of_each_egress_are_named_apart() -> None:
    pinned_run = pinned_functions("plain", "python").model_copy(update={"same_pod": ["plain", "python"]})
    decision = decide(Observed(claim=claim()), pinned_run)
    assert job_names(decision) == ["r-score-again-dca76eb8", "r-score-again-internet-dca76eb8"]
    assert decision.status.scorer_jobs == job_names(decision)


# --- the disk is gone ---


@pytest.mark.parametrize("gone", [None, claim(is_going=True)], ids=["gone", "going"])
@pytest.mark.parametrize("jobs", [(), ("r-score-again-dca76eb8",)], ids=["pod lost", "job deleted"])
def test_without_a_disk_there_is_nothing_to_score_again(gone: Obj | None, jobs: tuple[str, ...]) -> None:
    for own in ([], [of_agent(job=own_job("BackoffLimitExceeded", "x"))]):
        decision = decide(Observed(claim=gone, jobs=own), None, *jobs)
        failed(decision, "DevboxLost")
        assert decision.create == ()


def test_a_disk_that_is_gone_when_others_are_to_score_it() -> None:
    decision = runs.decide(seeing(agent_done(), claim=None), None, MIXED)
    failed(decision, "DevboxLost")


def test_a_second_pod_that_fails_too_ends_the_run() -> None:
    late = own_job("BackoffLimitExceeded", "x", name="r-score-again-dca76eb8")
    again = (scorer("r-score-again-dca76eb8", scorer_pod(tests=None), job=late),)
    failed(
        decide(
            seeing(job=own_job("BackoffLimitExceeded", "x"), others=again), None, "r-score-again-dca76eb8"
        ),
        "ScorerFailed",
    )
