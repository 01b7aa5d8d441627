"""What a ScenarioRun under way does, or what it waits for. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from assay.api.condition_types import ConditionType
from assay.api.conditions import false
from assay.api.reasons import EndReason, ForeignReason, ScenarioRunReason
from assay.api.scenariorun import PinnedRun, ScenarioRunStatus
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.decision import ChildRejected, Event, news, waits
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold

from .observed import RunDecision, StartedRunView
from .scorer_jobs import ScorerJob


def first_work(pinned: PinnedRun) -> ScenarioRunReason:
    """What a run does until it is scored."""
    return ScenarioRunReason.AGENT_WORKING if pinned.agent else ScenarioRunReason.RESTORING_DISK


def report(
    view: StartedRunView,
    status: ScenarioRunStatus,
    doing: ScenarioRunReason,
    cause: Cause | None,
    requeue: float | None = None,
) -> RunDecision:
    """The decision to tell what the run does, or what it waits for; an Event tells each cause once.

    The phase is Pending while something keeps the agent from working; what keeps a scorer from it leaves it Scoring.
    """
    status, event = status.model_copy(), None
    why = Cause(ForeignReason(cause.reason), cause.message) if cause else Cause(doing, "")
    condition = false(ConditionType.COMPLETE, *why)
    if not status.scorer_jobs:
        status.phase = "Pending" if cause else "Running"
    if cause:
        is_queued = cause.reason == ScenarioRunReason.JOB_SUSPENDED
        event = news(view.run, condition) if is_queued else waits(view.run, condition)
    view.set(status, condition)
    return RunDecision(status, event=event, requeue=requeue)


def in_queue(jobs: Iterable[ScorerJob]) -> Hold | None:
    """What the run waits for if something else has suspended a Job of it: Kueue does so until there is room."""
    job = next((job for job in jobs if job.is_suspended), None)
    if job is None:
        return None
    message = f"Job {job.name} is suspended; what suspended it, such as Kueue, resumes it"
    return Hold(Cause(ScenarioRunReason.JOB_SUSPENDED, message))


async def rejected(view: StartedRunView, status: ScenarioRunStatus, why: ChildRejected) -> RunDecision:
    """The decision if the API server refuses what the agent is to work in."""
    cause = Cause(why.reason, why.message)
    return report(view, status, ScenarioRunReason.AGENT_WORKING, cause, RETRY_SECONDS)


def agent_ended(view: StartedRunView, status: ScenarioRunStatus) -> Event | None:
    """The Event that tells how the agent ended whose disk is about to be scored, and how long it worked.

    An agent that succeeded is no news: the score follows, and each Event costs every run a write.
    """
    agent = status.agent
    if agent is None or agent.reason is None or agent.reason == EndReason.COMPLETED:
        return None
    code = "" if agent.exit_code is None else f" with exit code {agent.exit_code}"
    seconds = (
        f" after {(agent.finish_time - agent.start_time).total_seconds():.0f} s"
        if agent.start_time and agent.finish_time
        else ""
    )
    return Event(
        "Normal", ForeignReason(agent.reason), f"the agent ended{code}{seconds}: what it left is scored"
    )
