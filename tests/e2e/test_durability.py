"""Nothing lost, nothing leaked: the operator dies in the middle, runs are deleted in the middle."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from tests.tools.kube import apply, get, kubectl

from .objects import command, eventually, finished, obj, scenario, shell

SCENARIOS = 4


def test_killed_operator_finishes_every_run_once(namespace: str) -> None:
    # Each agent leaves a line in a ConfigMap-free way: its own disk counts how often it ran.
    agent = shell("echo ran >> /count; sleep 6; echo 42 > /answer")
    once = command("once", "sh", "-c", "test $(wc -l < /count) = 1 && grep -qx 42 /answer")
    names = [f"s{i}" for i in range(SCENARIOS)]
    apply(namespace, *(scenario(name, once) for name in names))
    apply(namespace, obj("Benchmark", "all", {"scenarios": [{"name": name} for name in names]}))
    spec = {"benchmarkRef": {"name": "all"}, "agent": agent, "attempts": 2, "parallelism": 4}
    apply(namespace, obj("BenchmarkRun", "killed", spec))
    kills = 0
    for _ in range(5):
        time.sleep(4)
        kills += _kill_operator()
    assert kills >= 2, "the operator was hardly ever there to be killed"
    run = finished(namespace, "killed", "benchmarkrun", timeout=300)
    counts = run["status"]["counts"]
    assert counts["scored"] == counts["passed"] == 2 * SCENARIOS, run["status"]
    assert len(get(namespace, "scenariorun")) == 2 * SCENARIOS
    for kind in ("jobs", "pvc"):
        _gone(namespace, kind)


def test_deleting_a_run_in_the_middle_leaves_nothing(namespace: str) -> None:
    apply(namespace, scenario("long", command("yes", "true")))
    apply(namespace, obj("Benchmark", "all", {"scenarios": [{"name": "long"}]}))
    spec = {"benchmarkRef": {"name": "all"}, "agent": shell("sleep 600"), "attempts": 2}
    apply(namespace, obj("BenchmarkRun", "doomed", spec))
    eventually(lambda: _running(namespace) or None, 90, lambda: str(get(namespace, "pods")))
    kubectl("delete", "-n", namespace, "benchmarkrun", "doomed")
    for kind in ("scenariorun", "devbox", "pod", "pvc", "job"):
        _gone(namespace, kind)


def _gone(namespace: str, kind: str) -> None:
    eventually(lambda: None if get(namespace, kind) else True, 90, lambda: f"{kind} left")


def _running(namespace: str) -> list[dict[str, Any]]:
    states = ((pod, pod["status"].get("initContainerStatuses") or ()) for pod in get(namespace, "pods"))
    return [pod for pod, inits in states if any("running" in one["state"] for one in inits)]


def _kill_operator() -> bool:
    """SIGKILL, from the node, as the kernel would do it; False while the kubelet has not started it again.

    Its back-off grows with every kill, also with those of an earlier test run: then a fresh pod takes over.
    """
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    kill = ["docker", "exec", node, "pkill", "-KILL", "-f", "python -m assay"]
    if subprocess.run(kill, check=False, timeout=30).returncode == 0:
        return True
    operator = ("-n", "assay-system", "-l", "app.kubernetes.io/component=operator")
    kubectl("delete", "pods", *operator, "--force", "--grace-period=0")
    return False
