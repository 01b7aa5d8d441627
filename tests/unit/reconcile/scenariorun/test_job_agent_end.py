"""Decisions about how an agent ended that works in the run's own Job."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun
from assay.reconcile.common.pod_view import OUTPUT_MAX
from assay.reconcile.scenariorun.observed import Observed, RunDecision
from tests.unit.reconcile import runs
from tests.unit.reconcile.run_jobs import (
    DONE,
    agent_ended,
    agent_pod,
    beside,
    own_job,
    report,
    seeing,
)
from tests.unit.reconcile.runs import NOW, failed, reported
from tests.unit.specs.objects import Obj

REFERENCE: dict[str, Any] = {"agent": {"type": "Reference"}, "referenceOutput": {"script": "true"}}


def decide(observed: Observed, pinned_run: PinnedRun | None = None) -> RunDecision:
    return runs.decide(observed, None, pinned_run or beside())


# --- the agent has ended by itself ---

OOM = report(137, more=" signal=9 oom=1")
CHILD_OOM = report(0, more=" oom=2")


@pytest.mark.parametrize(
    ("message", "reason", "exit_code"),
    [
        (report(0), "Completed", 0),
        (report(3), "Error", 3),
        (report(137, more=" signal=9"), "Error", 137),
        (report(137, timeout=1, more=" signal=9"), "DeadlineExceeded", 137),
        (report(0, timeout=1), "DeadlineExceeded", 0),
        (CHILD_OOM, "Completed", 0),
        (report(1, more=" oom=1"), "Error", 1),
    ],
    ids=[
        "well",
        "badly",
        "killed itself",
        "stopped",
        "stopped, ended well",
        "child of it killed",
        "without a child",
    ],
)
def test_what_the_agent_left_is_scored(message: str, reason: str, exit_code: int) -> None:
    decision = decide(seeing(agent_ended(message)))
    status = decision.status
    assert reported(decision, "AgentFinished") == ("True", reason)
    assert reported(decision, "Complete") == ("False", "Scoring")
    assert (status.phase, status.scorer_jobs, status.devbox) == ("Scoring", ["r"], None)
    assert status.scoring_start_time == NOW
    assert status.agent is not None
    assert (status.agent.reason, status.agent.exit_code) == (reason, exit_code)
    assert status.agent.start_time is not None
    assert status.agent.finish_time is not None
    assert (decision.create, decision.delete) == ((), ()), "the kubelet has begun the functions"
    if reason == "Completed":
        assert decision.event is None, "its score is told, and each Event costs a write"
    else:
        assert decision.event is not None
        assert (decision.event.type, decision.event.reason) == ("Normal", reason)
        assert f"exit code {exit_code} after 42 s" in decision.event.message


def of(which: str, **more: Any) -> Observed:
    return seeing(agent_pod(which, **more))


@pytest.mark.parametrize(
    ("observed", "reason", "exit_code"),
    [
        (seeing(agent_ended(OOM)), "OOMKilled", 137),
        (seeing(agent_ended(report(137), 0, "OOMKilled")), "OOMKilled", 137),
        (of("oom-killed"), "OOMKilled", 137),
        (of("launch-failed"), "LaunchFailed", 125),
        (of("boot-failed"), "BootFailed", 125),
        (of("disk-full"), "DiskFull", 125),
        (of("network-open"), "NetworkOpen", 125),
        (of("cannot-run"), "NodeRefused", 128),
        (of("node-rebooted"), "NodeLost", 137),
        (of("evicted-by-kubelet"), "Evicted", None),
        (of("evicted-before-it-started"), "Evicted", None),
        (of("drained"), "Drained", None),
        (of("not-admitted"), "NodeRefused", None),
        (of("past-its-own-deadline"), "PodLost", None),
        (seeing(job=own_job("BackoffLimitExceeded", "it has failed")), "PodLost", None),
    ],
    ids=[
        *("report of an agent that was killed", "report and the kubelet's word", "oom", "launch", "boot"),
        *("disk", "network", "cannot run", "node rebooted", "evicted", "evicted early", "drained"),
        *("not admitted", "pod's deadline before the agent's", "no pod"),
    ],
)
@pytest.mark.parametrize("changes", [{}, REFERENCE], ids=["command", "reference"])
def test_what_kubernetes_did_is_no_score(
    observed: Observed, reason: str, exit_code: int | None, changes: Obj
) -> None:
    decision = decide(observed, beside(**changes))
    failed(decision, reason)
    assert (decision.create, decision.status.scorer_jobs) == ((), None)
    agent = decision.status.agent
    assert agent is not None
    assert (agent.reason, agent.exit_code) == (reason, exit_code)


@pytest.mark.parametrize(
    ("seconds", "reason"), [(599, "PodLost"), (600, "DeadlineExceeded"), (4000, "DeadlineExceeded")]
)
def test_the_pods_deadline_stops_an_agent_that_has_had_its_time(seconds: float, reason: str) -> None:
    shown = agent_pod("past-its-own-deadline")
    [agent] = shown["status"]["initContainerStatuses"]
    agent["state"]["terminated"]["startedAt"] = (NOW - timedelta(seconds=seconds)).isoformat()
    assert reported(decide(seeing(shown)), "AgentFinished") == ("True", reason)


def test_an_agent_that_never_began_has_no_start() -> None:
    agent = decide(of("evicted-before-it-started")).status.agent
    assert agent is not None
    assert agent.start_time is None


def test_a_job_that_failed_still_has_the_report_of_its_agent() -> None:
    job = own_job("BackoffLimitExceeded", "a function ended with an error")
    decision = decide(seeing(agent_ended(DONE, tests=None), job=job))
    assert reported(decision, "AgentFinished") == ("True", "Completed")


@pytest.mark.parametrize(("code", "is_scored"), [(0, True), (1, False)])
def test_a_reference_that_was_not_applied_is_not_scored(code: int, is_scored: bool) -> None:
    observed = seeing(agent_ended(report(code)), output="hunk 3 does not apply\n")
    decision = decide(observed, beside(**REFERENCE))
    assert (decision.status.phase == "Scoring") is is_scored
    if not is_scored:
        assert "hunk 3 does not apply" in failed(decision, "ReferenceNotApplied")


# --- a pod that goes away ---


def test_a_pod_is_lost_that_ended_before_its_agent() -> None:
    ended = agent_pod("running")
    ended["status"]["phase"] = "Failed"
    message = failed(decide(seeing(ended)), "PodLost")
    assert "run it again" in message


# --- the agent's output ---


@pytest.mark.parametrize(
    ("message", "output", "shown"),
    [
        (report(3), "the log\n", "the log\n"),
        (report(3), "", None),
        (report(0), "", None),
        ("no report", "", "no report"),
        ("no report", "the log\n", "the log\n"),
    ],
)
def test_the_log_of_a_failed_agent_comes_before_its_termination_message(
    message: str, output: str, shown: str | None
) -> None:
    agent = decide(seeing(agent_ended(message), output=output)).status.agent
    assert agent is not None
    assert agent.message == shown


def test_the_end_of_the_output_is_kept_within_bounds() -> None:
    agent = decide(seeing(agent_ended(report(3)), output="x" * 5000 + "the end")).status.agent
    assert agent is not None
    assert agent.message is not None
    assert agent.message.endswith("the end")
    assert len(agent.message) == OUTPUT_MAX
