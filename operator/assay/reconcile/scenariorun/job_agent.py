"""A ScenarioRun whose agent works in the run's own Job, until the agent has ended. No I/O."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import timedelta

from assay.api.condition_types import ConditionType
from assay.api.reasons import EndReason, ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.api.unparsed import holds
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.command_end import BACKSTOP, command_end, stopped
from assay.reconcile.common.pod_view import OUTPUT_MAX, Cause, PodView
from assay.reconcile.common.start_looks import trouble
from assay.specs import devbox_container, run_job

from . import agent, progress, scoring
from .agent import AgentEnd
from .observed import RunDecision, StartedRunView
from .retry import unscored
from .scorer_jobs import ScorerJob, is_without_sandbox


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
        return unscored(view, status, failure)
    return scoring.begin(view, status)


def end_of(view: StartedRunView, job: ScorerJob) -> AgentEnd | None:
    """How the agent ended; None while it may still work."""
    pod = job.newest_pod
    if pod is None:
        return _without_pod(view, job)
    seen = pod_view.view(pod, devbox_container.CONTAINER)
    ended = _by_itself(view, seen)
    if ended:
        return ended
    if job.is_suspended and seen.started_at:
        why = "something else suspended the Job of the run, such as Kueue, while its agent worked"
        return AgentEnd(Cause(EndReason.PREEMPTED, why), started_at=seen.started_at)
    if seen.killed_by:
        return AgentEnd(_cause(view, seen, seen.killed_by), started_at=seen.started_at)
    if seen.terminated or seen.ended:
        why = "the pod was deleted, or its node restarted, while its agent worked"
        return AgentEnd(Cause(EndReason.POD_LOST, why), started_at=seen.started_at)
    if _seconds_left(view, seen) == 0.0:
        return AgentEnd(stopped(view.pinned.scenario.timeouts.agent_seconds), started_at=seen.started_at)
    return None


def _by_itself(view: StartedRunView, seen: PodView) -> AgentEnd | None:
    """How the agent ended by itself, or by its time limit; None if it has not, or was perhaps stopped with its pod."""
    if seen.terminated is None:
        return None
    ended = command_end(seen.terminated, "Overlay", view.pinned.scenario.timeouts.agent_seconds)
    is_taken_away = seen.deleting or bool(seen.killed_by)
    if ended.was_stopped and (is_taken_away or is_without_sandbox(seen.obj)):
        return None
    if is_taken_away and not ended.is_reported:
        return None
    output = (view.observed.output or ended.message)[-OUTPUT_MAX:] or None
    return AgentEnd(ended.cause, ended.exit_code, output, seen.started_at, seen.terminated.finished_at)


def _seconds_left(view: StartedRunView, seen: PodView) -> float | None:
    """Seconds until the operator stops an agent that the runner should have stopped; None: it has not begun."""
    if seen.started_at is None or seen.deleting:
        return None
    limit = timedelta(seconds=view.pinned.scenario.timeouts.agent_seconds) + BACKSTOP
    return max(0.0, (seen.started_at + limit - view.now).total_seconds())


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


def _without_pod(view: StartedRunView, job: ScorerJob) -> AgentEnd | None:
    """The pod is not there yet, or is gone: its Job has ended then, because it never replaces a pod."""
    if not job.has_ended:
        return None
    claim, status = view.observed.claim, job.obj.get("status") or {}
    is_bound = claim is not None and (claim.get("status") or {}).get("phase") == "Bound"
    began = pod_view.timestamp(status.get("startTime")) if is_bound else None
    if holds(job.obj, ConditionType.COMPLETE):  # functions have ended, so the agent had, by itself
        why = "the agent ended; its pod is gone, so how is not known"
        return AgentEnd(Cause(EndReason.COMPLETED, why), started_at=began)
    return AgentEnd(Cause(EndReason.POD_LOST, "the pod was deleted while its agent worked"), started_at=began)


def _create(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    observed = view.observed
    if missing := observed.missing_snapshot:
        why = Cause(missing.reason, missing.message)
        return progress.report(view, status, ScenarioRunReason.AGENT_WORKING, why, missing.retry)
    job = run_job.job(view.run, view.pinned, view.settings)
    # There is nothing to report yet: the status says that the agent works.
    return RunDecision(
        status,
        create=[*observed.policies, *_missing_claim(view), job],
        patch=observed.outdated_policies,
        write=False,
        on_rejection=functools.partial(progress.rejected, view, status),
    )


def _missing_claim(view: StartedRunView) -> list[KubeObject]:
    """The claim, if there is none."""
    observed = view.observed
    if observed.claim or observed.missing_snapshot:
        return []
    return [run_job.claim(view.run, view.pinned, view.settings, observed.snapshot)]


def _wait(view: StartedRunView, status: ScenarioRunStatus, job: ScorerJob) -> RunDecision:
    """Report that the agent works, or what keeps its pod from being created or started."""
    pod = job.newest_pod
    seen = pod_view.view(pod, devbox_container.CONTAINER) if pod else None
    held = progress.in_queue([job]) or trouble(seen, view.observed.hold, view.now)
    again = _seconds_left(view, seen) if seen and seen.started_at else held.look_again
    decision = progress.report(view, status, ScenarioRunReason.AGENT_WORKING, held.cause, again)
    if seen and seen.started_at:
        return decision
    blocked = functools.partial(progress.rejected, view, status)
    return replace(decision, create=_missing_claim(view), on_rejection=blocked)
