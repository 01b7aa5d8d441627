"""What all phases of a ScenarioRun share: what is there of it, and how something is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.scenariorun import ScenarioRunSpec, ScenarioRunStatus
from assay.reconcile.common import network_policies
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import set_raw_condition

COMPLETE, FAILED = "Complete", "Failed"
RESOLVED, AGENT_FINISHED, DISK_KEPT = "ReferencesResolved", "AgentFinished", "DiskKept"


@dataclass(frozen=True, slots=True)
class ScorerJob:
    """A scorer Job with its pods."""

    obj: dict[str, Any]
    pods: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there of a run's children, and of later runs on its disk."""

    devbox: dict[str, Any] | None = None
    jobs: Sequence[ScorerJob] = ()
    disk_snapshot: dict[str, Any] | None = None
    rescore_runs: Sequence[dict[str, Any]] = ()
    """Runs that score this one's disk again."""
    policies: Sequence[dict[str, Any]] = field(default=(), compare=False)
    """Network policies that scorers need and the namespace lacks, to create."""


def observe(ctx: Context, run: Mapping[str, Any]) -> Observed:
    """The run's children as the store knows them."""
    metadata, cache = run["metadata"], ctx.cache
    namespace, name = metadata["namespace"], metadata["name"]
    devbox = next(iter(cache.children("Devbox", metadata["uid"])), None)
    jobs = cache.children("Job", devbox["metadata"]["uid"]) if devbox else []
    return Observed(
        devbox=devbox,
        jobs=[ScorerJob(job, cache.children("Pod", job["metadata"]["uid"])) for job in jobs],
        disk_snapshot=next(iter(cache.children("DiskSnapshot", metadata["uid"])), None),
        rescore_runs=cache.find("ScenarioRun", "rescore", (namespace, name)),
        policies=network_policies.missing(ctx, namespace),
    )


def is_finished(status: ScenarioRunStatus) -> bool:
    """Whether the run has ended, with a score or without."""
    return conditions.is_true(status.conditions, COMPLETE) or conditions.is_true(status.conditions, FAILED)


def has_agent(spec: ScenarioRunSpec) -> bool:
    """Whether an agent works in this run; else it scores what is there already."""
    return spec.rescore is None and spec.dry_run is None


def exists(devbox: Mapping[str, Any] | None) -> bool:
    """Whether the devbox, and with it the disk, exists and is not about to go."""
    return devbox is not None and not devbox["metadata"].get("deletionTimestamp")


def fail(
    run: Mapping[str, Any], status: ScenarioRunStatus, reason: str, message: str, now: datetime
) -> Decision:
    """The run ends without a score."""
    status.phase, status.completion_time = FAILED, now
    set_raw_condition(run, status, COMPLETE, "False", reason, "the run has no score", now)
    set_raw_condition(run, status, FAILED, "True", reason, message, now)
    return Decision(status, event=Event("Warning", reason, message), requeue=0)
