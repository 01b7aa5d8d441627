"""A ScenarioRun from the end of its agent to its score. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import false
from assay.api.reasons import PodReason, RejectionReason, ScenarioRunReason, ScoreReason
from assay.api.scenariorun import FunctionScore, ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.score import reaches, total
from assay.reconcile.common.start_looks import trouble
from assay.specs import run_tries

from . import progress, record, score_report, scorer_jobs, scorers
from .ending import complete
from .function_score import function_score
from .observed import RunDecision, StartedRunView
from .retry import unscored
from .scorer_jobs import Failure

DISK_FULL_PERCENT = 99
_NOT_THE_AGENTS = (
    *RejectionReason,
    PodReason.UNSCHEDULABLE,
    PodReason.ERR_IMAGE_PULL,
    PodReason.IMAGE_PULL_BACK_OFF,
    PodReason.ERR_IMAGE_NEVER_PULL,
)
"""What can keep a scorer from starting that nothing on the agent's disk can bring about."""
Ends: TypeAlias = Mapping[str, pod_view.Terminated]
"""How functions ended, by name."""


def begin(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Create scorer Jobs for the functions that do not work in the agent's pod: the kubelet has begun the others."""
    status = status.model_copy()
    status.phase, status.scoring_start_time = "Scoring", view.now
    apart = scorers.apart(view)
    own = [run_tries.name(view.run)] if view.pinned.same_pod else []
    status.scorer_jobs = [*own, *apart.names(view.run)]
    view.set(status, false(ConditionType.COMPLETE, ScenarioRunReason.SCORING))
    decision = scorers.create(view, status, apart) if apart.functions else decide(view, status)
    decision.event = decision.event or progress.agent_ended(view, status)
    return decision


def decide(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Score the run once all functions have ended; until then report how the scorers are."""
    functions = view.pinned.scenario.scoring_contract.scoring_functions
    jobs = {job.name: job for job in view.observed.jobs if job.name in (status.scorer_jobs or ())}
    by_job = {name: scorer_jobs.ends(job, functions) for name, job in jobs.items()}
    ends = {name: end for those in by_job.values() for name, end in those.items()}
    if len(ends) == len(functions):
        return _score(view, status, ends)
    if scorers.is_agents_pod_lost(view, status) and not by_job.get(run_tries.name(view.run)):
        return scorers.score_again(view, status)
    # A Job whose functions have all reported may fail: another Job still works.
    unreported = [job for name, job in jobs.items() if not by_job[name]]
    if failure := next((why for job in unreported if (why := scorer_jobs.failure(job))), None):
        return unscored(view, status, _held_up(view, failure))
    if lost := set(status.scorer_jobs or ()) - by_job.keys():
        return scorers.create_missing(view, status, lost)
    return _wait(view, status)


def _held_up(view: StartedRunView, failure: Failure) -> Failure:
    """The failure, or what kept the scorer from starting: the Job has deleted its pod, so only the status still says.

    No agent has a hand in that.
    """
    told = conditions.find(view.run.status.conditions, ConditionType.COMPLETE)
    if failure.reason != ScenarioRunReason.SCORING_DEADLINE_EXCEEDED or told is None:
        return failure
    if told.reason not in _NOT_THE_AGENTS:
        return failure
    message = f"the scorer's pod did not start in time: {told.reason}: {told.message}"
    return Failure(ScenarioRunReason.SCORER_NOT_STARTED, message)


def _score(view: StartedRunView, status: ScenarioRunStatus, ends: Ends) -> RunDecision:
    status, contract = status.model_copy(), view.pinned.scenario.scoring_contract
    status.scores = [
        _placed(view, status, function_score(f, ends[f.name])) for f in contract.scoring_functions
    ]
    record.scored(view, status, ends.values())
    percents = [percent for end in ends.values() if (percent := score_report.disk_percent(end)) is not None]
    status.disk_used_percent = max(percents, default=None)
    is_full = (status.disk_used_percent or 0) >= DISK_FULL_PERCENT and view.pinned.agent is not None
    also = "; the agent filled its disk: see environment.disk.size" if is_full else ""
    if failed := next((one for one in status.scores if one.score is None), None):
        reason = next((one for one in ScoreReason if one == failed.reason), ScoreReason.SCORER_FAILED)
        message = f"scoring function {failed.name}: {failed.message or reason}{also}"
        return unscored(view, status, Failure(reason, message))
    status.score = total(status.scores)
    status.passed = reaches(status.score, contract.pass_threshold)
    verdict = "passed" if status.passed else "not passed"
    message = f"score {status.score:g}, {verdict} (threshold {contract.pass_threshold:g}){also}"
    return complete(view, status, message)


def _placed(view: StartedRunView, status: ScenarioRunStatus, score: FunctionScore) -> FunctionScore:
    """The score with where its function worked."""
    own, jobs = run_tries.name(view.run), status.scorer_jobs or ()
    is_beside = score.name in (view.pinned.same_pod or ()) and own in jobs
    return score.model_copy(update={"placement": "SamePod" if is_beside else "OwnPod"})


def _wait(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Report that the scorers work, or what keeps one of them from starting."""
    functions = view.pinned.scenario.scoring_contract.scoring_functions
    jobs = [job for job in view.observed.jobs if job.name in (status.scorer_jobs or ())]
    pod = scorer_jobs.troubled_pod(jobs, functions)
    held = progress.in_queue(jobs) or trouble(pod, view.observed.hold, view.now)
    if held.cause is None and any(not job.pods and not job.has_ended for job in jobs):
        # A Job whose time is over deletes its pod before it says so: what kept the pod from starting has to stay.
        return RunDecision(status, requeue=held.look_again)
    return progress.report(view, status, ScenarioRunReason.SCORING, held.cause, held.look_again)
