"""Runs that people suspend, cancel and limit, and runs whose Jobs something else suspends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tools.kube import apply, condition, get, kubectl, refusal

from .disks import until_reason
from .objects import bash, eventually, finished, obj, run_one, scenario, scenario_run, shell
from .pods import forbid_pods, until

RIGHT = bash("right", "grep -qx 42 /answer && echo 1 || echo 0")
ONCE = bash("once", "test $(wc -l < /begun) = 1 && echo 1 || echo 0")
WRITES = shell("echo x >> /begun; echo 42 > /answer")
WORKS = shell("echo x >> /begun; echo 42 > /answer; echo written; sleep 600")
QUEUE = {"kueue.x-k8s.io/queue-name": "agents"}


def steer(namespace: str, name: str, kind: str = "scenariorun", **spec: object) -> None:
    """Change the spec of a run."""
    change = json.dumps({"spec": spec})
    kubectl("patch", "-n", namespace, kind, name, "--type=merge", "-p", change)


def gone(namespace: str, *kinds: str) -> None:
    """Wait until there are none of these any more."""
    eventually(
        lambda: True if not get(namespace, ",".join(kinds)) else None,
        120,
        lambda: kubectl("get", "-n", namespace, ",".join(kinds)),
    )


def benchmark(*scenarios: dict[str, Any]) -> dict[str, Any]:
    """A Benchmark of these scenarios."""
    return obj("Benchmark", "b", {"scenarios": [{"name": one["metadata"]["name"]} for one in scenarios]})


def benchmark_run(agent: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A run of it."""
    return obj("BenchmarkRun", "run", {"benchmarkRef": {"name": "b"}, "agent": agent, **more})


def counts_of(namespace: str) -> dict[str, int]:
    """The counts of the BenchmarkRun; empty before it has started."""
    counts: dict[str, int] = (get(namespace, "benchmarkrun", "run").get("status") or {}).get("counts") or {}
    return counts


def test_a_run_that_is_created_suspended_has_nothing_until_that_is_cleared(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT), scenario_run("run", "s", WRITES, suspend=True))
    until_reason(namespace, "scenariorun", "run", "Suspended", "Suspended")
    assert not get(namespace, "jobs,pods,pvc,devboxes")
    assert "pinned" not in get(namespace, "scenariorun", "run")["status"]
    steer(namespace, "run", suspend=False)
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0
    assert condition(run, "Suspended")["reason"] == "Resumed"


@pytest.mark.usefixtures("each_placement")
def test_an_agent_that_is_suspended_begins_again_on_a_fresh_disk(namespace: str) -> None:
    slow = shell("echo x >> /begun; echo 42 > /answer; sleep 20")
    apply(namespace, scenario("s", RIGHT, ONCE), scenario_run("run", "s", slow))
    until(namespace, "devbox", "running")
    steer(namespace, "run", suspend=True)
    until_reason(namespace, "scenariorun", "run", "Suspended", "Complete")
    gone(namespace, "jobs", "pods", "pvc", "devboxes")
    assert get(namespace, "scenariorun", "run")["status"]["phase"] == "Suspended"
    steer(namespace, "run", suspend=False)
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0, run["status"]


def test_a_run_that_is_resumed_at_once_waits_for_its_former_disk_to_go(namespace: str) -> None:
    slow = shell("echo x >> /begun; echo 42 > /answer; sleep 20")
    apply(namespace, scenario("s", RIGHT, ONCE), scenario_run("run", "s", slow))
    until(namespace, "devbox", "running")
    steer(namespace, "run", suspend=True)
    until_reason(namespace, "scenariorun", "run", "Suspended", "Complete")
    steer(namespace, "run", suspend=False)
    assert finished(namespace, "run")["status"]["score"] == 1.0


def test_what_an_agent_left_is_scored_when_its_run_is_resumed(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT, ONCE, bash("slow", "sleep 25; echo 1")))
    apply(namespace, scenario_run("run", "s", WRITES))
    until(namespace, "slow", "running")
    steer(namespace, "run", suspend=True)
    gone(namespace, "jobs", "pods")
    [claim] = get(namespace, "pvc")
    assert claim["metadata"]["name"] == "run"
    steer(namespace, "run", suspend=False)
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0, run["status"]
    assert {one["placement"] for one in run["status"]["scores"]} == {"OwnPod"}


@pytest.mark.usefixtures("each_placement")
def test_a_run_that_is_canceled_ends_and_leaves_nothing(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT), scenario_run("run", "s", WORKS))
    until(namespace, "devbox", "running")
    steer(namespace, "run", cancel=True)
    run = finished(namespace, "run", timeout=30)
    assert condition(run, "Failed")["reason"] == "Canceled"
    assert "score" not in run["status"]
    gone(namespace, "jobs", "pods", "pvc", "devboxes")
    change = (
        "patch",
        "-n",
        namespace,
        "scenariorun",
        "run",
        "--type=merge",
        "-p",
        '{"spec":{"cancel":false}}',
    )
    assert "cancel cannot be taken back" in refusal(*change)


def test_the_disk_of_a_canceled_run_is_opened_if_that_was_asked_for(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT))
    apply(namespace, scenario_run("run", "s", WORKS, keepDevbox={"when": "OnFailure", "ttlSeconds": 300}))
    until(namespace, "devbox", "running")
    logs = ("logs", "-n", namespace, "job/run", "-c", "devbox")
    eventually(lambda: "written" in kubectl(*logs) or None, 60, lambda: "the agent has written nothing")
    steer(namespace, "run", cancel=True)
    kubectl("wait", "-n", namespace, "--for=create", "devbox/run", "--timeout=120s")
    kubectl("wait", "-n", namespace, "--for=condition=Ready", "devbox/run", "--timeout=120s")
    shown = kubectl("exec", "-n", namespace, "run", "--", "/.assay/shell", "cat", "/answer")
    assert shown.strip() == "42"
    assert not get(namespace, "jobs")


def test_a_benchmark_run_that_is_canceled_has_the_score_of_what_had_ended(namespace: str) -> None:
    scenarios = [scenario(f"s{number}", RIGHT) for number in range(4)]
    agent = shell("case $ASSAY_SCENARIO in s0) echo 42 > /answer ;; *) sleep 600 ;; esac")
    apply(namespace, *scenarios, benchmark(*scenarios), benchmark_run(agent, parallelism=2))
    eventually(
        lambda: counts_of(namespace).get("scored") or None,
        120,
        lambda: str(get(namespace, "benchmarkrun", "run")),
    )
    eventually(lambda: len(get(namespace, "scenarioruns")) == 3 or None, 60, lambda: "no run takes its place")
    steer(namespace, "run", "benchmarkrun", cancel=True)
    run = finished(namespace, "run", "benchmarkrun", timeout=60)
    assert condition(run, "Failed")["reason"] == "Canceled"
    status = run["status"]
    assert status["score"] == 1.0
    assert status["unscored"] == [{"reason": "Canceled", "count": 2, "blame": "Author"}]
    assert (status["counts"]["scored"], status["counts"]["leftOut"], status["counts"]["pending"]) == (1, 2, 1)
    gone(namespace, "jobs", "pods", "pvc")


def test_a_benchmark_run_is_suspended_and_resumed_with_its_runs(namespace: str) -> None:
    scenarios = [scenario(f"s{number}", RIGHT, ONCE) for number in range(3)]
    agent = shell("echo x >> /begun; echo 42 > /answer; sleep 15")
    apply(namespace, *scenarios, benchmark(*scenarios), benchmark_run(agent, parallelism=2))
    eventually(lambda: len(get(namespace, "pods")) == 2 or None, 90, lambda: str(get(namespace, "pods")))
    steer(namespace, "run", "benchmarkrun", suspend=True)
    gone(namespace, "jobs", "pods", "pvc")
    assert len(get(namespace, "scenarioruns")) == 2, "it creates no more"
    assert {run["spec"]["suspend"] for run in get(namespace, "scenarioruns")} == {True}
    assert get(namespace, "benchmarkrun", "run")["status"]["phase"] == "Suspended"
    steer(namespace, "run", "benchmarkrun", suspend=False, parallelism=3)
    run = finished(namespace, "run", "benchmarkrun")
    assert run["status"]["score"] == 1.0, run["status"]
    assert run["status"]["counts"]["scored"] == 3


def test_a_run_that_has_no_score_at_its_deadline_fails(namespace: str) -> None:
    run = run_one(namespace, WORKS, scenario("s", RIGHT), activeDeadlineSeconds=30)
    assert condition(run, "Failed")["reason"] == "RunDeadlineExceeded"
    gone(namespace, "jobs", "pods", "pvc")


def test_a_run_that_no_node_takes_fails_with_the_words_of_the_scheduler(namespace: str) -> None:
    nowhere = {"nodeSelector": {"example.com/no-such": "node"}}
    run = run_one(namespace, WRITES, scenario("s", RIGHT), activeDeadlineSeconds=30, scheduling=nowhere)
    failed = condition(run, "Failed")
    assert failed["reason"] == "ProvisioningDeadlineExceeded"
    assert "Unschedulable" in failed["message"]
    assert "node" in failed["message"]
    gone(namespace, "jobs", "pods", "pvc")


def test_a_job_that_something_else_suspends_is_waited_for(namespace: str) -> None:
    """As Kueue does, which finds the queue by the label, and resumes the Job when there is room."""
    forbid_pods(namespace)
    one = scenario("s", RIGHT)
    run = benchmark_run(WRITES)
    run["metadata"]["labels"] = QUEUE
    apply(namespace, one, benchmark(one), run)
    kubectl("wait", "-n", namespace, "--for=create", "job/run-s-1", "--timeout=60s")
    job = get(namespace, "job", "run-s-1")
    for labels in (job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]):
        assert QUEUE.items() <= labels.items()
    kubectl("patch", "-n", namespace, "job", "run-s-1", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    until_reason(namespace, "scenariorun", "run-s-1", "JobSuspended", "Complete")
    kubectl("delete", "-n", namespace, "resourcequota", "none")
    kubectl("patch", "-n", namespace, "job", "run-s-1", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    assert finished(namespace, "run", "benchmarkrun")["status"]["score"] == 1.0


def test_a_scenario_that_is_deleted_changes_no_run_that_has_started(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT))
    apply(namespace, scenario_run("run", "s", shell("sleep 10; echo 42 > /answer")))
    until(namespace, "devbox", "running")
    kubectl("delete", "-n", namespace, "scenario", "s")
    assert finished(namespace, "run")["status"]["score"] == 1.0
