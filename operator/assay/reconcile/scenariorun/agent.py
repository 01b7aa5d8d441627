"""A ScenarioRun until there is a disk to score: its agent works, or a kept disk is restored. No I/O."""

from __future__ import annotations

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.devbox import Devbox
from assay.api.reasons import DevboxReason, EndReason, ForeignReason, ScenarioRunReason
from assay.api.scenariorun import AgentResult, PinnedRun, ScenarioRunStatus

from .observed import RunDecision, StartedRunView
from .scorer_jobs import Failure

# An agent's own end is scored; an end that Kubernetes caused never is.
SCORED_ENDS = {EndReason.COMPLETED, EndReason.ERROR, EndReason.DEADLINE_EXCEEDED}
# A devbox with these reasons is on its way, or at its end: the run has nothing to report of it.
_NO_TROUBLE = {DevboxReason.DEADLINE_EXCEEDED, DevboxReason.SUSPENDED}
# Ends that the devbox reports in its own words. Another end has a word of the kubelet.
_EXPLAINED_ENDS = (
    EndReason.OOM_KILLED,
    EndReason.LAUNCH_FAILED,
    EndReason.DISK_FULL,
    EndReason.NETWORK_OPEN,
    EndReason.BOOT_FAILED,
    EndReason.EVICTED,
    EndReason.POD_LOST,
)
_RUN_AGAIN = "The agent is not at fault: run it again."


def has_ended(pinned: PinnedRun, devbox: Devbox) -> bool:
    """Whether the agent has ended; of a run without an agent, whether the disk is restored."""
    type_ = ConditionType.FINISHED if pinned.agent else ConditionType.SUSPENDED
    return conditions.is_true(devbox.status.conditions, type_)


def wait(view: StartedRunView, status: ScenarioRunStatus, devbox: Devbox) -> RunDecision:
    """Report that the agent works, or what keeps its devbox from starting."""
    status = status.model_copy()
    ready = conditions.find(devbox.status.conditions, ConditionType.READY)
    if ready is None or ready.status == "True" or ready.reason in _NO_TROUBLE:
        doing = ScenarioRunReason.AGENT_WORKING if view.pinned.agent else ScenarioRunReason.RESTORING_DISK
        view.set(status, false(ConditionType.COMPLETE, doing))
    else:
        view.set(status, false(ConditionType.COMPLETE, ForeignReason(ready.reason), ready.message))
    return RunDecision(status)


def report(view: StartedRunView, status: ScenarioRunStatus, devbox: Devbox) -> ScenarioRunStatus:
    """The status with the devbox, and with the agent's result if there was an agent."""
    status = status.model_copy()
    status.devbox = devbox.name
    finished = conditions.find(devbox.status.conditions, ConditionType.FINISHED)
    if view.pinned.agent is None or finished is None:
        return status
    status.agent = AgentResult(
        exit_code=devbox.status.exit_code,
        reason=finished.reason,
        message=devbox.status.message,
        start_time=devbox.status.start_time,
        finish_time=devbox.status.finish_time,
    )
    view.set(status, true(ConditionType.AGENT_FINISHED, ForeignReason(finished.reason), finished.message))
    return status


def failure(pinned: PinnedRun, devbox: Devbox) -> Failure | None:
    """Why the disk of an agent that has ended is not scored; None where it is."""
    finished = conditions.find(devbox.status.conditions, ConditionType.FINISHED)
    if pinned.agent is None or finished is None:
        return None
    if finished.reason not in SCORED_ENDS:
        return Failure(ForeignReason(finished.reason), f"{finished.message}. {_cure(finished.reason)}")
    if pinned.agent.type == "Reference" and devbox.status.exit_code != 0:
        message = f"the reference output could not be applied: {devbox.status.message or finished.message}"
        return Failure(ScenarioRunReason.REFERENCE_NOT_APPLIED, message)
    return None


def _cure(reason: str) -> str:
    return next((end.cure for end in _EXPLAINED_ENDS if end == reason), _RUN_AGAIN)
