"""A run is one pod: the agent first, then what scores it; and a run whose pod is lost, or not allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.tools.kube import apply, condition, get, kubectl

from .disks import until_reason
from .objects import bash, command, eventually, finished, image, obj, run_one, scenario, scenario_run, shell
from .pods import forbid_pods, until

RIGHT = bash("right", "grep -qx 42 /answer && echo 1 || echo 0")
ONCE = bash("once", "test $(wc -l < /begun) = 1 && echo 1 || echo 0")


def placements(run: dict[str, Any]) -> dict[str, str]:
    """Where each function worked."""
    return {one["name"]: one["placement"] for one in run["status"]["scores"]}


def test_one_job_one_pod(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT, bash("slow", "sleep 4; echo 1")))
    apply(namespace, scenario_run("run", "s", shell("echo hello; sleep 6; echo 42 > /answer")))
    until(namespace, "devbox", "running")
    [job] = get(namespace, "jobs")
    assert job["metadata"]["name"] == "run"
    assert [owner["kind"] for owner in job["metadata"]["ownerReferences"]] == ["ScenarioRun"]
    log = ("logs", "-n", namespace, "job/run", "-c", "devbox")
    eventually(lambda: "hello" in kubectl(*log) or None, 30, lambda: kubectl(*log))
    where = ("exec", "-n", namespace, "job/run", "-c", "devbox", "--")
    assert kubectl(*where, "/.assay/shell", "id", "-u").strip() == "0"
    until(namespace, "slow", "running")
    assert get(namespace, "scenariorun", "run")["status"]["phase"] in ("Running", "Scoring")
    assert len(get(namespace, "pods")) == 1
    run = finished(namespace, "run")
    assert (run["status"]["score"], placements(run)) == (1.0, {"right": "SamePod", "slow": "SamePod"})
    assert not get(namespace, "devboxes")


def test_a_function_that_may_reach_more_than_the_agent_has_a_pod_of_its_own(namespace: str) -> None:
    functions = [
        RIGHT,
        {**RIGHT, "name": "asked", "placement": "OwnPod"},
        {**RIGHT, "name": "judge", "network": {"egress": "Any"}},
    ]
    run = run_one(namespace, shell("echo 42 > /answer"), scenario("mixed", *functions))
    assert run["status"]["score"] == 1.0
    assert placements(run) == {"right": "SamePod", "asked": "OwnPod", "judge": "OwnPod"}
    shapes = ["mixed", "mixed-score", "mixed-score-any"]
    assert [re.sub("-[0-9a-f]{8}$", "", one) for one in run["status"]["scorerJobs"]] == shapes


def test_a_copy_is_scored_in_a_pod_of_its_own(namespace: str) -> None:
    copied = scenario("copied", bash("right", "grep -qx 42 /root/answer && echo 1 || echo 0"))
    copied["spec"]["environment"] |= {"rootFilesystem": "Copy", "disk": {"size": "512Mi"}}
    run = run_one(namespace, shell("echo 42 > /root/answer"), copied)
    assert (run["status"]["score"], placements(run)) == (1.0, {"right": "OwnPod"})


def test_an_agent_whose_pod_is_deleted_is_lost_and_does_not_work_twice(namespace: str) -> None:
    agent = shell("echo x >> /begun; sleep 600")
    apply(namespace, scenario("s", ONCE), scenario_run("run", "s", agent, retry={"limit": 0}))
    until(namespace, "devbox", "running")
    kubectl("delete", "-n", namespace, "pods", "--all", "--wait=false")
    run = finished(namespace, "run")
    assert condition(run, "Failed")["reason"] == "PodLost", run["status"]
    assert "score" not in run["status"]
    kubectl("wait", "-n", namespace, "--for=delete", "pvc", "--all", "--timeout=60s")
    assert get(namespace, "pods") == []


def test_what_an_agent_left_is_scored_though_its_pod_is_deleted_then(namespace: str) -> None:
    slow = bash("slow", "sleep 20; echo 1")
    apply(namespace, scenario("s", ONCE, slow), scenario_run("run", "s", shell("echo x >> /begun")))
    until(namespace, "slow", "running")
    kubectl("delete", "-n", namespace, "pods", "--all", "--wait=false")
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0, run["status"]
    assert placements(run) == {"once": "OwnPod", "slow": "OwnPod"}
    [job] = run["status"]["scorerJobs"]
    assert job.startswith("run-score-again-")


def test_an_agent_whose_job_is_deleted_is_lost_and_does_not_work_twice(namespace: str) -> None:
    """Its claim stays, and the agent has begun on it: it does not begin again."""
    agent = shell("echo x >> /begun; sleep 600")
    apply(namespace, scenario("s", ONCE), scenario_run("run", "s", agent, retry={"limit": 0}))
    until(namespace, "devbox", "running")
    kubectl("delete", "-n", namespace, "job", "run")
    run = finished(namespace, "run")
    assert condition(run, "Failed")["reason"] == "PodLost", run["status"]


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
def test_a_quota_that_refuses_the_pod_is_told_and_waited_for(namespace: str, placement: str) -> None:
    forbid_pods(namespace)
    right = {**RIGHT, "placement": placement}
    apply(namespace, scenario("s", right), scenario_run("run", "s", shell("echo 42 > /answer")))
    told = until_reason(namespace, "scenariorun", "run", "QuotaExceeded", "Complete")
    assert "none" in told["message"], told
    kubectl("delete", "-n", namespace, "resourcequota", "none")
    assert finished(namespace, "run")["status"]["score"] == 1.0


def test_pod_security_that_refuses_the_pod_is_told(namespace: str) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    kubectl("label", "namespace", namespace, f"{enforce}=baseline", "--overwrite")
    apply(namespace, scenario("s", RIGHT), scenario_run("run", "s", shell("echo 42 > /answer")))
    told = until_reason(namespace, "scenariorun", "run", "PodSecurityForbidden", "Complete")
    assert "enforce=privileged" in told["message"], told
    kubectl("label", "namespace", namespace, f"{enforce}=privileged", "--overwrite")
    assert finished(namespace, "run")["status"]["score"] == 1.0


def test_a_disk_is_frozen_while_its_agent_works(namespace: str) -> None:
    apply(namespace, scenario("s", RIGHT))
    apply(namespace, scenario_run("run", "s", shell("echo 41 > /answer; sleep 25; echo 42 > /answer")))
    until(namespace, "devbox", "running")
    apply(namespace, obj("DiskSnapshot", "midway", {"scenarioRunRef": {"name": "run"}}))
    until_reason(namespace, "disksnapshot", "midway", "SnapshotReady")
    assert finished(namespace, "run")["status"]["score"] == 1.0
    forked = scenario("forked", command("early", "grep", "-qx", "41", "/answer"))
    forked["spec"]["environment"] = {"diskSnapshotRef": {"name": "midway"}, "disk": {"size": "64Mi"}}
    assert run_one(namespace, {"type": "Nop"}, forked)["status"]["score"] == 1.0
    assert image()
