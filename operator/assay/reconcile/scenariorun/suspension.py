"""A ScenarioRun that is suspended: no pods, and from where it goes on. No I/O.

What an agent has left stays, to be scored later. An agent that has not ended cannot be continued: its disk goes with
its pod, and it begins again on another.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, true
from assay.api.reasons import ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.api.unparsed import is_live
from assay.kube_object import KubeObject
from assay.reconcile.common.decision import news

from . import progress
from .observed import RunDecision, RunView, StartedRunView

_CURE = "set suspend: false for it to go on"
_NOT_STARTED = "the run has not started"
_BEGINS_AGAIN = "the agent had not ended: it begins again, on a fresh disk"
_SCORED_LATER = "the agent had ended: what it left is scored"


def suspend(view: RunView, status: ScenarioRunStatus) -> RunDecision:
    """End the pods of a run with this new status; its time stands still."""
    message = f"{_how_to_go_on(status)}; {_CURE}"
    restarts = (status.restarts or 0) + _interrupts(view, status)
    status = status.model_copy(
        update={"phase": "Suspended", "start_time": None, "restarts": restarts or None}
    )
    suspended = true(ConditionType.SUSPENDED, ScenarioRunReason.SUSPENDED, message)
    event = news(view.run, suspended)
    view.set(status, suspended, false(ConditionType.COMPLETE, ScenarioRunReason.SUSPENDED, message))
    return RunDecision(status, delete=_live(_leaving(view, status)), event=event)


def start(view: RunView) -> RunDecision | None:
    """The decision about a run that was suspended before it started; None: it was not."""
    if not conditions.is_true(view.run.status.conditions, ConditionType.SUSPENDED):
        return None
    return _resumed(view, view.run.status.model_copy())


def resume(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision | None:
    """The decision about a run that was suspended: it waits for what leaves, then goes on. None: it does already."""
    if not conditions.is_true(status.conditions, ConditionType.SUSPENDED):
        return None
    begins_again = _begins_again(status)
    if view.run.spec.suspend:
        # Nothing that its pods report on their way counts as an end of the agent.
        return RunDecision(status) if begins_again else None
    if begins_again and (leaving := _leaving(view, status)):
        return RunDecision(status, delete=_live(leaving), write=False)
    status = status.model_copy(update={"start_time": view.now})
    status.phase, doing = "Running", progress.first_work(view.pinned)
    if status.scorer_jobs:
        status.phase, doing = "Scoring", ScenarioRunReason.SCORING
    view.set(status, false(ConditionType.COMPLETE, doing))
    return _resumed(view, status)


def _resumed(view: RunView, status: ScenarioRunStatus) -> RunDecision:
    """What it does then is decided once this is written."""
    resumed = false(ConditionType.SUSPENDED, ScenarioRunReason.RESUMED, _how_to_go_on(status))
    view.set(status, resumed)
    return RunDecision(status, event=news(view.run, resumed), requeue=0)


def _how_to_go_on(status: ScenarioRunStatus) -> str:
    if status.pinned is None:
        return _NOT_STARTED
    return _BEGINS_AGAIN if _begins_again(status) else _SCORED_LATER


def _begins_again(status: ScenarioRunStatus) -> bool:
    """Whether the run has an agent that has not ended."""
    return status.pinned is not None and status.pinned.agent is not None and status.agent is None


def _interrupts(view: RunView, status: ScenarioRunStatus) -> bool:
    """Whether agent or functions, which may have begun, will begin again: told once, when the run is suspended."""
    if conditions.is_true(view.run.status.conditions, ConditionType.SUSPENDED):
        return False
    if _begins_again(status):
        return bool(view.observed.jobs or view.observed.devbox)
    return any(job.may_work for job in view.observed.jobs)


def _leaving(view: RunView, status: ScenarioRunStatus) -> list[KubeObject]:
    """What a run with this status is to be rid of while it is suspended."""
    observed = view.observed
    if not _begins_again(status):
        return [*observed.leftovers, *(job.obj for job in observed.jobs if job.may_work)]
    devbox = [observed.devbox.identity()] if observed.devbox else []
    claim = [observed.claim] if observed.claim else []
    return [*observed.leftovers, *devbox, *(job.obj for job in observed.jobs), *claim]


def _live(objects: Iterable[KubeObject]) -> list[KubeObject]:
    return [one for one in objects if is_live(one)]
