"""The operator is not on a run's path: agents end and are scored without it, and once it is back it reports them."""

from __future__ import annotations

from tests.e2e.objects import bash, eventually, finished, scenario, scenario_run, shell
from tests.tools.kube import apply, get, kubectl

RUNS = [f"run-{number}" for number in range(4)]
OPERATOR = ("-n", "assay-system", "deployment/assay-operator")


def test_runs_are_scored_while_no_operator_runs(namespace: str) -> None:
    once = bash("once", "test $(wc -l < /begun) = 1 && grep -qx 42 /answer && echo 1 || echo 0")
    apply(namespace, scenario("s", once))
    agent = shell("echo x >> /begun; sleep 15; echo 42 > /answer")
    apply(namespace, *(scenario_run(name, "s", agent) for name in RUNS))
    eventually(
        lambda: True if len(get(namespace, "pods")) == len(RUNS) else None,
        90,
        lambda: str(get(namespace, "pods")),
    )
    try:
        kubectl("scale", *OPERATOR, "--replicas=0")
        away = ("-n", "assay-system", "-l", "app.kubernetes.io/component=operator")
        kubectl("wait", "--for=delete", "pods", *away, "--timeout=60s")
        kubectl("wait", "-n", namespace, "--for=condition=Complete", "jobs", "--all", "--timeout=180s")
        phases = {run["metadata"]["name"]: run["status"]["phase"] for run in get(namespace, "scenarioruns")}
        assert phases == dict.fromkeys(RUNS, "Running"), "nobody is there to report"
    finally:
        kubectl("scale", *OPERATOR, "--replicas=1")
        kubectl("rollout", "status", *OPERATOR, "--timeout=120s")
    for name in RUNS:
        status = finished(namespace, name)["status"]
        assert (status["score"], status["agent"]["exitCode"]) == (1.0, 0), status
        assert [one["placement"] for one in status["scores"]] == ["SamePod"]
    kubectl("wait", "-n", namespace, "--for=delete", "jobs,pvc", "--all", "--timeout=60s")
