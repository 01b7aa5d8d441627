"""A ScenarioRun with a devbox until there is a disk to score: its agent works, or a kept disk is restored. No I/O."""

from __future__ import annotations

import functools

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.reasons import DevboxReason, ForeignReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common import node_words
from assay.reconcile.common.pod_view import Cause
from assay.specs import devbox as devbox_spec

from . import agent, progress, scoring
from .agent import AgentEnd
from .observed import RunDecision, StartedRunView
from .retry import unscored

# A devbox with these reasons is on its way, or at its end: the run has nothing to report of it.
_NO_TROUBLE = {DevboxReason.DEADLINE_EXCEEDED, DevboxReason.SUSPENDED}


def decide(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Create the devbox; once its agent has ended, score what it left."""
    devbox = view.observed.devbox
    if devbox is None:
        return RunDecision(
            status,
            create=[devbox_spec.devbox(view.run, view.pinned)],
            write=False,
            on_rejection=functools.partial(progress.rejected, view, status),
        )
    type_ = ConditionType.FINISHED if view.pinned.agent else ConditionType.SUSPENDED
    if not conditions.is_true(devbox.status.conditions, type_):
        return _wait(view, status, devbox)
    status = status.model_copy(update={"devbox": devbox.name})
    if view.pinned.agent:
        end = _end(devbox)
        status = agent.report(view, status, end)
        if failure := agent.failure(view.pinned, end):
            return unscored(view, status, failure)
    return scoring.begin(view, status)


def _wait(view: StartedRunView, status: ScenarioRunStatus, devbox: Devbox) -> RunDecision:
    """Report that the agent works, or what keeps its devbox from starting."""
    ready = conditions.find(devbox.status.conditions, ConditionType.READY)
    doing = progress.first_work(view.pinned)
    if ready is None or ready.status == "True" or ready.reason in _NO_TROUBLE:
        return progress.report(view, status, doing, None)
    return progress.report(view, status, doing, Cause(ForeignReason(ready.reason), ready.message))


def _end(devbox: Devbox) -> AgentEnd:
    status = devbox.status
    finished = conditions.find(status.conditions, ConditionType.FINISHED)
    assert finished is not None  # the caller has seen that the condition holds
    return AgentEnd(
        cause=Cause(node_words.known(finished.reason), finished.message),
        exit_code=status.exit_code,
        output=status.message,
        started_at=status.start_time,
        finished_at=status.finish_time,
    )
