"""The Job of a ScenarioRun, in whose pod the agent works first, then its functions do."""

from __future__ import annotations

from typing import Any

from assay.api.scenariorun import PinnedRun
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.runs import OWNER
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
    """The Job of the run; `end` is the condition that has ended it."""
    conditions = [{"type": end, "status": "True", "reason": "x"}] if end else []
    status = {"conditions": conditions, "startTime": "2026-01-02T10:00:30Z"}
    metadata: Obj = {"name": "r", "namespace": "team", "uid": "uid-of-job", "ownerReferences": [OWNER]}
    metadata["creationTimestamp"] = CREATED
    return ScorerJob(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": status}, pods, "r"
    )
