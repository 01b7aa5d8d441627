"""A run of which the infrastructure ends a try starts over on a fresh disk; its status tells of it and of its node."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.kube import apply, condition, get, kubectl

from .objects import bash, eventually, finished, obj, scenario, scenario_run, shell

ONCE = bash("once", "test $(wc -l < /begun) = 1 && grep -qx 42 /answer && echo 1 || echo 0")
AGENT = shell("echo x >> /begun; sleep 12; echo 42 > /answer")
RESOURCES = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}


def pod_of_agent(namespace: str) -> dict[str, Any]:
    """The pod in which an agent works, once it does."""

    def found() -> dict[str, Any] | None:
        for pod in get(namespace, "pods"):
            shown = pod["status"]
            every = (*(shown.get("initContainerStatuses") or ()), *(shown.get("containerStatuses") or ()))
            if any(one["name"] == "devbox" and "running" in one["state"] for one in every):
                return dict(pod)
        return None

    return eventually(found, 90, lambda: str(get(namespace, "pods")))


def delete(namespace: str, pod: str) -> None:
    kubectl("delete", "-n", namespace, "pod", pod, "--wait=false")


def evict(namespace: str, pod: str) -> None:
    """As `kubectl drain` does it."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def delete_job(namespace: str, pod: str) -> None:
    kubectl("delete", "-n", namespace, "job", pod.rpartition("-")[0])


@pytest.mark.parametrize(
    ("placement", "lose", "reason"),
    [
        ("SamePod", delete, "PodLost"),
        ("SamePod", evict, "Drained"),
        ("SamePod", delete_job, "PodLost"),
        ("OwnPod", delete, "PodLost"),
    ],
    ids=["pod deleted", "pod evicted", "job deleted", "pod of a devbox deleted"],
)
def test_a_lost_agent_starts_over(
    namespace: str, placement: str, lose: Callable[[str, str], None], reason: str
) -> None:
    judged = scenario("s", {**ONCE, "placement": placement})
    judged["spec"]["environment"] |= {"resources": RESOURCES}
    apply(namespace, judged, scenario_run("run", "s", AGENT))
    lost = pod_of_agent(namespace)
    lose(namespace, lost["metadata"]["name"])
    run = finished(namespace, "run")
    status = run["status"]
    assert status["score"] == 1.0, f"it worked on what the first try left: {status}"
    assert [one["reason"] for one in status["lostTries"]] == [reason], status
    [one] = status["lostTries"]
    assert one["node"] == lost["spec"]["nodeName"]
    assert one["startTime"] <= one["finishTime"] < status["completionTime"]
    assert status["agent"]["reason"] == "Completed"
    events = get(namespace, "events", "--field-selector", "involvedObject.name=run,reason=Retrying")
    assert len(events) == 1
    kubectl("wait", "-n", namespace, "--for=delete", "jobs,devboxes,pvc", "--all", "--timeout=90s")


def test_the_machine_and_the_phases_stand_beside_the_score(namespace: str) -> None:
    judged = scenario("s", ONCE)
    judged["spec"]["environment"] |= {"resources": RESOURCES}
    apply(namespace, judged, scenario_run("run", "s", AGENT))
    pod = pod_of_agent(namespace)
    status = finished(namespace, "run")["status"]
    node = get("default", "node", pod["spec"]["nodeName"])
    info, told = node["status"]["nodeInfo"], status["environment"]
    assert told["node"] == node["metadata"]["name"]
    assert (told["architecture"], told["kernel"]) == (info["architecture"], info["kernelVersion"])
    assert told["containerRuntime"] == info["containerRuntimeVersion"]
    assert "@sha256:" in told["image"]
    assert (told["requests"], told["limits"]) == (RESOURCES["requests"], RESOURCES["limits"])
    assert told["qosClass"] == "Burstable"
    durations = status["durations"]
    assert 12 <= durations["agentSeconds"] <= 60
    assert durations.keys() == {"provisioningSeconds", "agentSeconds", "scoringSeconds"}
    assert "lostTries" not in status


def test_a_benchmark_run_counts_the_tries_and_says_how_often(namespace: str) -> None:
    apply(namespace, scenario("s", ONCE), obj("Benchmark", "all", {"scenarios": [{"name": "s"}]}))
    spec = {"benchmarkRef": {"name": "all"}, "agent": AGENT, "template": {"retry": {"limit": 1}}}
    apply(namespace, obj("BenchmarkRun", "run", spec))
    first = pod_of_agent(namespace)["metadata"]["name"]
    delete(namespace, first)
    kubectl("wait", "-n", namespace, "--for=delete", f"pod/{first}", "--timeout=60s")
    delete(namespace, pod_of_agent(namespace)["metadata"]["name"])
    status = finished(namespace, "run", "benchmarkrun")["status"]
    assert status["counts"]["lostTries"] == 1
    assert status["unscored"] == [{"reason": "PodLost", "count": 1, "blame": "Infrastructure"}]
    [run] = get(namespace, "scenariorun")
    assert condition(run, "Failed")["message"].count("lost tries before: PodLost") == 1
