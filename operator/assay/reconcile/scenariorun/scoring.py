"""A ScenarioRun from the end of its agent to its score. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from assay.api.scenariorun import PinnedRun, ScenarioRunSpec, ScenarioRunStatus
from assay.api.scoring import ScoringFunction
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import set_raw_condition
from assay.reconcile.common.score import reaches, total
from assay.settings import Settings
from assay.specs import scorer_job

from . import function_score
from .observed import COMPLETE, Observed, ScorerJob, exists, fail

DISK_FULL_PERCENT = 99


def begin(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: Settings,
    now: datetime,
) -> Decision:
    """Set the scorers to work on the disk."""
    assert observed.devbox is not None
    status.phase, status.scoring_start_time = "Scoring", now
    status.scorer_jobs = scorer_job.job_names(run, pinned)
    set_raw_condition(run, status, COMPLETE, "False", "Scoring", "", now)
    jobs = scorer_job.jobs(run, spec, pinned, observed.devbox, settings)
    return Decision(status, create=[*observed.policies, *jobs])


def outcome(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    observed: Observed,
    settings: Settings,
    now: datetime,
) -> Decision:
    """What to say and do while the scorers work, and of what they said."""
    functions = pinned.scenario.scoring_contract.scoring_functions
    ends: dict[str, pod_view.Terminated] = {}
    for job in observed.jobs:
        ends |= _ends(job, functions)
    if len(ends) == len(functions):
        return _report(run, status, pinned, ends, now)
    for job in observed.jobs:
        # One that has said all it has to say may fail as it likes: another is still at work.
        if not _ends(job, functions) and (failure := _failure(job)):
            return fail(run, status, *failure, now)
    there = {job.obj["metadata"]["name"] for job in observed.jobs}
    if lost := set(status.scorer_jobs or ()) - there:
        if observed.devbox is None or not exists(observed.devbox):
            return fail(run, status, "DevboxLost", "the devbox was deleted before it was scored", now)
        jobs = scorer_job.jobs(run, spec, pinned, observed.devbox, settings)
        again = [job for job in jobs if job["metadata"]["name"] in lost]
        return Decision(status, create=[*observed.policies, *again], write=False)
    views = (pod_view.view(pod, f.name) for job in observed.jobs for pod in job.pods for f in functions)
    troubled = next((view for view in views if view.trouble), None)
    if troubled and (wait := pod_view.patience_left(troubled, now)):
        return Decision(status, write=False, requeue=wait)
    set_raw_condition(
        run, status, COMPLETE, "False", *((troubled and troubled.trouble) or ("Scoring", "")), now
    )
    return Decision(status)


def _ends(job: ScorerJob, functions: list[ScoringFunction]) -> dict[str, pod_view.Terminated]:
    """How the job's functions ended, by name; empty until one of its pods has ended them all."""
    for pod in _newest_first(job):
        views = {
            f.name: pod_view.view(pod, f.name) for f in functions if pod_view.container_state(pod, f.name)
        }
        killed = any(view.killed_by for view in views.values())
        ends = {name: view.terminated for name, view in views.items() if view.terminated}
        if ends and len(ends) == len(views) and not killed:
            return ends
    return {}


def _newest_first(job: ScorerJob) -> Iterator[dict[str, Any]]:
    yield from sorted(job.pods, key=lambda p: str(p["metadata"].get("creationTimestamp")), reverse=True)


def _report(
    run: Mapping[str, Any],
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    ends: Mapping[str, pod_view.Terminated],
    now: datetime,
) -> Decision:
    contract = pinned.scenario.scoring_contract
    status.scores = [function_score.function_score(f, ends[f.name]) for f in contract.scoring_functions]
    percents = [percent for end in ends.values() if (percent := function_score.disk_percent(end)) is not None]
    status.disk_used_percent = max(percents, default=None)
    full = (status.disk_used_percent or 0) >= DISK_FULL_PERCENT and pinned.agent is not None
    also = "; the agent filled its disk: see environment.disk.size" if full else ""
    unscored = next((one for one in status.scores if one.score is None), None)
    if unscored:
        message = f"scoring function {unscored.name}: {unscored.message or unscored.reason}{also}"
        return fail(run, status, unscored.reason or "ScorerFailed", message, now)
    status.score = total(status.scores)
    threshold = contract.pass_threshold
    status.passed = reaches(status.score, threshold)
    status.phase, status.completion_time = COMPLETE, now
    verdict = "passed" if status.passed else "not passed"
    message = f"score {status.score:g}, {verdict} (threshold {threshold:g}){also}"
    set_raw_condition(run, status, COMPLETE, "True", "Scored", message, now)
    # The devbox goes with the next look, once the score is safe in the status.
    return Decision(status, event=Event("Normal", "Scored", message), requeue=0)


def _failure(job: ScorerJob) -> tuple[str, str] | None:
    for condition in (job.obj.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            if condition.get("reason") == "DeadlineExceeded":
                why = "the scorer's pod did not end in time; see its events and logs"
                return "ScoringDeadlineExceeded", why
            said = _why_killed(job) or condition.get("message")
            return "ScorerFailed", said or "the scorer's Job failed; see its events and logs"
    return None


def _why_killed(job: ScorerJob) -> str | None:
    """What ended the pod before its functions could say anything: an init container, the kubelet."""
    killed = (pod_view.view(pod, "").killed_by for pod in _newest_first(job))
    return next((f"{why[0]}: {why[1]}" for why in killed if why), None)
