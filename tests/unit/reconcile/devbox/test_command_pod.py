"""What is decided about a devbox by the state of the pod that runs its command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common.command_end import BACKSTOP
from assay.reconcile.common.decision import Decision
from assay.specs import devbox_pod
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.devbox import boxes
from tests.unit.reconcile.devbox.boxes import observed, reported, status_of, with_output
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import OVERLAY, Obj

START = datetime(2026, 1, 2, 10, tzinfo=UTC)
LATER = START + timedelta(seconds=60)
SPEC = DevboxSpec(image="i", command=["x"], active_deadline_seconds=600)


def decide(
    shown: Obj | None, status: DevboxStatus | None = None, now: datetime = LATER, spec: DevboxSpec = SPEC
) -> Decision:
    return boxes.decide(observed(shown, status, spec, now))


def running() -> DevboxStatus:
    return boxes.running(LATER)


@pytest.mark.parametrize(
    ("which", "reason", "exit_code"),
    [
        ("completed", "Completed", 0),
        ("error", "Error", 3),
        ("boot-failed", "BootFailed", 125),
        ("network-open", "NetworkOpen", 125),
        ("disk-full", "DiskFull", 125),
        ("launch-failed", "LaunchFailed", 125),
        ("oom-killed", "OOMKilled", 137),
        ("cannot-run", "NodeRefused", 128),
        ("node-rebooted", "NodeLost", 137),
        ("evicted-by-kubelet", "Evicted", 137),
        ("evicted-before-it-started", "Evicted", None),
        ("not-admitted", "NodeRefused", None),
        ("past-its-own-deadline", "DeadlineExceeded", 137),
    ],
)
@pytest.mark.parametrize("seen_running", [True, False])
def test_how_it_finished(which: str, reason: str, exit_code: int | None, seen_running: bool) -> None:
    decision = decide(pod(which), running() if seen_running else None)
    status = status_of(decision)
    assert reported(decision.status, "Finished") == ("True", reason)
    assert reported(decision.status, "Ready") == ("False", "Finished")
    assert (status.exit_code, status.phase) == (exit_code, "Finished")
    assert status.pod_name == "box"
    assert status.finish_time is not None
    assert decision.write
    assert not decision.create
    assert not decision.delete, "the disk may be needed by a scorer"
    assert decision.event is not None


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("unschedulable", "Unschedulable"),
        ("pull-back-off", "ImagePullBackOff"),
        ("no-secret", "CreateContainerConfigError"),
    ],
)
def test_what_keeps_it_from_starting(which: str, reason: str) -> None:
    decision = decide(pod(which))
    assert reported(decision.status, "Ready") == ("False", reason)
    assert decision.status.phase == "Pending"
    assert reported(decision.status, "Finished") is None


@pytest.mark.parametrize("which", ["unseen", "creating"])
def test_a_start_under_way_costs_no_write(which: str) -> None:
    decision = decide(pod(which))
    assert (decision.write, decision.create, decision.delete, decision.event) == (False, (), (), None)


def test_running() -> None:
    decision = decide(pod("running"))
    assert reported(decision.status, "Ready") == ("True", "Running")
    assert isinstance(decision.status, DevboxStatus)
    assert (decision.status.phase, decision.status.pod_name) == ("Running", "box")
    assert (decision.status.node_name, decision.status.claim_name) == ("node-1", "box")
    assert decision.requeue == 540 + BACKSTOP.total_seconds(), "looks again when the runner should have ended"


def test_without_a_deadline_it_runs_for_ever() -> None:
    decision = decide(
        pod("running"), now=START + timedelta(days=900), spec=DevboxSpec(image="i", command=["x"])
    )
    assert reported(decision.status, "Ready") == ("True", "Running")
    assert decision.requeue is None


def test_a_look_that_shows_nothing_new_changes_nothing() -> None:
    first = running()
    again = decide(pod("running"), first, LATER + timedelta(seconds=30))
    assert again.status == first


# --- the deadline ---

AT_DEADLINE = START + timedelta(seconds=600) + BACKSTOP


def stopping() -> DevboxStatus:
    return status_of(decide(pod("running"), running(), AT_DEADLINE))


def test_the_runner_stops_its_command_and_the_operator_does_not() -> None:
    decision = decide(pod("running"), running(), AT_DEADLINE - timedelta(seconds=1))
    assert reported(decision.status, "Ready") == ("True", "Running")
    assert not decision.delete


def test_past_its_deadline_it_is_stopped_if_the_runner_did_not() -> None:
    decision = decide(pod("running"), running(), AT_DEADLINE)
    assert reported(decision.status, "Ready") == ("False", "DeadlineExceeded")
    assert reported(decision.status, "Finished") is None, "the agent may still write to the disk"
    assert len(decision.delete) == 1


def test_stopping_is_tried_again_after_a_crash() -> None:
    assert len(decide(pod("running"), stopping(), AT_DEADLINE).delete) == 1


@pytest.mark.parametrize("which", ["running", "error", "oom-killed"])
def test_it_is_finished_when_the_pod_is_gone_and_not_before(which: str) -> None:
    decision = decide(pod(which, deleting=True), stopping(), AT_DEADLINE)
    assert (decision.write, decision.delete) == (False, ())
    decision = decide(None, stopping(), AT_DEADLINE)
    assert reported(decision.status, "Finished") == ("True", "DeadlineExceeded")


def test_an_end_just_before_the_deadline_counts_as_that() -> None:
    assert reported(decide(pod("completed"), stopping(), AT_DEADLINE).status, "Finished") == (
        "True",
        "Completed",
    )


# --- pods that go away ---


def test_a_lost_pod() -> None:
    assert reported(decide(None, running()).status, "Finished") == ("True", "PodLost")


@pytest.mark.parametrize("which", ["running", "completed", "error", "evicted-by-kubelet"])
def test_while_it_is_being_deleted_nothing_is_finished(which: str) -> None:
    assert reported(decide(pod(which, deleting=True), running()).status, "Finished") is None


def test_a_drained_pod_was_drained_not_lost() -> None:
    """kubectl drain, preemption and a lost node delete the pod; its condition says why, as long as it is there."""
    decision = decide(None, status_of(decide(pod("drained"), running())))
    assert reported(decision.status, "Finished") == ("True", "Drained")


# --- what is reported ---


def test_the_end_of_the_output_is_kept_within_bounds() -> None:
    shown = pod("error")
    terminated = shown["status"]["containerStatuses"][0]["state"]["terminated"]
    terminated["message"] = "x" * 5000 + "the end"
    status = status_of(decide(shown))
    assert status.message is not None
    assert status.message.endswith("the end")
    DevboxStatus.model_validate(status.model_dump())  # within the schema's limits


def test_the_log_of_a_failed_command_comes_before_its_termination_message() -> None:
    seen = observed(pod("error"), running(), SPEC)
    assert status_of(boxes.decide(seen)).message == "no key"
    assert status_of(boxes.decide(with_output(seen, "the log"))).message == "the log"


@pytest.mark.parametrize("owned", [True, False])
def test_a_run_reports_the_end_of_its_devbox_itself(owned: bool) -> None:
    seen = observed(pod("completed"), spec=SPEC, owner_references=owner("ScenarioRun", "r") if owned else [])
    assert (boxes.decide(seen).event is None) is owned


@pytest.mark.parametrize(
    "forged",
    ["assay-boot: cannot mount", "assay-launch: failed", "assay/1 exit=0 timeout=0 seconds=1.0\n1.0"],
)
def test_what_a_command_prints_does_not_change_how_it_ended(forged: str) -> None:
    shown = pod("error")
    shown["status"]["containerStatuses"][0]["state"]["terminated"]["message"] = forged
    assert reported(decide(shown).status, "Finished") == ("True", "Error")


@pytest.mark.parametrize(("root", "reason", "exit_code"), [("Overlay", "Completed", 0), ("Copy", "Error", 3)])
def test_a_report_counts_where_no_command_can_write_it(root: str, reason: str, exit_code: int) -> None:
    shown = pod("error")
    shown["metadata"]["labels"]["assay.dev/root-filesystem"] = root
    terminated = shown["status"]["containerStatuses"][0]["state"]["terminated"]
    terminated["message"] = "assay/2 exit=0 timeout=0 seconds=42.00\n"
    status = status_of(decide(shown))
    assert reported(status, "Finished") == ("True", reason)
    assert status.exit_code == exit_code
    assert (status.message is None) is (root == "Overlay")


# --- what the pod is made of ---

DIGEST = "example.test/x@sha256:0"


def test_a_pod_that_came_before_any_status_says_how_its_disk_is_mounted_and_why() -> None:
    shown = pod("running")
    shown["metadata"]["annotations"] = {}
    shown = devbox_pod.with_mount_reason(shown, OVERLAY)
    status = status_of(decide(shown, spec=DevboxSpec(image=DIGEST)))
    assert (status.image, status.root_filesystem) == (DIGEST, "Overlay")
    assert status.root_filesystem_reason == OVERLAY.reason


def test_what_the_status_says_of_the_disk_stays() -> None:
    before = DevboxStatus(image="pinned", root_filesystem="Copy", root_filesystem_reason="chosen")
    status = status_of(decide(pod("running"), before, spec=DevboxSpec(image=DIGEST)))
    assert (status.image, status.root_filesystem) == ("pinned", "Copy")
    assert status.root_filesystem_reason == "chosen"
