"""A ScenarioRun until there is a disk to score: its agent works, or a kept disk is restored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxStatus
from assay.api.scenariorun import AgentResult, PinnedRun, ScenarioRunStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.objects import set_raw_condition

from .observed import AGENT_FINISHED, COMPLETE, fail

# What an agent did itself is scored; what Kubernetes did to it never is.
SCORED_ENDS = {"Completed", "Error", "DeadlineExceeded"}
# Reasons of a devbox that is on its way, or at its end: nothing to tell of the run.
_NO_NEWS = {"DeadlineExceeded", "Suspended"}
_CURES = {
    "OOMKilled": "raise the devbox's memory limit",
    "BootFailed": "the disk cannot carry a root file system: use another StorageClass, or rootFilesystem: Copy",
    "NetworkOpen": "no agent runs where it could reach what is forbidden",
    "LaunchFailed": "correct environment.launchCommands (status.agent.message is the end of their output)",
    "DiskFull": "the disk was full before the agent began: raise environment.disk.size",
}


def outcome(
    run: Mapping[str, Any],
    status: ScenarioRunStatus,
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    now: datetime,
) -> Decision | None:
    """What to say of the devbox; None when its disk can be scored."""
    found = DevboxStatus.model_validate(devbox.get("status") or {})
    if pinned.agent is None:
        if not conditions.is_true(found.conditions, "Suspended"):
            return _waiting(run, status, found, "RestoringDisk", now)
        status.devbox = devbox["metadata"]["name"]
        return None
    finished = conditions.find(found.conditions, "Finished")
    if finished is None or finished.status != "True":
        return _waiting(run, status, found, "AgentWorking", now)
    status.devbox = devbox["metadata"]["name"]
    status.agent = AgentResult(
        exit_code=found.exit_code,
        reason=finished.reason,
        message=found.message,
        start_time=found.start_time,
        finish_time=found.finish_time,
    )
    set_raw_condition(run, status, AGENT_FINISHED, "True", finished.reason, finished.message, now)
    if finished.reason not in SCORED_ENDS:
        cure = _CURES.get(finished.reason, "no fault of the agent: run it again")
        return fail(run, status, finished.reason, f"{finished.message}; {cure}", now)
    if pinned.agent.type == "Reference" and found.exit_code != 0:
        message = f"the reference output could not be applied: {found.message or finished.message}"
        return fail(run, status, "ReferenceNotApplied", message, now)
    return None


def _waiting(
    run: Mapping[str, Any], status: ScenarioRunStatus, devbox: DevboxStatus, doing: str, now: datetime
) -> Decision:
    ready = conditions.find(devbox.conditions, "Ready")
    if ready is None or ready.status == "True" or ready.reason in _NO_NEWS:
        set_raw_condition(run, status, COMPLETE, "False", doing, "", now)
    else:
        set_raw_condition(run, status, COMPLETE, "False", ready.reason, ready.message, now)
    return Decision(status)
