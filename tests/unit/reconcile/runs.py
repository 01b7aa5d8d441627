"""A ScenarioRun, its devbox, Job and scorer pods, for the tests of decisions about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.conditions import is_finished
from assay.api.devbox import Devbox, DevboxSpec, DevboxStatus
from assay.api.disksnapshot import DiskSnapshot
from assay.api.reasons import DevboxReason, ForeignReason
from assay.api.scenariorun import PinnedRun, ScenarioRun, ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox import pod_lifecycle
from assay.reconcile.devbox.observed import Observed as ObservedDevbox
from assay.reconcile.scenariorun import cleanup, disk, reconcile
from assay.reconcile.scenariorun.observed import Observed, RunDecision, RunView, StartedRunView
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import SETTINGS, Obj, existing, pinned, run

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
OWNER = {
    "apiVersion": "assay.dev/v1alpha1",
    "kind": "ScenarioRun",
    "name": "r",
    "uid": "uid-of-r",
    "controller": True,
}
OK = "assay/2 exit=0 timeout=0 seconds=0.10\n"


def started(
    observed: Observed,
    status: ScenarioRunStatus | None = None,
    pinned_run: PinnedRun | None = None,
    **spec: Any,
) -> StartedRunView:
    """A run that has started; `spec` are fields of its spec.

    It is not begun anew unless the test says so: what ends a try shows as the end of the run.
    """
    return StartedRunView(
        run_at(status, **{"retry": {"limit": 0}, **spec}), observed, SETTINGS, NOW, pinned_run or pinned()
    )


def decide(
    observed: Observed,
    status: ScenarioRunStatus | None = None,
    pinned_run: PinnedRun | None = None,
    **spec: Any,
) -> RunDecision:
    """The decision about a run that has started; it changes nothing of what was observed."""
    view = started(observed, status, pinned_run, **spec)
    before = view.run.model_copy(deep=True)
    decision = reconcile.decide(view)
    assert view.run == before
    return decision


def ended_view(
    status: ScenarioRunStatus,
    observed: Observed,
    *,
    seconds: float = 0,
    keep_seconds: int = 0,
    **spec: Any,
) -> RunView:
    """A run so many seconds after its end."""
    settings = SETTINGS.replace(keep_seconds=keep_seconds)
    return RunView(run_at(status, **spec), observed, settings, NOW + timedelta(seconds=seconds))


def after(status: ScenarioRunStatus, observed: Observed, **more: Any) -> RunDecision:
    """The decision about a run that has ended; it changes nothing of what was observed."""
    view = ended_view(status, observed, **more)
    before = view.run.model_copy(deep=True)
    decision = cleanup.decide(view)
    assert view.run == before
    return decision


def run_at(status: ScenarioRunStatus | None, **spec: Any) -> ScenarioRun:
    """The run with this status."""
    return run(**spec).model_copy(update={"status": status or ScenarioRunStatus()})


def reported(decision: Decision, type_: str) -> tuple[str, str] | None:
    found = conditions.find(decision.status.conditions, type_)
    return (found.status, found.reason) if found else None


def box(which: str | None) -> Devbox:
    """The run's devbox as its own reconcile describes it when its pod is in that state."""
    spec = {"operatingMode": "Running", "image": "i", "command": ["x"], "activeDeadlineSeconds": 600}
    made = Devbox.parse(existing("Devbox", "r", owner_references=[OWNER], spec=spec))
    if not which:
        return made
    starting = made.model_copy(update={"status": DevboxStatus(pod_name="r")})
    view = None if which == "gone" else pod_view.view(pod(which, name="r"), "devbox")
    decision = pod_lifecycle.decide(ObservedDevbox(starting, view, NOW - timedelta(minutes=4)))
    assert decision
    return made.model_copy(update={"status": decision.status})


def finished(reason: str, exit_code: int | None = None, message: str | None = None) -> Devbox:
    """A finished devbox."""
    status = DevboxStatus(
        pod_name="r", claim_name="r", node_name="node-1", exit_code=exit_code, message=message
    )
    status.start_time = NOW - timedelta(minutes=4)
    status.conditions = conditions.put(
        [], conditions.true(ConditionType.FINISHED, ForeignReason(reason), "as told"), 1, NOW
    )
    return box(None).model_copy(update={"status": status})


def restored(**ready: str) -> Devbox:
    """The devbox of a run without an agent: its disk is there, or `reason` and `message` say why not."""
    reason, message = (ready["reason"], ready["message"]) if ready else ("Suspended", "")
    waits = conditions.false(ConditionType.READY, ForeignReason(reason), message)
    found = conditions.put([], waits, 1, NOW)
    if not ready:
        found = conditions.put(
            found, conditions.true(ConditionType.SUSPENDED, DevboxReason.DISK_KEPT), 1, NOW
        )
    spec = DevboxSpec.model_validate({"diskSnapshotRef": {"name": "kept"}, "operatingMode": "Suspended"})
    status = DevboxStatus(conditions=found, claim_name="r")
    return box(None).model_copy(update={"spec": spec, "status": status})


def disk_snapshot(value: str | None = None, reason: str = "SnapshotReady") -> DiskSnapshot:
    """The run's DiskSnapshot; `value` is the status of its condition Ready."""
    ready = {"type": "Ready", "status": value, "reason": reason, "message": "as told"}
    found = [{**ready, "lastTransitionTime": "2026-01-02T10:05:00Z"}] if value else []
    made = existing("DiskSnapshot", "r", spec={"devboxRef": {"name": "r"}}, status={"conditions": found})
    return DiskSnapshot.parse(made)


def job(*failed: str) -> Obj:
    """The scorer Job; `failed` are reason and message of its failure."""
    found = [dict(zip(("reason", "message"), failed, strict=False), type="Failed", status="True")]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "r-score-dca76eb8", "namespace": "team", "uid": "uid-of-job"},
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
    """The status of a run whose scorers work."""
    return decide(Observed(finished("Completed", 0))).status


def scored(
    *scorer_pods: Obj, job_: Obj | None = None, box_: Devbox | None = None, **changes: Any
) -> RunDecision:
    """The decision once the scorer's pods are in that state."""
    observed = Observed(box_ or finished("Completed", 0), jobs=[ScorerJob(job_ or job(), scorer_pods)])
    return decide(observed, scoring(), pinned(**changes))


def failed(decision: RunDecision, reason: str) -> str:
    """Asserts that the run failed for that reason, unscored; returns the message."""
    status = decision.status
    assert reported(decision, "Failed") == ("True", reason)
    assert reported(decision, "Complete") == ("False", reason)
    assert (status.phase, status.score, status.passed) == ("Failed", None, None)
    assert status.completion_time == NOW
    assert is_finished(status.conditions)
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", reason)
    assert decision.requeue == 0, "the devbox goes at once, by the next reconcile"
    message = conditions.find(status.conditions, "Failed")
    assert message is not None
    assert message.message
    return message.message


ALWAYS: dict[str, Any] = {"snapshotPolicy": "Always"}
RESCORE: dict[str, Any] = {"agent": None, "rescore": {"scenarioRunRef": {"name": "old"}}}
BOX = finished("Completed", 0)


def ended(how: str) -> ScenarioRunStatus:
    """The status of a run that has passed, has not, or has no score."""
    line = {"passed": "1.0", "missed": "0.0", "unscored": "no number"}[how]
    return scored(scorer_pod(tests=f"{OK}{line}\n", lint=OK + "\n")).status


def kept(how: str, value: str | None, reason: str = "SnapshotReady") -> tuple[ScenarioRunStatus, Observed]:
    """A run that has ended and its children, when this is the state of its snapshot."""
    status, observed = ended(how), Observed(BOX, disk_snapshot=disk_snapshot(value, reason))
    status.disk_snapshot = "r"
    return disk.report(ended_view(status, observed, **ALWAYS)), observed
