"""Decisions about a run from scoring to its end."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.blame import blame
from assay.api.condition_types import ConditionType
from assay.api.conditions import is_finished
from assay.api.reasons import ForeignReason
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.runs import (
    NOW,
    OK,
    decide,
    failed,
    finished,
    job,
    reported,
    scored,
    scorer_pod,
    scoring,
)
from tests.unit.specs.objects import Obj, pinned

# --- scoring ---


@pytest.mark.parametrize("phase", ["Running", "Succeeded"])
def test_the_score_is_known_when_all_functions_have_ended(phase: str) -> None:
    decision = scored(scorer_pod(phase=phase, tests=OK + "0.5\n", lint=OK + "\n"))
    status = decision.status
    assert (status.score, status.passed, status.phase) == (0.65, False, "Complete")
    assert reported(decision, "Complete") == ("True", "Scored")
    assert reported(decision, "Failed") is None
    assert [(s.name, s.score, s.weight) for s in status.scores or ()] == [
        ("tests", 0.5, 0.7),
        ("lint", 1.0, 0.3),
    ]
    assert is_finished(status.conditions)
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Normal", "Scored")
    assert (decision.delete, decision.requeue) == ((), 0), "the score is written before anything is deleted"


@pytest.mark.parametrize(
    ("line", "threshold", "passed"),
    [("1.0", 1.0, True), ("0.999", 1.0, False), ("0.5", 0.65, True), ("0.49", 0.65, False)],
)
def test_passing(line: str, threshold: float, passed: bool) -> None:
    contract = pinned().scenario.scoring_contract.model_dump(by_alias=True, exclude_none=True)
    pod_ = scorer_pod(tests=f"{OK}{line}\n", lint=OK + "\n")
    decision = scored(pod_, scoringContract={**contract, "passThreshold": threshold})
    assert decision.status.passed is passed


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (OK + "no number\n", "NoScore"),
        (OK + "7\n", "ScoreOutOfRange"),
        ("assay/2 exit=137 timeout=1 seconds=300.00\n\n", "Timeout"),
        ((125, "Error", "assay-score: cannot mount"), "ScorerFailed"),
        ((137, "OOMKilled", ""), "OOMKilled"),
        ((0, "Completed", "1.0"), "ScorerFailed"),
    ],
    ids=["no score", "out of range", "timeout", "failed", "oom", "no header"],
)
def test_a_function_without_a_score_leaves_the_run_without_one(end: Any, reason: str) -> None:
    decision = scored(scorer_pod(tests=end, lint=OK + "\n"))
    assert failed(decision, reason).startswith("scoring function tests: ")
    scores = decision.status.scores
    assert scores is not None
    assert [score.state for score in scores] == ["Error", "Complete"]
    assert scores[1].score == 1.0


@pytest.mark.parametrize("phase", ["Pending", "Running"])
def test_a_function_that_still_runs_is_waited_for(phase: str) -> None:
    decision = scored(scorer_pod(phase=phase, tests=OK + "1.0\n", lint=None))
    assert reported(decision, "Complete") == ("False", "Scoring")
    assert not is_finished(decision.status.conditions)
    assert (decision.create, decision.delete) == ((), ())


def test_an_evicted_scorer_reports_nothing_and_another_takes_over() -> None:
    evicted = scorer_pod("2026-01-02T10:01:00Z", phase="Failed", tests=(137, "Error", ""), lint=OK + "\n")
    evicted["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": "x"}]
    assert reported(scored(evicted), "Complete") == ("False", "Scoring")
    second = scorer_pod("2026-01-02T10:02:00Z", tests=OK + "1.0\n", lint=OK + "\n")
    for order in ([evicted, second], [second, evicted]):
        assert scored(*order).status.score == 1.0


def test_what_keeps_a_scorer_from_starting_is_reported() -> None:
    waiting = scorer_pod(phase="Pending")
    message = {"reason": "ImagePullBackOff", "message": "Back-off"}
    waiting["status"]["containerStatuses"] = [{"name": "tests", "state": {"waiting": message}}]
    assert reported(scored(waiting), "Complete") == ("False", "ImagePullBackOff")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (("DeadlineExceeded", "Job was active longer than specified deadline"), "ScoringDeadlineExceeded"),
        (("BackoffLimitExceeded", "Job has reached the specified backoff limit"), "ScorerFailed"),
        (("PodFailurePolicy", "..."), "ScorerFailed"),
    ],
)
def test_a_job_that_failed_before_its_functions_ended(failure: tuple[str, str], reason: str) -> None:
    failed(scored(job_=job(*failure)), reason)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ((128, "StartError", "runc create failed: unable to freeze"), "NodeRefused"),
        ((137, "ContainerStatusUnknown", "The container could not be located"), "NodeLost"),
    ],
)
def test_what_a_node_did_to_a_scorer_is_not_the_agents(end: Any, reason: str) -> None:
    pod_ = scorer_pod(phase="Failed", tests=end, lint=OK + "\n")
    decision = scored(pod_, job_=job("BackoffLimitExceeded", "backoff limit"))
    assert end[2] in failed(decision, reason)
    assert blame(reason) == "Infrastructure"
    assert decision.status.scores is None, (
        "what did not work is no score, and neither is what worked beside it"
    )


LATE = ("DeadlineExceeded", "Job was active longer than specified deadline")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("Unschedulable", "ScorerNotStarted"),
        ("ImagePullBackOff", "ScorerNotStarted"),
        ("QuotaExceeded", "ScorerNotStarted"),
        ("Scoring", "ScoringDeadlineExceeded"),
        ("FailedMount", "ScoringDeadlineExceeded"),
    ],
)
def test_a_scorer_that_could_not_start_in_time_is_not_the_agents(told: str, reason: str) -> None:
    status = scoring()
    why = conditions.false(ConditionType.COMPLETE, ForeignReason(told), "0/1 nodes are available")
    status.conditions = conditions.put(status.conditions, why, 1, NOW)
    gone = decide(Observed(finished("Completed", 0), jobs=[ScorerJob(job())]), status)
    assert reported(gone, "Complete") == ("False", told), "the Job deletes its pod before it has failed"
    over = decide(Observed(finished("Completed", 0), jobs=[ScorerJob(job(*LATE))]), gone.status)
    message = failed(over, reason)
    assert blame(reason) == ("Infrastructure" if reason == "ScorerNotStarted" else "Agent")
    assert ("0/1 nodes are available" in message) is (reason == "ScorerNotStarted")


def test_a_node_that_does_not_admit_a_scorer_is_not_the_agents() -> None:
    pod_ = scorer_pod(phase="Failed")
    pod_["status"] |= {"reason": "OutOfpods", "message": "Node didn't have enough resource: pods"}
    message = failed(scored(pod_, job_=job("BackoffLimitExceeded", "backoff limit")), "NodeRefused")
    assert message.startswith("OutOfpods: ")


def test_the_message_of_an_init_container_is_reported() -> None:
    pod_ = scorer_pod(phase="Failed")
    end = {"exitCode": 125, "reason": "Error", "message": "assay-score: cannot copy the agent's disk: full"}
    pod_["status"]["initContainerStatuses"] = [{"name": "assay-copy-0", "state": {"terminated": end}}]
    message = failed(scored(pod_, job_=job("BackoffLimitExceeded", "backoff limit")), "ScorerFailed")
    assert "cannot copy the agent's disk" in message


def test_a_score_that_is_there_counts_even_if_the_job_failed_later() -> None:
    late = job("DeadlineExceeded", "too late")
    pod_ = scorer_pod(phase="Succeeded", tests=OK + "1.0\n", lint=OK + "\n")
    assert scored(pod_, job_=late).status.score == 1.0


def test_a_lost_job_is_made_again_while_the_disk_is_there() -> None:
    decision = decide(Observed(finished("Completed", 0)), scoring())
    assert [made["metadata"]["name"] for made in decision.create] == ["r-score-dca76eb8"]
    assert not decision.write


def test_without_job_and_disk_there_is_nothing_to_score() -> None:
    failed(decide(Observed(), scoring()), "DevboxLost")


def test_a_score_needs_no_devbox_any_more() -> None:
    observed = Observed(None, jobs=[ScorerJob(job(), [scorer_pod(tests=OK + "1.0\n", lint=OK + "\n")])])
    assert decide(observed, scoring()).status.score == 1.0


# --- several Jobs: one for each class of egress ---


def two_jobs(first: list[Obj], second: list[Obj], *failure: str) -> RunDecision:
    """The decision with tests in the first Job, lint in the second; `failure` is the first one's."""
    other = job()
    other["metadata"]["name"] = "r-score-internet-dca76eb8"
    jobs = [ScorerJob(job(*failure), first), ScorerJob(other, second)]
    status = scoring()
    status.scorer_jobs = ["r-score-dca76eb8", "r-score-internet-dca76eb8"]
    return decide(Observed(finished("Completed", 0), jobs=jobs), status)


TESTS, LINT = scorer_pod(tests=OK + "0.5\n"), scorer_pod(lint=OK + "\n")


def test_scores_of_several_jobs_are_put_together() -> None:
    assert two_jobs([TESTS], [LINT]).status.score == 0.65
    for first, second in (([TESTS], []), ([], [LINT]), ([TESTS], [scorer_pod(lint=None)])):
        assert reported(two_jobs(first, second), "Complete") == ("False", "Scoring")


def test_a_job_may_fail_when_all_its_functions_have_ended() -> None:
    late = ("BackoffLimitExceeded", "a container ended with an error")
    assert reported(two_jobs([TESTS], [scorer_pod(lint=None)], *late), "Complete") == ("False", "Scoring")
    failed(two_jobs([scorer_pod(tests=None)], [LINT], *late), "ScorerFailed")


def test_only_the_lost_job_is_made_again() -> None:
    status = scoring()
    status.scorer_jobs = ["r-score-dca76eb8", "r-score-internet-dca76eb8"]
    other = job()
    other["metadata"]["name"] = "r-score-internet-dca76eb8"
    decision = decide(Observed(finished("Completed", 0), jobs=[ScorerJob(other, [LINT])]), status)
    assert [made["metadata"]["name"] for made in decision.create] == ["r-score-dca76eb8"]


def test_network_policies_come_before_the_scorers() -> None:
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "none"}}
    decision = decide(Observed(finished("Completed", 0), policies=[policy]))
    assert [made["kind"] for made in decision.create] == ["NetworkPolicy", "Job"]


# --- a full disk ---


@pytest.mark.parametrize(("percent", "is_reported"), [(98, False), (99, True), (100, True)])
@pytest.mark.parametrize("line", ["0.5", "no number"])
def test_a_full_disk_is_reported(percent: int, is_reported: bool, line: str) -> None:
    header = f"{OK.rstrip()} disk={percent}\n"
    decision = scored(scorer_pod(tests=f"{header}{line}\n", lint=OK + "\n"))
    assert decision.event is not None
    assert ("filled its disk" in decision.event.message) is is_reported
    assert decision.status.disk_used_percent == percent


def test_a_function_that_counts_as_zero_leaves_a_score() -> None:
    contract = pinned().scenario.scoring_contract.model_dump(by_alias=True, exclude_none=True)
    contract["scoringFunctions"][0]["onError"] = "Zero"
    decision = scored(scorer_pod(tests=OK + "no number\n", lint=OK + "\n"), scoringContract=contract)
    assert decision.status.score == 0.3
