"""Decisions about a run whose agent works in the run's own Job, until the agent has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.reasons import ForeignReason, ReferenceReason, RejectionReason
from assay.api.scenariorun import PinnedRun
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.command_end import BACKSTOP
from assay.reconcile.common.decision import ChildRejected, Event
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold
from assay.reconcile.references.errors import ReferenceNotReady
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import (
    DONE,
    STARTED,
    agent_ended,
    agent_pod,
    beside,
    claim,
    report,
    seeing,
)
from tests.unit.reconcile.runs import NOW, reported
from tests.unit.specs.objects import SETTINGS, Obj

STARTING = datetime.fromisoformat(STARTED)
LIMIT = SETTINGS.provisioning_seconds - (NOW - STARTING).total_seconds()
"""Seconds until an agent should have begun whose Job began then."""


def decide(observed: Observed, pinned_run: PinnedRun | None = None) -> RunDecision:
    return runs.decide(observed, None, pinned_run or beside())


def created(decision: RunDecision) -> list[tuple[str, str]]:
    return [(one["kind"], one["metadata"]["name"]) for one in decision.create]


# --- claim and Job ---


def test_first_the_claim_and_the_job() -> None:
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "none"}}
    decision = decide(Observed(policies=[policy]))
    assert created(decision) == [("NetworkPolicy", "none"), ("PersistentVolumeClaim", "r"), ("Job", "r")]
    for made in decision.create[1:]:
        [owner] = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("ScenarioRun", "uid-of-r")
    assert not decision.write, "there is nothing to report yet"


def test_a_claim_that_is_there_is_not_created_again() -> None:
    assert created(decide(Observed(claim=claim()))) == [("Job", "r")]


def test_policies_that_are_out_of_date_are_patched_before_the_agent_begins() -> None:
    policy: Obj = {"kind": "NetworkPolicy", "metadata": {"name": "none"}}
    change: Obj = {"spec": {}}
    decision = decide(Observed(outdated_policies=[(policy, change)]))
    assert list(decision.patch) == [(policy, change)]
    assert ("Job", "r") in created(decision)


def test_a_disk_begins_with_the_content_of_its_snapshot() -> None:
    kept = DiskSnapshotStatus(volume_snapshot_name="kept-1", restore_size="5Gi")
    made = decide(Observed(snapshot=kept)).create[0]
    assert made["spec"]["dataSource"]["name"] == "kept-1"
    assert made["spec"]["resources"]["requests"]["storage"] == "5Gi"


def test_a_snapshot_that_cannot_be_used_yet_is_waited_for() -> None:
    missing = ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_READY, "it is Creating", 7.0)
    decision = decide(Observed(missing_snapshot=missing))
    assert (decision.create, decision.requeue) == ((), 7.0)
    assert reported(decision, "Complete") == ("False", "DiskSnapshotNotReady")
    assert decision.write
    assert created(decide(seeing(claim=None, missing_snapshot=missing))) == [], "a Job without its claim"


async def test_a_run_whose_job_is_refused_is_pending_and_says_why() -> None:
    first = decide(Observed(claim=claim()))
    assert first.on_rejection is not None
    blocked = await first.on_rejection(ChildRejected(RejectionReason.QUOTA_EXCEEDED, "exceeded quota"))
    assert blocked is not None
    assert reported(blocked, "Complete") == ("False", "QuotaExceeded")
    assert (blocked.status.phase, blocked.create, blocked.requeue) == ("Pending", (), RETRY_SECONDS)
    assert blocked.event == Event("Warning", RejectionReason.QUOTA_EXCEEDED, "exceeded quota")


# --- the agent works ---


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("unseen", "AgentWorking"),
        ("creating", "AgentWorking"),
        ("running", "AgentWorking"),
        ("unschedulable", "Unschedulable"),
        ("pull-back-off", "ImagePullBackOff"),
        ("no-secret", "CreateContainerConfigError"),
    ],
)
def test_while_the_agent_works(which: str, reason: str) -> None:
    decision = decide(seeing(agent_pod(which)))
    assert reported(decision, "Complete") == ("False", reason)
    assert reported(decision, "AgentFinished") is None
    assert decision.status.agent is None
    assert (list(decision.create), list(decision.delete)) == ([], [])
    told = (decision.event.type, decision.event.reason) if decision.event else None
    assert told == (None if reason == "AgentWorking" else ("Warning", reason))
    assert which == "running" or decision.requeue == LIMIT, "the watch shows what comes next"


def test_trouble_that_may_pass_by_itself_is_not_reported_yet() -> None:
    young = agent_pod("unschedulable")
    young["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=4)).isoformat()
    decision = decide(seeing(young))
    assert reported(decision, "Complete") == ("False", "AgentWorking")
    assert (decision.status.phase, decision.event, decision.requeue) == ("Running", None, 6.0)


@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        (seeing(), "AgentWorking"),
        (seeing(hold=Hold(None, 3.0)), "AgentWorking"),
        (seeing(hold=Hold(Cause(RejectionReason.QUOTA_EXCEEDED, "no"), 15.0)), "QuotaExceeded"),
        (
            seeing(agent_pod("unseen"), hold=Hold(Cause(ForeignReason("FailedMount"), "no"), 15.0)),
            "FailedMount",
        ),
        (seeing(agent_pod("pull-back-off")), "ImagePullBackOff"),
    ],
)
def test_what_keeps_the_agent_from_starting(observed: Observed, reason: str) -> None:
    decision = decide(observed)
    assert reported(decision, "Complete") == ("False", reason)
    assert reported(decision, "AgentFinished") is None
    assert decision.status.phase == ("Running" if reason == "AgentWorking" else "Pending")
    look_again = observed.hold.look_again
    assert decision.requeue == (LIMIT if look_again is None else look_again)


def test_an_agent_at_work_is_looked_at_when_its_time_is_over() -> None:
    decision = decide(seeing(agent_pod("running")))
    assert decision.requeue == 600 - (NOW - STARTING).total_seconds() + BACKSTOP.total_seconds()


def test_a_claim_that_was_deleted_before_its_pod_began_is_made_again() -> None:
    assert created(decide(seeing(agent_pod("unseen"), claim=None))) == [("PersistentVolumeClaim", "r")]
    assert created(decide(seeing(agent_pod("running"), claim=None))) == []


def test_the_pod_that_was_created_last_counts() -> None:
    older, newer = agent_pod("evicted-by-kubelet"), agent_pod("running")
    newer["metadata"]["creationTimestamp"] = "2026-01-02T10:01:00Z"
    for order in ((older, newer), (newer, older)):
        assert reported(decide(seeing(*order)), "Complete") == ("False", "AgentWorking")


# --- what all stages share ---


@pytest.mark.parametrize(
    "observed",
    [
        seeing(agent_pod("running")),
        seeing(agent_pod("pull-back-off")),
        seeing(agent_ended(DONE, tests=None)),
        seeing(agent_ended(report(137, more=" signal=9 oom=1"))),
    ],
    ids=["running", "trouble", "scoring", "failed"],
)
def test_the_second_reconcile_reports_the_same(observed: Observed) -> None:
    first = decide(observed).status
    if first.phase == "Failed":
        return
    later = runs.decide(observed, first, beside())
    assert later.status.model_dump() == first.model_dump()
    assert later.event is None, "it is told once"
