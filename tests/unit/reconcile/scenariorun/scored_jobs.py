"""Decisions about a run once its agent has ended in the run's own Job, for the tests of where its functions work."""

from __future__ import annotations

from typing import Any

from assay.api.scenariorun import PinnedRun, ScenarioRunStatus
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import DONE, agent_ended, beside, own_job, seeing
from tests.unit.specs.objects import Obj


def begun(pinned_run: PinnedRun | None = None) -> ScenarioRunStatus:
    """The status of a run whose agent has just ended."""
    return runs.decide(seeing(agent_ended(DONE)), None, pinned_run or beside()).status


def decide(observed: Observed, pinned_run: PinnedRun | None = None, *jobs: str) -> RunDecision:
    """The decision while functions work; `jobs`: the Jobs of the status, else those it began with."""
    pinned_run = pinned_run or beside()
    status = begun(pinned_run)
    status.scorer_jobs = list(jobs) or status.scorer_jobs
    return runs.decide(observed, status, pinned_run)


def job_names(decision: RunDecision) -> list[str]:
    return [one["metadata"]["name"] for one in decision.create if one["kind"] == "Job"]


def placements(decision: RunDecision) -> dict[str, str | None]:
    return {one.name: one.placement for one in decision.status.scores or ()}


def scorer(name: str, *pods: Obj, job: Obj | None = None) -> ScorerJob:
    """A Job in which functions alone work."""
    return ScorerJob(job or own_job(name=name), pods, "r")


def lost(pod: Obj, how: str) -> Obj:
    """The pod, once something other than its containers ends it."""
    if how == "deleted":
        pod["metadata"]["deletionTimestamp"] = "2026-01-02T10:01:00Z"
    else:
        pod["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": how}]
    return pod


MIXED = beside("tests")


def agent_done(**functions: Any) -> Obj:
    """The agent's pod where `lint` works elsewhere, once the agent has ended."""
    pod = agent_ended(DONE, **functions)
    statuses = pod["status"]["containerStatuses"]
    pod["status"]["containerStatuses"] = [one for one in statuses if one["name"] != "lint"]
    return pod
