"""A run whose agent works in its own Job: the Job, its pod, and decisions over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.conditions import false, put
from assay.api.reasons import ScenarioRunReason
from assay.api.runrecord import LostTry
from assay.api.scenariorun import PinnedRun, ScenarioRunStatus
from assay.reconcile.scenariorun import reconcile
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.runs import NOW, OK, OWNER, started
from tests.unit.specs.objects import Obj, pinned

CREATED = "2026-01-02T10:00:30Z"
WORKED = "assay/2 exit=0 timeout=0 seconds=9.00\n"
STOPPED = "assay/2 exit=143 timeout=0 seconds=9.00 signal=15 stopped=1\n"
CLAIM: Obj = {"metadata": {"name": "r"}, "status": {"phase": "Bound"}}
WAITING: Obj = {"waiting": {"reason": "PodInitializing"}}
AWAY = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "drained"}
NO_SANDBOX = {"type": "PodReadyToStartContainers", "status": "False"}


def same_pod(**changes: Any) -> PinnedRun:
    """What a run uses both of whose functions work in the agent's pod."""
    return pinned(**changes).model_copy(update={"same_pod": ["tests", "lint"]})


def ended(message: str = "", code: int = 0, reason: str = "Completed") -> Obj:
    """How a container has ended: after a minute."""
    times = {"startedAt": "2026-01-02T10:01:00Z", "finishedAt": "2026-01-02T10:02:00Z"}
    return {"terminated": {"exitCode": code, "reason": reason, "message": message, **times}}


def pod(
    agent: Obj | None, *conditions: Obj, phase: str = "Pending", deleting: bool = False, **functions: Obj
) -> Obj:
    """The run's pod; functions wait if nothing is said of them."""
    states = {"tests": WAITING, "lint": WAITING, **functions}
    metadata: Obj = {"name": "r-x", "namespace": "team", "creationTimestamp": "2026-01-02T10:00:00Z"}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-02T10:04:00Z"
    status = {
        "phase": phase,
        "conditions": list(conditions),
        "initContainerStatuses": [{"name": "devbox", "state": agent}] if agent else [],
        "containerStatuses": [{"name": name, "state": state} for name, state in states.items()],
    }
    return {"metadata": metadata, "spec": {"nodeName": "node-1"}, "status": status}


def own_job(*pods: Obj, end: str = "") -> ScorerJob:
    """The Job with these pods; `end` is a condition of it that holds."""
    conditions = [{"type": end, "status": "True", "reason": "x"}] if end else []
    status = {"conditions": conditions, "startTime": "2026-01-02T10:00:30Z"}
    metadata: Obj = {"name": "r", "namespace": "team", "uid": "uid-of-job", "ownerReferences": [OWNER]}
    metadata["creationTimestamp"] = CREATED
    return ScorerJob(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": status}, pods, "r"
    )


def working(*, begun: str = "2026-01-02T10:01:00Z") -> ScorerJob:
    """The Job while its agent works."""
    return own_job(pod({"running": {"startedAt": begun}}))


def about(
    *jobs: ScorerJob, status: ScenarioRunStatus | None = None, seen: Obj | None = None, **spec: Any
) -> RunDecision:
    """The decision about a run with this spec and status; `seen` are fields of what is observed beside the Jobs."""
    observed = replace(Observed(claim=CLAIM, jobs=jobs), **(seen or {}))
    view = started(observed, status or begun(), same_pod(), **spec)
    before = view.run.model_copy(deep=True)
    decision = reconcile.decide(view)
    assert view.run == before
    return decision


def begun(minutes: float = 5) -> ScenarioRunStatus:
    """The status of a run that started so long ago."""
    status = ScenarioRunStatus(
        phase="Running", pinned=same_pod(), start_time=NOW - timedelta(minutes=minutes)
    )
    status.conditions = put([], false(ConditionType.COMPLETE, ScenarioRunReason.AGENT_WORKING), 1, NOW)
    return status


def lost(*reasons: str, seconds: float = 0) -> list[LostTry]:
    """Tries that ended so, the last one so many seconds ago."""
    end = NOW - timedelta(seconds=seconds)
    return [LostTry(number=n, reason=one, finish_time=end) for n, one in enumerate(reasons, 1)]


TESTS, LINT = ended(f"{OK}0.5\n"), ended(f"{OK}\n")
"""How the two functions end well."""
SCORED = own_job(pod(ended(WORKED), phase="Succeeded", tests=TESTS, lint=LINT), end="Complete")
SCORING = own_job(pod(ended(WORKED), phase="Running", tests={"running": {}}, lint={"running": {}}))
