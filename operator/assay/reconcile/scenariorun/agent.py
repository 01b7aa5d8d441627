"""How the agent of a ScenarioRun ended, wherever it worked. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.api.condition_types import ConditionType
from assay.api.conditions import true
from assay.api.reasons import EndReason, ScenarioRunReason
from assay.api.scenariorun import AgentResult, PinnedRun, ScenarioRunStatus
from assay.reconcile.common import node_words
from assay.reconcile.common.pod_view import Cause

from . import record
from .observed import StartedRunView
from .scorer_jobs import Failure

# An agent's own end is scored; an end that Kubernetes caused never is.
SCORED_ENDS = {EndReason.COMPLETED, EndReason.ERROR, EndReason.DEADLINE_EXCEEDED}


@dataclass(frozen=True, slots=True)
class AgentEnd:
    """How an agent ended."""

    cause: Cause
    exit_code: int | None = None
    output: str | None = None
    """The end of the output of an agent that failed. Written by the agent: never trusted."""
    started_at: datetime | None = None
    """None: it did not begin, or nobody knows."""
    finished_at: datetime | None = None


def report(view: StartedRunView, status: ScenarioRunStatus, end: AgentEnd) -> ScenarioRunStatus:
    """The status with the agent's result."""
    status = status.model_copy()
    status.agent = AgentResult(
        exit_code=end.exit_code,
        reason=end.cause.reason,
        message=end.output,
        start_time=end.started_at,
        finish_time=end.finished_at,
    )
    record.agent_ended(view, status)
    view.set(status, true(ConditionType.AGENT_FINISHED, *end.cause))
    return status


def failure(pinned: PinnedRun, end: AgentEnd) -> Failure | None:
    """Why the disk of an agent that has ended is not scored; None where it is."""
    reason, message = end.cause
    if reason not in SCORED_ENDS:
        return Failure(reason, message, node_words.known(reason).cure)
    if pinned.agent and pinned.agent.type == "Reference" and end.exit_code != 0:
        why = f"the reference output could not be applied: {end.output or message}"
        return Failure(ScenarioRunReason.REFERENCE_NOT_APPLIED, why)
    return None
