"""A run whose agent works in the run's own Job: what it pinned, its claim, its Job, and the Job's pod in some state."""

from __future__ import annotations

from typing import Any

from assay.api.scenariorun import PinnedRun
from assay.reconcile.scenariorun.observed import Observed
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile import statuses
from tests.unit.reconcile.runs import OK, OWNER, scorer_pod
from tests.unit.specs.objects import Obj, pinned

STARTED, FINISHED = statuses.STARTED, statuses.FINISHED
CREATED = "2026-01-02T10:00:00Z"
TESTS, LINT = f"{OK}0.5\n", f"{OK}\n"
"""The termination messages of the two functions: together they score 0.65."""


def beside(*functions: str, **changes: Any) -> PinnedRun:
    """What the run uses, with these functions in the agent's pod; both if none is named."""
    return pinned(**changes).model_copy(update={"same_pod": list(functions or ("tests", "lint"))})


def claim(*, is_going: bool = False) -> Obj:
    """The run's claim."""
    metadata = {"name": "r", "namespace": "team", "uid": "uid-of-claim", "ownerReferences": [OWNER]}
    gone = {"deletionTimestamp": FINISHED} if is_going else {}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {**metadata, **gone}}


def own_job(*failed: str, name: str = "r", is_going: bool = False) -> Obj:
    """A Job that the run owns, its own or one that scores; `failed` are reason and message of its failure."""
    found = [dict(zip(("reason", "message"), failed, strict=False), type="Failed", status="True")]
    metadata = {"name": name, "namespace": "team", "uid": f"uid-of-job-{name}", "ownerReferences": [OWNER]}
    gone = {"deletionTimestamp": FINISHED} if is_going else {}
    status = {"startTime": STARTED, "conditions": found if failed else []}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {**metadata, **gone}, "status": status}


def agent_pod(which: str, *, is_going: bool | None = None, **functions: Any) -> Obj:
    """The pod of the run's own Job: its agent's container in one of the states of `statuses`, its functions as for
    `scorer_pod`; a function that is not named has not started.
    """
    made = statuses.pod(which, name="r-abcde", deleting=is_going)
    made["metadata"] |= {"creationTimestamp": CREATED, "uid": "uid-of-pod"}
    status = made["status"]
    agent = status.pop("containerStatuses", [])
    status["initContainerStatuses"] = [*status.get("initContainerStatuses", []), *agent]
    if status["phase"] == "Succeeded":
        status["phase"] = "Running"  # the functions follow
    waiting = [
        {"name": name, "state": {"waiting": {"reason": "PodInitializing"}}} for name in ("tests", "lint")
    ]
    begun = scorer_pod(**functions)["status"]["containerStatuses"]
    status["containerStatuses"] = [*begun, *(one for one in waiting if one["name"] not in functions)]
    return made


def agent_ended(message: str, code: int = 0, reason: str = "Completed", **functions: Any) -> Obj:
    """The same, once the agent's container has ended with that termination message."""
    made = agent_pod("completed", **functions)
    [agent] = made["status"]["initContainerStatuses"]
    agent["state"]["terminated"] |= {"exitCode": code, "reason": reason, "message": message}
    if code:
        made["status"]["phase"] = "Failed"  # an init container that fails ends its pod
    return made


def report(code: int = 0, *, timeout: int = 0, more: str = "") -> str:
    """What the runner reports of an agent."""
    return f"assay/2 exit={code} timeout={timeout} seconds=42.00{more}\n"


DONE = report()


def of_agent(*pods: Obj, job: Obj | None = None) -> ScorerJob:
    """The run's own Job with these pods."""
    return ScorerJob(job or own_job(), pods, "r")


def seeing(*pods: Obj, job: Obj | None = None, others: tuple[ScorerJob, ...] = (), **more: Any) -> Observed:
    """The run's claim, its own Job with these pods, and other Jobs."""
    return Observed(**{"claim": claim(), "jobs": [of_agent(*pods, job=job), *others], **more})
