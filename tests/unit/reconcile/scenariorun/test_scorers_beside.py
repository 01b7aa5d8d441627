"""Decisions about a run whose functions work in the agent's pod, or some of them in pods of their own."""

from __future__ import annotations

import pytest

from assay.api.reasons import RejectionReason
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import DONE, LINT, TESTS, agent_ended, beside, own_job, seeing
from tests.unit.reconcile.runs import OK, failed, reported, scorer_pod
from tests.unit.reconcile.scenariorun.scored_jobs import (
    MIXED,
    agent_done,
    decide,
    job_names,
    placements,
    scorer,
)
from tests.unit.specs.objects import Obj

# --- all in the agent's pod ---


def test_a_run_whose_functions_have_ended_is_decided_at_once() -> None:
    """An operator that was away meanwhile sees all that happened in one look."""
    job, pod = own_job(), agent_ended(DONE, tests=TESTS, lint=LINT)
    job["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
    pod["status"]["phase"] = "Succeeded"
    decision = runs.decide(seeing(pod, job=job), None, beside())
    status = decision.status
    assert (status.score, status.phase) == (0.65, "Complete")
    assert reported(decision, "AgentFinished") == ("True", "Completed")
    assert reported(decision, "Complete") == ("True", "Scored")
    assert placements(decision) == {"tests": "SamePod", "lint": "SamePod"}
    assert (decision.create, decision.delete) == ((), ())


@pytest.mark.parametrize("ends", [{}, {"tests": None}, {"tests": TESTS}, {"tests": TESTS, "lint": None}])
def test_functions_that_have_not_all_ended_are_waited_for(ends: Obj) -> None:
    decision = decide(seeing(agent_ended(DONE, **ends)))
    assert reported(decision, "Complete") == ("False", "Scoring")
    assert (decision.create, decision.delete, decision.status.scores) == ((), (), None)


def test_what_keeps_a_function_from_starting_is_reported() -> None:
    pod = agent_ended(DONE, tests=None)
    message = {"reason": "CreateContainerConfigError", "message": 'secret "hidden" not found'}
    pod["status"]["containerStatuses"][1]["state"] = {"waiting": message}
    assert reported(decide(seeing(pod)), "Complete") == ("False", "CreateContainerConfigError")


def test_a_job_that_failed_after_its_functions_ended_changes_nothing() -> None:
    job = own_job("BackoffLimitExceeded", "a container ended with an error")
    assert decide(seeing(agent_ended(DONE, tests=TESTS, lint=LINT), job=job)).status.score == 0.65


def test_the_disk_is_not_needed_for_scores_that_are_there() -> None:
    observed = seeing(agent_ended(DONE, tests=TESTS, lint=LINT), claim=None)
    assert decide(observed).status.score == 0.65


# --- some apart ---


def test_only_the_others_get_jobs() -> None:
    decision = runs.decide(seeing(agent_done()), None, MIXED)
    assert job_names(decision) == ["r-score-dca76eb8"]
    assert decision.status.scorer_jobs == ["r", "r-score-dca76eb8"]
    pod = decision.create[0]["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"]] == ["lint"]
    [disk] = [one for one in pod["volumes"] if one["name"] == "disk"]
    assert disk["persistentVolumeClaim"] == {"claimName": "r", "readOnly": True}
    assert "node-1" in str(pod["affinity"]), "the node of the agent has image and volume"
    [owner] = decision.create[0]["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("ScenarioRun", "uid-of-r")


def test_policies_come_before_the_others_jobs() -> None:
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "none"}}
    decision = runs.decide(seeing(agent_done(), policies=[policy]), None, MIXED)
    assert [one["kind"] for one in decision.create] == ["NetworkPolicy", "Job"]


def test_each_score_says_where_its_function_worked() -> None:
    others = (scorer("r-score-dca76eb8", scorer_pod(lint=LINT)),)
    decision = decide(seeing(agent_done(tests=TESTS), others=others), MIXED)
    assert decision.status.score == 0.65
    assert placements(decision) == {"tests": "SamePod", "lint": "OwnPod"}


@pytest.mark.parametrize(("here", "there"), [(TESTS, None), (None, LINT)])
def test_both_pods_are_waited_for(here: str | None, there: str | None) -> None:
    others = (scorer("r-score-dca76eb8", scorer_pod(lint=there)),)
    decision = decide(seeing(agent_done(tests=here), others=others), MIXED)
    assert reported(decision, "Complete") == ("False", "Scoring")
    assert decision.create == ()


def test_why_another_job_has_no_pod_is_reported() -> None:
    refused = Cause(RejectionReason.QUOTA_EXCEEDED, "waiting for quota")
    observed = seeing(agent_done(tests=TESTS), others=(scorer("r-score-dca76eb8"),), hold=Hold(refused, 15.0))
    decision = decide(observed, MIXED)
    assert reported(decision, "Complete") == ("False", "QuotaExceeded")
    assert decision.requeue == 15.0


# --- failures ---


def test_a_scorer_of_its_own_that_fails_ends_the_run() -> None:
    late = own_job("DeadlineExceeded", "x", name="r-score-dca76eb8")
    others = (scorer("r-score-dca76eb8", scorer_pod(lint=None), job=late),)
    decision = decide(seeing(agent_done(tests=TESTS), others=others), MIXED)
    failed(decision, "ScoringDeadlineExceeded")


def test_a_function_without_a_score_in_the_agents_pod() -> None:
    decision = decide(seeing(agent_ended(DONE, tests=f"{OK}no number\n", lint=LINT)))
    assert failed(decision, "NoScore").startswith("scoring function tests: ")
    assert placements(decision) == {"tests": "SamePod", "lint": "SamePod"}


def test_a_disk_snapshot_is_cut_while_functions_work() -> None:
    observed = seeing(agent_ended(DONE, tests=None))
    decision = runs.decide(observed, None, beside(), snapshotPolicy="Always")
    assert decision.optional is not None
    assert decision.optional.manifest["spec"]["scenarioRunRef"] == {"name": "r"}
