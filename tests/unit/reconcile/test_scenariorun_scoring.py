"""What is said and done about a run from scoring to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assay.reconcile import scenariorun
from assay.reconcile.scenariorun import Observed
from tests.unit.build.objects import pinned
from tests.unit.reconcile.runs import (
    NOW,
    OK,
    decide,
    failed,
    finished,
    job,
    said,
    scored,
    scorer_pod,
    scoring,
    status_of,
)

# --- scoring ---


@pytest.mark.parametrize("phase", ["Running", "Succeeded"])
def test_the_score_is_known_when_all_functions_have_ended(phase: str) -> None:
    outcome = scored(scorer_pod(phase=phase, tests=OK + "0.5\n", lint=OK + "\n"))
    status = status_of(outcome)
    assert (status.score, status.passed, status.phase) == (0.65, False, "Complete")
    assert said(outcome, "Complete") == ("True", "Scored")
    assert said(outcome, "Failed") is None
    assert [(s.name, s.score, s.weight) for s in status.scores or ()] == [
        ("tests", 0.5, 0.7),
        ("lint", 1.0, 0.3),
    ]
    assert scenariorun.is_finished(status)
    assert outcome.note is not None
    assert (outcome.note.type, outcome.note.reason) == ("Normal", "Scored")
    assert (outcome.delete, outcome.requeue) == ((), 0), "the score is written before anything is deleted"


@pytest.mark.parametrize(
    ("line", "threshold", "passed"),
    [("1.0", 1.0, True), ("0.999", 1.0, False), ("0.5", 0.65, True), ("0.49", 0.65, False)],
)
def test_passing(line: str, threshold: float, passed: bool) -> None:
    contract = pinned().scenario.scoring_contract.model_dump(by_alias=True, exclude_none=True)
    pod_ = scorer_pod(tests=f"{OK}{line}\n", lint=OK + "\n")
    outcome = scored(pod_, scoringContract={**contract, "passThreshold": threshold})
    assert status_of(outcome).passed is passed


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (OK + "no number\n", "NoScore"),
        (OK + "7\n", "ScoreOutOfRange"),
        ("assay/1 exit=137 timeout=1 seconds=300.00\n\n", "Timeout"),
        ((125, "Error", "assay-score: cannot mount"), "ScorerFailed"),
        ((137, "OOMKilled", ""), "OOMKilled"),
        ((0, "Completed", "1.0"), "ScorerFailed"),
    ],
    ids=["no score", "out of range", "timeout", "failed", "oom", "no header"],
)
def test_a_function_without_a_score_leaves_the_run_without_one(end: Any, reason: str) -> None:
    outcome = scored(
        scorer_pod(tests=OK + "1.0\n", lint=OK + "\n")
        if end is None
        else scorer_pod(tests=end, lint=OK + "\n")
    )
    assert failed(outcome, reason).startswith("scoring function tests: ")
    scores = status_of(outcome).scores
    assert scores is not None
    assert [score.state for score in scores] == ["Error", "Complete"]
    assert status_of(outcome).scores[1].score == 1.0  # type: ignore[index]


@pytest.mark.parametrize("phase", ["Pending", "Running"])
def test_a_function_that_still_runs_is_waited_for(phase: str) -> None:
    outcome = scored(scorer_pod(phase=phase, tests=OK + "1.0\n", lint=None))
    assert said(outcome, "Complete") == ("False", "Scoring")
    assert not scenariorun.is_finished(status_of(outcome))
    assert (outcome.create, outcome.delete) == ((), ())


def test_an_evicted_scorer_says_nothing_and_another_takes_over() -> None:
    evicted = scorer_pod("2026-01-02T10:01:00Z", phase="Failed", tests=(137, "Error", ""), lint=OK + "\n")
    evicted["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": "x"}]
    assert said(scored(evicted), "Complete") == ("False", "Scoring")
    second = scorer_pod("2026-01-02T10:02:00Z", tests=OK + "1.0\n", lint=OK + "\n")
    for order in ([evicted, second], [second, evicted]):
        assert status_of(scored(*order)).score == 1.0


def test_what_keeps_a_scorer_from_starting_is_said() -> None:
    waiting = scorer_pod(phase="Pending")
    message = {"reason": "ImagePullBackOff", "message": "Back-off"}
    waiting["status"]["containerStatuses"] = [{"name": "tests", "state": {"waiting": message}}]
    assert said(scored(waiting), "Complete") == ("False", "ImagePullBackOff")


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


def test_a_score_that_is_there_counts_even_if_the_job_failed_later() -> None:
    late = job("DeadlineExceeded", "too late")
    pod_ = scorer_pod(phase="Succeeded", tests=OK + "1.0\n", lint=OK + "\n")
    assert status_of(scored(pod_, job_=late)).score == 1.0


def test_a_lost_job_is_made_again_while_the_disk_is_there() -> None:
    outcome = decide(Observed(finished("Completed", 0), None, []), scoring())
    assert [made["metadata"]["name"] for made in outcome.create] == ["r-score"]
    assert not outcome.write


def test_without_job_and_disk_there_is_nothing_to_score() -> None:
    failed(decide(Observed(None, None, []), scoring()), "DevboxLost")


def test_a_score_needs_no_devbox_any_more() -> None:
    observed = Observed(None, job(), [scorer_pod(tests=OK + "1.0\n", lint=OK + "\n")])
    assert status_of(decide(observed, scoring())).score == 1.0


# --- cleaning up ---


@pytest.mark.parametrize(
    ("deleting", "keep_seconds", "deleted", "requeue"),
    [(False, 0, True, None), (True, 0, False, None), (False, 60, True, None), (False, 301, False, 1.0)],
    ids=["at once", "deleted already", "kept long enough", "kept for now"],
)
def test_the_devbox_of_a_finished_run_goes(
    deleting: bool, keep_seconds: int, deleted: bool, requeue: float | None
) -> None:
    devbox = finished("Completed", 0)
    if deleting:
        devbox["metadata"]["deletionTimestamp"] = "2026-01-02T10:04:00Z"
    status = status_of(scored(scorer_pod(tests=OK + "1.0\n", lint=OK + "\n")))
    later = NOW + timedelta(seconds=300)
    outcome = scenariorun.clean_up(status, Observed(devbox, job(), []), keep_seconds, later)
    assert list(outcome.delete) == ([devbox] if deleted else []), "pod, disk and Job are the devbox's"
    assert outcome.requeue == requeue
    assert not outcome.write


def test_a_finished_run_without_a_devbox_is_left_alone() -> None:
    status = status_of(scored(scorer_pod(tests=OK + "1.0\n", lint=OK + "\n")))
    outcome = scenariorun.clean_up(status, Observed(None, None, []), 0, NOW)
    assert (outcome.delete, outcome.create, outcome.write, outcome.requeue) == ((), (), False, None)
