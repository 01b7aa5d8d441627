"""Decisions about a run until its agent has ended."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.conditions import is_finished
from assay.api.devbox import Devbox
from assay.api.scenariorun import PinnedRun
from assay.reconcile.scenariorun.observed import Observed
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.runs import (
    NOW,
    box,
    decide,
    failed,
    finished,
    job,
    reported,
    restored,
)
from tests.unit.specs.objects import Obj, pinned

# --- the agent works ---


def test_first_a_devbox() -> None:
    decision = decide(Observed())
    [made] = decision.create
    assert (made["kind"], made["metadata"]["name"]) == ("Devbox", "r")
    assert not decision.write, "there is nothing to report yet"


@pytest.mark.parametrize(
    ("which", "reason", "phase"),
    [
        (None, "AgentWorking", "Running"),
        ("running", "AgentWorking", "Running"),
        ("unschedulable", "Unschedulable", "Pending"),
        ("pull-back-off", "ImagePullBackOff", "Pending"),
        ("no-secret", "CreateContainerConfigError", "Pending"),
    ],
)
def test_while_the_agent_works_or_waits(which: str | None, reason: str, phase: str) -> None:
    decision = decide(Observed(box(which)))
    assert reported(decision, "Complete") == ("False", reason)
    assert reported(decision, "AgentFinished") is None
    assert decision.status.phase == phase
    assert (decision.create, decision.delete) == ((), ())
    told = (decision.event.type, decision.event.reason) if decision.event else None
    assert told == (("Warning", reason) if phase == "Pending" else None)
    assert decide(Observed(box(which)), decision.status).event is None, "each cause is told once"


# --- the agent has ended ---


@pytest.mark.parametrize(
    ("which", "reason", "exit_code"),
    [
        ("completed", "Completed", 0),
        ("error", "Error", 3),
        ("past-its-own-deadline", "DeadlineExceeded", 137),
    ],
)
def test_what_the_agent_left_is_scored(which: str, reason: str, exit_code: int) -> None:
    decision = decide(Observed(box(which)))
    [made] = decision.create
    assert (made["kind"], made["metadata"]["name"]) == ("Job", "r-score-dca76eb8")
    volumes = {volume["name"]: volume for volume in made["spec"]["template"]["spec"]["volumes"]}
    assert volumes["disk"]["persistentVolumeClaim"]["claimName"] == "r"
    assert "node-1" in str(made["spec"]["template"]["spec"]["affinity"])
    status = decision.status
    assert (status.phase, status.scorer_jobs, status.devbox) == ("Scoring", ["r-score-dca76eb8"], "r")
    assert status.scoring_start_time == NOW
    assert reported(decision, "AgentFinished") == ("True", reason)
    assert status.agent is not None
    assert (status.agent.reason, status.agent.exit_code) == (reason, exit_code)
    assert not decision.delete, "the disk is needed"


def test_an_agent_that_was_stopped_at_its_deadline_is_scored() -> None:
    decision = decide(Observed(finished("DeadlineExceeded")))
    assert [made["kind"] for made in decision.create] == ["Job"]


@pytest.mark.parametrize(
    ("devbox", "reason"),
    [
        (box("oom-killed"), "OOMKilled"),
        (box("boot-failed"), "BootFailed"),
        (box("network-open"), "NetworkOpen"),
        (box("init-network-open"), "NetworkOpen"),
        (box("cannot-run"), "NodeRefused"),
        (box("node-rebooted"), "NodeLost"),
        (box("evicted-by-kubelet"), "Evicted"),
        (box("evicted-before-it-started"), "Evicted"),
        (box("not-admitted"), "NodeRefused"),
        (finished("LaunchFailed", 125), "LaunchFailed"),
        (finished("DiskFull", 125), "DiskFull"),
        (box("gone"), "PodLost"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("agent", [{"type": "Command", "command": ["x"]}, {"type": "Reference"}])
def test_what_kubernetes_did_is_no_score(devbox: Devbox, reason: str, agent: Obj) -> None:
    decision = decide(Observed(devbox), pinned_run=pinned(agent, referenceOutput={"script": "true"}))
    failed(decision, reason)
    assert not decision.create
    agent_result = decision.status.agent
    assert agent_result is not None
    assert agent_result.reason == reason


@pytest.mark.parametrize(
    ("devbox", "is_scored"),
    [
        (finished("Completed", 0), True),
        (finished("Error", 1, "patch does not apply"), False),
        (finished("DeadlineExceeded"), False),
    ],
    ids=["applied", "not applied", "too slow"],
)
def test_a_reference_that_was_not_applied_is_not_scored(devbox: Devbox, is_scored: bool) -> None:
    reference = pinned({"type": "Reference"}, referenceOutput={"patch": "p"})
    decision = decide(Observed(devbox), pinned_run=reference)
    assert bool(decision.create) is is_scored
    if not is_scored:
        failed(decision, "ReferenceNotApplied")


def test_why_a_reference_was_not_applied() -> None:
    reference = pinned({"type": "Reference"}, referenceOutput={"patch": "p"})
    decision = decide(Observed(finished("Error", 1, "patch does not apply")), pinned_run=reference)
    assert "patch does not apply" in failed(decision, "ReferenceNotApplied")


@pytest.mark.parametrize(
    ("reason", "cure"),
    [
        ("OOMKilled", "limits.memory"),
        ("LaunchFailed", "launchCommands"),
        ("DiskFull", "disk.size"),
        ("BootFailed", "StorageClass"),
        ("Evicted", "requests"),
        ("Preempted", "run it again"),
        ("NodeRefused", "run it again"),
    ],
)
def test_a_failure_comes_with_its_cure(reason: str, cure: str) -> None:
    assert cure in failed(decide(Observed(finished(reason))), reason)


# --- no agent: a disk that is there already ---

NO_AGENT: dict[str, Any] = {"agent": None, "rescore": {"scenarioRunRef": {"name": "old"}}}


def existing_disk() -> PinnedRun:
    return pinned().model_copy(update={"agent": None, "disk_snapshot": "kept"})


def test_a_kept_disk_is_restored_without_a_pod() -> None:
    [made] = decide(Observed(), None, existing_disk(), **NO_AGENT).create
    assert made["spec"] == {
        "diskSnapshotRef": {"name": "kept"},
        "operatingMode": "Suspended",
        "rootFilesystem": "Auto",
    }


@pytest.mark.parametrize(
    ("devbox", "reason"),
    [
        (box(None), "RestoringDisk"),
        (restored(reason="DiskSnapshotNotReady", message="Creating"), "DiskSnapshotNotReady"),
    ],
)
def test_while_a_disk_is_restored(devbox: Devbox, reason: str) -> None:
    decision = decide(Observed(devbox), None, existing_disk(), **NO_AGENT)
    assert reported(decision, "Complete") == ("False", reason)
    assert decision.create == ()


def test_a_restored_disk_is_scored_and_no_agent_is_reported() -> None:
    decision = decide(Observed(restored()), None, existing_disk(), **NO_AGENT)
    assert [made["kind"] for made in decision.create] == ["Job"]
    assert decision.status.phase == "Scoring"
    assert decision.status.agent is None
    assert reported(decision, "AgentFinished") is None


# --- what all stages share ---


@pytest.mark.parametrize(
    "observed",
    [
        Observed(box("running")),
        Observed(box("pull-back-off")),
        Observed(finished("Completed", 0)),
        Observed(finished("OOMKilled")),
    ],
    ids=["running", "trouble", "scoring", "failed"],
)
def test_the_second_reconcile_reports_the_same(observed: Observed) -> None:
    first = decide(observed).status
    if is_finished(first.conditions):
        return
    seen = observed if first.scorer_jobs is None else Observed(observed.devbox, jobs=[ScorerJob(job())])
    later = decide(seen, first).status
    assert later.model_dump() == first.model_dump()
