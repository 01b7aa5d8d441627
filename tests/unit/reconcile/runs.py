"""A ScenarioRun, its devbox, Job and scorer pods, for the tests of what is decided over them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.api.scenariorun import PinnedRun, ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox import pod_lifecycle
from assay.reconcile.scenariorun import disk, reconcile
from assay.reconcile.scenariorun.observed import Observed, ScorerJob, is_finished
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import SETTINGS, Obj, existing, pinned, run_spec

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
RUN = existing("ScenarioRun", "r", generation=1)
OK = "assay/2 exit=0 timeout=0 seconds=0.10\n"


def decide(
    observed: Observed,
    status: ScenarioRunStatus | None = None,
    pinned_run: PinnedRun | None = None,
    **spec: Any,
) -> Decision:
    status = status if status is not None else ScenarioRunStatus()
    return reconcile.decide(RUN, run_spec(**spec), status, pinned_run or pinned(), observed, SETTINGS, NOW)


def after(
    status: ScenarioRunStatus,
    observed: Observed,
    *,
    seconds: float = 0,
    keep_seconds: int = 0,
    **spec: Any,
) -> Decision:
    """What is left to do so many seconds after the run's end."""
    settings = SETTINGS.replace(keep_seconds=keep_seconds)
    return disk.after(RUN, run_spec(**spec), status, observed, settings, NOW + timedelta(seconds=seconds))


def status_of(decision: Decision) -> ScenarioRunStatus:
    assert isinstance(decision.status, ScenarioRunStatus)
    return decision.status


def said(decision: Decision, type_: str) -> tuple[str, str] | None:
    found = conditions.find(decision.status.conditions, type_)
    return (found.status, found.reason) if found else None


def box(which: str | None) -> Obj:
    """The run's devbox as its own reconcile describes it when its pod is in that state."""
    made = existing("Devbox", "r", owner_references=[{"kind": "ScenarioRun", "uid": "u", "controller": True}])
    made["spec"] = {"operatingMode": "Running"}
    if which:
        spec = DevboxSpec(image="i", command=["x"], active_deadline_seconds=600)
        view = None if which == "gone" else pod_view.view(pod(which, name="r"), "devbox")
        status = DevboxStatus(pod_name="r")
        decision = pod_lifecycle.decide(made, spec, status, view, NOW - timedelta(minutes=4))
        made["status"] = decision.status.model_dump(by_alias=True, exclude_none=True, mode="json")
    return made


def finished(reason: str, exit_code: int | None = None, message: str | None = None) -> Obj:
    """A finished devbox."""
    made, status = (
        box(None),
        DevboxStatus(pod_name="r", claim_name="r", node_name="node-1", exit_code=exit_code, message=message),
    )
    status.start_time = NOW - timedelta(minutes=4)
    status.conditions = conditions.put([], "Finished", "True", reason, "as told", generation=1, now=NOW)
    made["status"] = status.model_dump(by_alias=True, exclude_none=True, mode="json")
    return made


def restored(**ready: str) -> Obj:
    """The devbox of a run without an agent: its disk is there, or `reason` and `message` say why not."""
    made = box(None)
    given = (ready["reason"], ready["message"]) if ready else ("Suspended", "")
    found = conditions.put([], "Ready", "False", *given, generation=1, now=NOW)
    if not ready:
        found = conditions.put(found, "Suspended", "True", "DiskKept", "", generation=1, now=NOW)
    status = DevboxStatus(conditions=found, claim_name="r")
    made["spec"] = {"diskSnapshotRef": {"name": "kept"}, "operatingMode": "Suspended"}
    made["status"] = status.model_dump(by_alias=True, exclude_none=True, mode="json")
    return made


def disk_snapshot(value: str | None = None, reason: str = "SnapshotReady") -> Obj:
    """The run's DiskSnapshot; `value` is what its condition Ready says."""
    ready = {"type": "Ready", "status": value, "reason": reason, "message": "as told"}
    found = [{**ready, "lastTransitionTime": "2026-01-02T10:05:00Z"}] if value else []
    return existing("DiskSnapshot", "r", spec={"devboxRef": {"name": "r"}}, status={"conditions": found})


def job(*failed: str) -> Obj:
    """The scorer Job; `failed` are reason and message of its failure."""
    found = [dict(zip(("reason", "message"), failed, strict=False), type="Failed", status="True")]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "r-score", "namespace": "team", "uid": "uid-of-job"},
        "status": {"conditions": found if failed else []},
    }


def scorer_pod(created: str = "2026-01-02T10:01:00Z", *, phase: str = "Running", **ends: Any) -> Obj:
    """A pod of it: by container name, its termination message, or (exit code, reason, message)."""
    statuses = []
    for name, end in ends.items():
        code, reason, message = end if isinstance(end, tuple) else (0, "Completed", end)
        state = {"terminated": {"exitCode": code, "reason": reason, "message": message}}
        statuses.append({"name": name, "state": state if end is not None else {"running": {}}})
    return {
        "metadata": {"name": "r-score-abcde", "namespace": "team", "creationTimestamp": created},
        "status": {"phase": phase, "containerStatuses": statuses},
    }


def scoring() -> ScenarioRunStatus:
    return status_of(decide(Observed(finished("Completed", 0))))


def scored(*scorer_pods: Obj, job_: Obj | None = None, box_: Obj | None = None, **changes: Any) -> Decision:
    """The outcome once the scorer's pods show this."""
    observed = Observed(box_ or finished("Completed", 0), [ScorerJob(job_ or job(), scorer_pods)])
    return decide(observed, scoring(), pinned(**changes))


def failed(decision: Decision, reason: str) -> str:
    """Asserts that the run failed for that reason, unscored; returns the message."""
    status = status_of(decision)
    assert said(decision, "Failed") == ("True", reason)
    assert said(decision, "Complete") == ("False", reason)
    assert (status.phase, status.score, status.passed) == ("Failed", None, None)
    assert status.completion_time == NOW
    assert is_finished(status)
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", reason)
    assert decision.requeue == 0, "the devbox goes at once, by the next look"
    message = conditions.find(status.conditions, "Failed")
    assert message is not None
    assert message.message
    return message.message
