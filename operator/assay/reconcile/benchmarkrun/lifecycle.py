"""What ends or holds up a BenchmarkRun: it is canceled, its time is over, or it is suspended. No I/O.

Its ScenarioRuns have the same fields, and follow: it sets them in those that are unfinished.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunStatus
from assay.api.condition_types import ConditionType
from assay.api.conditions import false, set_condition, true
from assay.api.reasons import BenchmarkRunReason
from assay.kube_object import KubeObject
from assay.reconcile.common.decision import Decision, news

from .end import agents_failed, fail
from .summary import counting

_CURE = "set suspend: false for it to go on"


class Stop(NamedTuple):
    """Why a BenchmarkRun ends before all its ScenarioRuns have."""

    reason: BenchmarkRunReason
    message: str


def decide(
    run: BenchmarkRun, summary: BenchmarkRunStatus, unfinished: Sequence[KubeObject], now: datetime
) -> Decision | None:
    """The decision about a run that is to end, to wait or to go on again; None: it goes on."""
    if why := stop_of(run, now):
        return _stop(run, summary, unfinished, why, now)
    if run.spec.suspend:
        return _suspend(run, summary, unfinished, now)
    return _resume(run, unfinished, now)


def stop_of(run: BenchmarkRun, now: datetime) -> Stop | None:
    """Why the run is to end early; None: it is not."""
    if run.spec.cancel:
        return Stop(BenchmarkRunReason.CANCELED, "spec.cancel was set")
    left, seconds = seconds_left(run, now), run.spec.active_deadline_seconds
    if left is None or left > 0:
        return None
    return Stop(BenchmarkRunReason.RUN_DEADLINE_EXCEEDED, f"activeDeadlineSeconds ({seconds} s) are over")


def seconds_left(run: BenchmarkRun, now: datetime) -> float | None:
    """Seconds until the run's time is over; None: it has no limit, or has not begun."""
    begun, seconds = run.status.start_time, run.spec.active_deadline_seconds
    return seconds - (now - begun).total_seconds() if begun and seconds else None


def _stop(
    run: BenchmarkRun,
    summary: BenchmarkRunStatus,
    unfinished: Sequence[KubeObject],
    why: Stop,
    now: datetime,
) -> Decision:
    """Cancel what is unfinished; once nothing is, the run ends with the score over what had ended."""
    message = f"{why.message}: {_so_far(summary)}"
    if not unfinished:
        return fail(run, summary, why.reason, message + agents_failed(summary), now)
    status = summary.model_copy()
    stopping = false(ConditionType.COMPLETE, why.reason, f"{message}; {len(unfinished)} are being canceled")
    set_condition(run, status, stopping, now)
    return Decision(status, patch=_set("cancel", True, unfinished))


def _suspend(
    run: BenchmarkRun, summary: BenchmarkRunStatus, unfinished: Sequence[KubeObject], now: datetime
) -> Decision:
    """Suspend what is unfinished, and create no more; the run's time stands still."""
    status = summary.model_copy(update={"phase": "Suspended", "start_time": None})
    suspended = true(ConditionType.SUSPENDED, BenchmarkRunReason.SUSPENDED, _CURE)
    event = news(run, suspended)
    set_condition(run, status, suspended, now)
    waiting = false(ConditionType.COMPLETE, BenchmarkRunReason.SUSPENDED, f"{_so_far(summary)}; {_CURE}")
    set_condition(run, status, waiting, now)
    return Decision(status, patch=_set("suspend", True, unfinished), event=event)


def _resume(run: BenchmarkRun, unfinished: Sequence[KubeObject], now: datetime) -> Decision | None:
    """The decision to go on, with all that is unfinished; None: nothing is suspended."""
    patches = _set("suspend", False, unfinished)
    was_suspended = conditions.is_true(run.status.conditions, ConditionType.SUSPENDED)
    if not was_suspended:
        return Decision(run.status, patch=patches, write=False) if patches else None
    status = run.status.model_copy(update={"phase": "Pending"})
    if status.scenarios is not None:
        status.start_time = now
    resumed = false(ConditionType.SUSPENDED, BenchmarkRunReason.RESUMED, "its time begins anew")
    set_condition(run, status, resumed, now)
    return Decision(status, patch=patches, event=news(run, resumed), requeue=0)


def _set(
    field: Literal["suspend", "cancel"], value: bool, runs: Sequence[KubeObject]
) -> list[tuple[KubeObject, KubeObject]]:
    return [(run, {"spec": {field: value}}) for run in runs if bool(run["spec"].get(field)) != value]


def _so_far(summary: BenchmarkRunStatus) -> str:
    counts = summary.counts
    if counts is None:
        return "the run has not started"
    score = "no score" if summary.score is None else f"score {summary.score:g} over {counting(counts)}"
    return f"{counts.scored + counts.unscored} of {counts.total} runs have ended, {score}"
