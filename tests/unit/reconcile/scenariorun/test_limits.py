"""A run that is canceled, or whose time is over, before it has a score."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.reasons import ForeignReason, RejectionReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold
from assay.reconcile.scenariorun import limits
from assay.reconcile.scenariorun.observed import Observed, RunDecision, StartedRunView
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
    same_pod,
    working,
)
from tests.unit.reconcile.runs import (
    BOX,
    RESCORE,
    after,
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
from tests.unit.specs.objects import SETTINGS, Obj

NOT_STARTED = own_job(pod(None))
CANCEL: dict[str, Any] = {"cancel": True}
LIMIT = SETTINGS.provisioning_seconds


def queued(*pods: Obj) -> ScorerJob:
    """The run's Job while something else suspends it."""
    found = own_job(*pods, end="Suspended")
    del found.obj["status"]["startTime"]
    return found


# --- cancel ---


@pytest.mark.parametrize(
    "jobs",
    [[], [NOT_STARTED], [working()], [SCORING], [queued()]],
    ids=["nothing is there", "its pod waits", "its agent works", "it is scored", "in a queue"],
)
def test_a_run_that_is_canceled_fails_at_once_and_makes_nothing(jobs: list[ScorerJob]) -> None:
    decision = about(*jobs, **CANCEL)
    failed(decision, "Canceled")
    assert not decision.create
    assert not decision.patch


def test_a_run_whose_score_is_there_has_it_though_it_is_canceled_at_that_moment() -> None:
    decision = about(SCORED, **CANCEL)
    assert reported(decision, "Complete") == ("True", "Scored")
    assert decision.status.score == 0.65


def test_a_run_that_is_canceled_says_how_its_agent_ended_if_it_has() -> None:
    agent = about(SCORING, **CANCEL).status.agent
    assert agent is not None
    assert agent.reason == "Completed"
    assert about(working(), **CANCEL).status.agent is None


def test_a_run_that_is_canceled_before_it_starts_needs_nothing_to_fail() -> None:
    view = ended_view(ScenarioRunStatus(), Observed(), **CANCEL)
    decision = limits.before_start(view)
    assert decision is not None
    failed(decision, "Canceled")
    assert limits.before_start(ended_view(ScenarioRunStatus(), Observed())) is None


def test_a_run_that_is_canceled_while_it_is_suspended_ends() -> None:
    failed(about(working(), cancel=True, suspend=True), "Canceled")


# --- what becomes of its pods ---


@pytest.mark.parametrize("spec", [{}, {"keepDevbox": {"when": "Always"}}], ids=["", "its disk is opened"])
def test_pods_of_a_run_that_was_canceled_end_at_once_however_long_others_are_kept(spec: Obj) -> None:
    canceled = about(working(), **CANCEL).status
    observed = Observed(claim=CLAIM, jobs=[working()])
    first = after(canceled, observed, keep_seconds=600, **spec)
    assert list(first.delete) == [working().obj]
    assert not first.create


def test_its_disk_goes_once_the_pods_have() -> None:
    canceled = about(working(), **CANCEL).status
    assert list(after(canceled, Observed(claim=CLAIM), keep_seconds=600).delete) == [CLAIM]


def test_its_disk_is_opened_once_the_pods_have_gone() -> None:
    canceled = about(working(), **CANCEL).status
    opened = after(canceled, Observed(claim=CLAIM), keepDevbox={"when": "Always"})
    assert [made["kind"] for made in opened.create] == ["Devbox"]


def test_the_devbox_of_a_canceled_agent_goes_at_once() -> None:
    canceled = decide(Observed(box("running")), begun(), **CANCEL).status
    assert [one["kind"] for one in after(canceled, Observed(box("running")), keep_seconds=600).delete] == [
        "Devbox"
    ]


def test_what_an_agent_left_is_kept_though_its_scoring_was_canceled() -> None:
    decision = about(SCORING, snapshotPolicy="Always", **CANCEL)
    failed(decision, "Canceled")
    assert decision.optional is not None
    assert decision.optional.manifest["kind"] == "DiskSnapshot"
    assert about(working(), snapshotPolicy="Always", **CANCEL).optional is None


def test_pods_of_a_run_that_ended_by_itself_stay_as_long_as_is_set() -> None:
    scored = about(SCORED).status
    assert not after(scored, Observed(claim=CLAIM, jobs=[SCORED]), keep_seconds=600).delete


# --- its own deadline ---


def test_a_run_without_a_score_at_its_deadline_fails() -> None:
    message = failed(about(working(), activeDeadlineSeconds=300), "RunDeadlineExceeded")
    assert "activeDeadlineSeconds (300 s)" in message
    failed(about(SCORING, activeDeadlineSeconds=300), "RunDeadlineExceeded")
    assert about(SCORED, activeDeadlineSeconds=300).status.score == 0.65


def test_it_is_looked_at_at_its_deadline() -> None:
    assert about(working(), activeDeadlineSeconds=302).requeue == 2
    assert about(SCORING, activeDeadlineSeconds=302).requeue == 2


def test_an_agent_that_had_not_begun_by_then_is_not_to_blame() -> None:
    hold = Hold(Cause(ForeignReason("FailedMount"), "no such Secret"), 15.0)
    decision = about(NOT_STARTED, activeDeadlineSeconds=300, seen={"hold": hold})
    message = failed(decision, "ProvisioningDeadlineExceeded")
    assert "activeDeadlineSeconds (300 s)" in message
    assert "FailedMount: no such Secret" in message


def test_the_deadline_of_a_run_in_a_queue_holds() -> None:
    failed(about(queued(), activeDeadlineSeconds=300), "ProvisioningDeadlineExceeded")


# --- provisioning ---


def late(minutes: float = LIMIT / 60) -> ScenarioRunStatus:
    """The status of a run that started so long ago that its agent should have begun."""
    return begun(minutes)


def since_long(found: ScorerJob) -> ScorerJob:
    """The Job, begun as long ago."""
    start = "2026-01-02T06:00:00Z"
    return ScorerJob({**found.obj, "status": {**found.obj["status"], "startTime": start}}, found.pods, "r")


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (Hold(Cause(RejectionReason.QUOTA_EXCEEDED, "pods: 0")), "QuotaExceeded: pods: 0"),
        (Hold(), "nothing says why"),
    ],
)
def test_a_run_whose_agent_does_not_begin_fails_with_what_it_waits_for(hold: Hold, words: str) -> None:
    decision = about(since_long(own_job()), status=late(), seen={"hold": hold})
    message = failed(decision, "ProvisioningDeadlineExceeded")
    assert f"settings.provisioningSeconds ({LIMIT} s)" in message
    assert words in message


def test_a_run_whose_claim_or_job_is_refused_fails_with_the_words_of_the_refusal() -> None:
    status = late()
    refused = conditions.false(ConditionType.COMPLETE, RejectionReason.FORBIDDEN, "the webhook says no")
    status.conditions = conditions.put(
        status.conditions, refused, 1, status.conditions[0].last_transition_time
    )
    decision = about(status=status)
    assert "Forbidden: the webhook says no" in failed(decision, "ProvisioningDeadlineExceeded")
    assert not decision.create


@pytest.mark.parametrize("found", [own_job(), NOT_STARTED], ids=["no pod", "a pod that waits"])
def test_the_time_is_that_of_the_job(found: ScorerJob) -> None:
    decision = about(found, status=late())
    assert reported(decision, "Failed") is None, "it began 270 s ago, whenever the run did"
    assert decision.requeue == LIMIT - 270


def test_an_agent_that_has_begun_has_its_own_time() -> None:
    begun_at = "2026-01-02T10:04:00Z"
    assert reported(about(since_long(working(begun=begun_at)), status=late()), "Failed") is None
    assert reported(about(since_long(SCORING), status=late()), "Failed") is None


def test_waiting_in_a_queue_is_no_provisioning_and_is_told() -> None:
    decision = about(queued(), status=late())
    assert reported(decision, "Complete") == ("False", "JobSuspended")
    assert decision.status.phase == "Pending"
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Normal", "JobSuspended")
    scorer = ScorerJob({**job(), "status": {"conditions": queued().obj["status"]["conditions"]}})
    waits = decide(Observed(BOX, jobs=[scorer]), scoring())
    assert reported(waits, "Complete") == ("False", "JobSuspended")


def with_devbox(devbox: Any, **spec: Any) -> RunDecision:
    return decide(Observed(devbox), late(), **spec)


def test_a_devbox_has_to_begin_as_well() -> None:
    message = failed(with_devbox(box("unschedulable")), "ProvisioningDeadlineExceeded")
    assert "Unschedulable" in message
    failed(with_devbox(None), "ProvisioningDeadlineExceeded")
    assert reported(with_devbox(box("running")), "Failed") is None
    lost = restored(reason="DiskSnapshotNotReady", message="not yet")
    assert "not yet" in failed(with_devbox(lost, **RESCORE), "ProvisioningDeadlineExceeded")


def test_a_scorer_that_does_not_begin_is_not_the_agents_pod() -> None:
    status = scoring().model_copy(update={"start_time": late().start_time})
    waits = decide(Observed(BOX, jobs=[ScorerJob(job(), [scorer_pod(tests=None, lint=None)])]), status)
    assert reported(waits, "Failed") is None


def test_a_run_that_is_scored_in_another_pod_has_begun() -> None:
    status = about(SCORING, status=late()).status
    again = about(status=status)
    assert [made["kind"] for made in again.create] == ["Job"]
    assert reported(about(status=again.status), "Failed") is None


def test_without_a_limit_a_run_waits() -> None:
    view = ended_view(late(), Observed(claim=CLAIM, jobs=[since_long(own_job())]))
    unlimited = StartedRunView(
        view.run, view.observed, SETTINGS.replace(provisioning_seconds=0), view.now, same_pod()
    )
    step = RunDecision(late())
    assert limits.within(unlimited, step) is step
    assert step.requeue is None


# --- tries ---

AGAIN: dict[str, Any] = {"retry": {"limit": 10}}
OLD: Obj = {"kind": "Job", "metadata": {"name": "r-of-before"}}


def test_a_try_whose_agent_does_not_begin_is_lost() -> None:
    found = since_long(own_job())
    decision = about(found, status=late(), **AGAIN)
    assert reported(decision, "Complete") == ("False", "Retrying")
    assert [one.reason for one in decision.status.lost_tries or ()] == ["ProvisioningDeadlineExceeded"]
    assert list(decision.delete) == [found.obj, CLAIM]


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
def test_each_try_has_its_own_time_to_begin_from_when_it_is_due(placement: str) -> None:
    status = late().model_copy(update={"lost_tries": lost("NodeLost", seconds=60)})
    if placement == "SamePod":
        decision = about(status=status, seen={"claim": None}, **AGAIN)
    else:
        decision = decide(Observed(box(None)), status, **AGAIN)
    assert reported(decision, "Failed") is None
    assert decision.requeue == LIMIT - 50, "it was due ten seconds after the end of the lost one"


def test_the_time_to_begin_of_a_later_try_is_over_as_well() -> None:
    status = begun(600).model_copy(update={"lost_tries": lost("NodeLost", seconds=LIMIT + 10)})
    second = about(status=status, seen={"claim": None}, **AGAIN)
    reasons = [one.reason for one in second.status.lost_tries or ()]
    assert reasons == ["NodeLost", "ProvisioningDeadlineExceeded"]


@pytest.mark.parametrize("jobs", [[], [NOT_STARTED], [working()], [SCORING]])
@pytest.mark.parametrize("spec", [CANCEL, {"activeDeadlineSeconds": 300}], ids=["canceled", "deadline"])
def test_what_ends_a_run_as_a_whole_loses_no_try(jobs: list[ScorerJob], spec: Obj) -> None:
    decision = about(*jobs, **spec, **AGAIN)
    assert decision.status.phase == "Failed"
    assert decision.status.lost_tries is None


@pytest.mark.parametrize(
    ("spec", "reason"),
    [(CANCEL, "Canceled"), ({"activeDeadlineSeconds": 300}, "ProvisioningDeadlineExceeded")],
)
def test_a_run_ends_while_its_next_try_is_not_due(spec: Obj, reason: str) -> None:
    status = begun().model_copy(update={"lost_tries": lost("NodeLost")})
    decision = about(status=status, seen={"claim": None, "leftovers": [OLD]}, **spec, **AGAIN)
    failed(decision, reason)
    assert len(decision.status.lost_tries or ()) == 1
    assert not decision.create
    left = Observed(leftovers=[OLD])
    assert list(after(decision.status, left, keep_seconds=600).delete) == [OLD]


def test_what_is_left_of_an_earlier_try_goes_with_the_pods_of_a_canceled_run() -> None:
    status = begun().model_copy(update={"lost_tries": lost("NodeLost", seconds=60)})
    canceled = about(working(), status=status, **CANCEL).status
    observed = Observed(claim=CLAIM, jobs=[working()], leftovers=[OLD])
    assert list(after(canceled, observed).delete) == [OLD, working().obj]


def test_a_run_whose_try_is_lost_when_it_is_canceled_promises_no_devbox() -> None:
    gone = own_job(pod(ended("unable to freeze", 128, "StartError"), phase="Failed"))
    message = failed(about(gone, keepDevbox={"when": "Always"}, **CANCEL, **AGAIN), "Canceled")
    assert "its devbox stays" not in message
    kept = failed(about(working(), keepDevbox={"when": "Always"}, **CANCEL, **AGAIN), "Canceled")
    assert "its devbox stays" in kept


def test_a_try_whose_pod_is_gone_was_lost_by_that_though_provisioning_would_have_ended_since() -> None:
    gone = own_job(end="Failed")
    gone.obj["status"]["startTime"] = "2026-01-01T10:00:00Z"  # a day ago
    decision = about(gone, status=begun(minutes=LIMIT / 60 + 10), retry={"limit": 1})
    assert [one.reason for one in decision.status.lost_tries or ()] == ["PodLost"]
