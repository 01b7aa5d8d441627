"""A ScenarioRun whose agent works in the run's own Job, until the agent has ended. No I/O."""

from __future__ import annotations

from assay.api.condition_types import ConditionType
from assay.api.conditions import false
from assay.api.reasons import EndReason, ForeignReason, ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.command_end import command_end, stopped
from assay.reconcile.common.pod_view import OUTPUT_MAX, Cause, PodView
from assay.specs import devbox_container, run_job

from . import agent, scoring
from .agent import AgentEnd
from .ending import fail
from .observed import RunDecision, StartedRunView
from .scorer_jobs import ScorerJob, has_begun


def decide(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Create claim and Job; once the agent has ended, score what it left."""
    job = view.observed.own_job
    if job is None:
        return _create(view, status)
    end = end_of(view, job)
    if end is None:
        return _wait(view, status, job)
    status = agent.report(view, status, end)
    if failure := agent.failure(view.pinned, end):
        return fail(view, status, failure)
    return scoring.begin(view, status)


def end_of(view: StartedRunView, job: ScorerJob) -> AgentEnd | None:
    """How the agent ended; None while it may still work."""
    pod = job.newest_pod
    if pod is None:
        return _without_pod(job)
    seen = pod_view.view(pod, devbox_container.CONTAINER)
    is_by_itself = has_begun(pod, view.pinned.same_pod or ())
    if seen.terminated and (is_by_itself or not (seen.deleting or seen.killed_by)):
        return _ended(view, seen, seen.terminated)
    if seen.killed_by:
        return AgentEnd(_cause(view, seen, seen.killed_by), started_at=seen.started_at)
    if seen.ended:
        return AgentEnd(
            Cause(EndReason.POD_LOST, "the pod ended before its agent had ended"), started_at=seen.started_at
        )
    return None


def _ended(view: StartedRunView, seen: PodView, end: pod_view.Terminated) -> AgentEnd:
    exit_code, cause, message = command_end(end, "Overlay", view.pinned.scenario.timeouts.agent_seconds)
    output = view.observed.output or message
    return AgentEnd(cause, exit_code, output[-OUTPUT_MAX:] or None, seen.started_at, end.finished_at)


def _cause(view: StartedRunView, seen: PodView, killed_by: Cause) -> Cause:
    """The pod's deadline is a backstop: an agent that has had its time is stopped by it, any other is lost."""
    if killed_by.reason != EndReason.DEADLINE_EXCEEDED:
        return killed_by
    seconds = view.pinned.scenario.timeouts.agent_seconds
    if seen.started_at and (view.now - seen.started_at).total_seconds() >= seconds:
        return stopped(seconds)
    return Cause(
        EndReason.POD_LOST, f"the pod's deadline came before its agent had its time: {killed_by.message}"
    )


def _without_pod(job: ScorerJob) -> AgentEnd | None:
    """The pod is not there yet, or was deleted: its Job has failed then, because it never replaces a pod."""
    if not job.has_failed:
        return None
    began = pod_view.timestamp((job.obj.get("status") or {}).get("startTime"))
    return AgentEnd(Cause(EndReason.POD_LOST, "the pod was deleted while its agent worked"), started_at=began)


def _create(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    observed = view.observed
    if missing := observed.missing_snapshot:
        status = status.model_copy()
        view.set(status, false(ConditionType.COMPLETE, missing.reason, missing.message))
        return RunDecision(status, requeue=missing.retry)
    claim = run_job.claim(view.run, view.pinned, view.settings, observed.snapshot)
    job = run_job.job(view.run, view.pinned, view.settings)
    # There is nothing to report yet: the status says that the agent works.
    create = [*observed.policies, *([] if observed.claim else [claim]), job]
    return RunDecision(status, create=create, patch=observed.outdated_policies, write=False)


def _wait(view: StartedRunView, status: ScenarioRunStatus, job: ScorerJob) -> RunDecision:
    """Report that the agent works, or what keeps its pod from being created or started."""
    status, pod = status.model_copy(), job.newest_pod
    seen = pod_view.view(pod, devbox_container.CONTAINER) if pod else None
    trouble = seen.trouble if seen else view.observed.refusal
    if seen and trouble and (wait := pod_view.patience_left(seen, view.now)):
        return RunDecision(status, write=False, requeue=wait)
    if trouble:
        view.set(status, false(ConditionType.COMPLETE, ForeignReason(trouble.reason), trouble.message))
    else:
        view.set(status, false(ConditionType.COMPLETE, ScenarioRunReason.AGENT_WORKING))
    return RunDecision(status, requeue=None if pod else view.observed.look_again)
