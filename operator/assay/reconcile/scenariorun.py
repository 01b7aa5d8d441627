"""ScenarioRun: pin, let the agent work in a devbox, score what it left, report, clean up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from assay.api import conditions
from assay.api.devbox import DevboxStatus
from assay.api.scenariorun import AgentResult, PinnedRun, ScenarioRunSpec, ScenarioRunStatus
from assay.build import run as build_run
from assay.build import scorer as build_scorer
from assay.build.settings import BuildSettings
from assay.engine.store import Key

from . import pods, scores
from .context import Context
from .images import NotAvailable
from .outcome import Note, Outcome, act
from .pinning import Impossible, pin

COMPLETE, FAILED = "Complete", "Failed"
RESOLVED, AGENT_FINISHED = "ReferencesResolved", "AgentFinished"

# What an agent did itself is scored; what Kubernetes did to it never is.
SCORED_ENDS = {"Completed", "Error", "DeadlineExceeded"}


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there of a run's children."""

    devbox: dict[str, Any] | None
    job: dict[str, Any] | None
    scorer_pods: list[dict[str, Any]]


def is_finished(status: ScenarioRunStatus) -> bool:
    """Whether the run has ended, with a score or without."""
    return conditions.is_true(status.conditions, COMPLETE) or conditions.is_true(status.conditions, FAILED)


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one run nearer to its score."""
    run = ctx.store.get("ScenarioRun", key.namespace, key.name)
    if run is None or run["metadata"].get("deletionTimestamp"):
        return None
    status = ScenarioRunStatus.model_validate(run.get("status") or {})
    observed = observe(ctx, run)
    if is_finished(status):
        outcome = clean_up(status, observed, ctx.settings.keep_seconds, ctx.now())
        return await act(ctx, run, outcome, gate=COMPLETE)
    spec = ScenarioRunSpec.model_validate(run["spec"])
    if status.pinned is None:
        return await act(ctx, run, await start(ctx, run, spec, status), gate=COMPLETE)
    outcome = decide(run, spec, status, status.pinned, observed, ctx.settings, ctx.now())
    return await act(ctx, run, outcome, gate=COMPLETE)


def observe(ctx: Context, run: Mapping[str, Any]) -> Observed:
    """The run's children as the store knows them."""
    devbox = next(iter(ctx.store.children("Devbox", run["metadata"]["uid"])), None)
    job = next(iter(ctx.store.children("Job", devbox["metadata"]["uid"])), None) if devbox else None
    return Observed(
        devbox=devbox,
        job=job,
        scorer_pods=ctx.store.children("Pod", job["metadata"]["uid"]) if job else [],
    )


async def start(
    ctx: Context, run: dict[str, Any], spec: ScenarioRunSpec, status: ScenarioRunStatus
) -> Outcome:
    """Pin what the run uses. Its devbox follows when that is written, so that no edit can come between."""
    now = ctx.now()
    try:
        status.pinned = await pin(ctx, run, spec)
    except NotAvailable as missing:
        _set(run, status, RESOLVED, "False", missing.reason, missing.message, now)
        _set(run, status, COMPLETE, "False", missing.reason, missing.message, now)
        status.phase = "Pending"
        return Outcome(status, requeue=missing.retry)
    except Impossible as never:
        return _fail(run, status, never.reason, never.message, now)
    status.phase, status.start_time = "Running", now
    _set(run, status, RESOLVED, "True", "Pinned", "", now)
    _set(run, status, COMPLETE, "False", "AgentWorking", "", now)
    return Outcome(status, requeue=0)


def clean_up(status: ScenarioRunStatus, observed: Observed, keep_seconds: int, now: datetime) -> Outcome:
    """Delete the devbox of a run that has ended, and with it pod, disk and scorer Job. Pure."""
    devbox = observed.devbox
    if devbox is None or devbox["metadata"].get("deletionTimestamp"):
        return Outcome(status, write=False)
    ended = max(c.last_transition_time for c in status.conditions if c.type in (COMPLETE, FAILED))
    left = keep_seconds - (now - ended).total_seconds()
    if left > 0:
        return Outcome(status, write=False, requeue=left)
    return Outcome(status, write=False, delete=[devbox])


def decide(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: BuildSettings,
    now: datetime,
) -> Outcome:
    """What to say and do about a run that has started. Pure."""
    if status.scorer_job:
        return _scoring(run, spec, status, pinned, observed, settings, now)
    if observed.devbox is None:
        return Outcome(status, create=[build_run.devbox(run, spec, pinned)], write=False)
    devbox = DevboxStatus.model_validate(observed.devbox.get("status") or {})
    finished = conditions.find(devbox.conditions, "Finished")
    if finished is None or finished.status != "True":
        return _working(run, status, devbox, now)
    status.devbox = observed.devbox["metadata"]["name"]
    status.agent = _agent_result(devbox, finished.reason)
    _set(run, status, AGENT_FINISHED, "True", finished.reason, finished.message, now)
    if finished.reason not in SCORED_ENDS:
        return _fail(run, status, finished.reason, f"{finished.message}; {_cure(finished.reason)}", now)
    if pinned.agent.type == "Reference" and devbox.exit_code != 0:
        message = f"the reference output could not be applied: {devbox.message or finished.message}"
        return _fail(run, status, "ReferenceNotApplied", message, now)
    status.phase, status.scoring_start_time = "Scoring", now
    status.scorer_job = build_scorer.job_name(run)
    _set(run, status, COMPLETE, "False", "Scoring", "", now)
    return Outcome(status, create=[build_scorer.job(run, spec, pinned, observed.devbox, settings)])


def _working(
    run: Mapping[str, Any], status: ScenarioRunStatus, devbox: DevboxStatus, now: datetime
) -> Outcome:
    ready = conditions.find(devbox.conditions, "Ready")
    if ready is None or ready.status == "True" or ready.reason == "DeadlineExceeded":
        _set(run, status, COMPLETE, "False", "AgentWorking", "", now)
    else:
        _set(run, status, COMPLETE, "False", ready.reason, ready.message, now)
    return Outcome(status)


def _scoring(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: BuildSettings,
    now: datetime,
) -> Outcome:
    functions = pinned.scenario.scoring_contract.scoring_functions
    for pod in sorted(
        observed.scorer_pods, key=lambda p: str(p["metadata"].get("creationTimestamp")), reverse=True
    ):
        ends = {f.name: pods.view(pod, f.name).terminated for f in functions}
        killed_by = pods.view(pod, functions[0].name).killed_by
        if killed_by is None and all(ends.values()):
            status.scores = [scores.function_score(f, end) for f in functions if (end := ends[f.name])]
            return _report(run, status, pinned, now)
    ended = _job_failure(observed.job)
    if ended:
        return _fail(run, status, *ended, now)
    if observed.job is None:
        if observed.devbox is None or observed.devbox["metadata"].get("deletionTimestamp"):
            return _fail(run, status, "DevboxLost", "the devbox was deleted before it was scored", now)
        return Outcome(
            status, create=[build_scorer.job(run, spec, pinned, observed.devbox, settings)], write=False
        )
    views = (pods.view(pod, f.name) for pod in observed.scorer_pods for f in functions)
    troubled = next((view for view in views if view.trouble), None)
    if troubled and (wait := pods.patience_left(troubled, now)):
        return Outcome(status, write=False, requeue=wait)
    _set(run, status, COMPLETE, "False", *((troubled and troubled.trouble) or ("Scoring", "")), now)
    return Outcome(status)


def _report(run: Mapping[str, Any], status: ScenarioRunStatus, pinned: PinnedRun, now: datetime) -> Outcome:
    failed = [score for score in status.scores or () if score.state == "Error"]
    if failed:
        first = failed[0]
        message = f"scoring function {first.name}: {first.message or first.reason}"
        return _fail(run, status, first.reason or "ScorerFailed", message, now)
    status.score = scores.total(status.scores or [])
    threshold = pinned.scenario.scoring_contract.pass_threshold
    status.passed = scores.reaches(status.score, threshold)
    status.phase, status.completion_time = COMPLETE, now
    message = (
        f"score {status.score:g}, {'passed' if status.passed else 'not passed'} (threshold {threshold:g})"
    )
    _set(run, status, COMPLETE, "True", "Scored", message, now)
    # The devbox goes with the next look, once the score is safe in the status.
    return Outcome(status, note=Note("Normal", "Scored", message), requeue=0)


def _fail(
    run: Mapping[str, Any], status: ScenarioRunStatus, reason: str, message: str, now: datetime
) -> Outcome:
    status.phase, status.completion_time = FAILED, now
    _set(run, status, COMPLETE, "False", reason, "the run has no score", now)
    _set(run, status, FAILED, "True", reason, message, now)
    return Outcome(status, note=Note("Warning", reason, message), requeue=0)


def _job_failure(job: Mapping[str, Any] | None) -> tuple[str, str] | None:
    for condition in ((job or {}).get("status") or {}).get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            reason = condition.get("reason") or "ScorerFailed"
            if reason == "DeadlineExceeded":
                return (
                    "ScoringDeadlineExceeded",
                    "the scorer's pod did not end in time; see its events and logs",
                )
            return "ScorerFailed", condition.get(
                "message"
            ) or "the scorer's Job failed; see its events and logs"
    return None


def _agent_result(devbox: DevboxStatus, reason: str) -> AgentResult:
    return AgentResult(
        exit_code=devbox.exit_code,
        reason=reason,
        message=devbox.message,
        start_time=devbox.start_time,
        finish_time=devbox.finish_time,
    )


def _cure(reason: str) -> str:
    match reason:
        case "OOMKilled":
            return "raise the devbox's memory limit"
        case "BootFailed":
            return "the disk cannot carry a root file system"
        case _:
            return "no fault of the agent: run it again"


def _set(
    run: Mapping[str, Any],
    status: ScenarioRunStatus,
    type_: str,
    value: Literal["True", "False", "Unknown"],
    reason: str,
    message: str,
    now: datetime,
) -> None:
    generation = run["metadata"].get("generation", 1)
    status.conditions = conditions.put(
        status.conditions, type_, value, reason, message, generation=generation, now=now
    )
