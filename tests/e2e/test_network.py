"""What pods of runs reach, from their first instant on."""

from __future__ import annotations

from typing import Any

from tests.tools.kube import apply, get, wait

from .disks import devbox
from .objects import bash, finished, python_image, scenario, scenario_run, service_address, shell
from .pytests import scores

AT_ONCE = 8
# The first thing that runs in the devbox dials, again and again, for as long as policies may be late.
FIRST_ACT = r"""
: > /reached
end=$((${EPOCHREALTIME%.*} + 3))
while [ ${EPOCHREALTIME%.*} -lt $end ]; do
  (exec 3<>/dev/tcp/$API/443) 2>/dev/null && echo $EPOCHREALTIME >> /reached
done
"""


def impatient() -> dict[str, Any]:
    """An agent that dials at once; by the toolbox's bash, so that nothing takes time before."""
    api = {"name": "API", "value": service_address("default", "kubernetes")}
    return {"type": "Command", "command": ["/.assay/toolbox/bash", "-c", FIRST_ACT], "env": [api]}


def test_nothing_of_an_agent_runs_before_its_network_is_closed(namespace: str) -> None:
    reached_nothing = bash(
        "agent", "cat /reached; test -e /reached && test ! -s /reached && echo 1 || echo 0"
    )
    api = service_address("default", "kubernetes")
    dial = f"for i in 1 2 3 4 5; do (exec 3<>/dev/tcp/{api}/443) 2>/dev/null && {{ echo 0; exit; }}; done; echo 1"
    apply(namespace, scenario("dialled", reached_nothing, bash("scorer", dial)))
    runs = [f"run-{number}" for number in range(AT_ONCE)]
    apply(namespace, *(scenario_run(run, "dialled", impatient()) for run in runs))
    for run in runs:
        assert scores(finished(namespace, run)) == {"agent": 1.0, "scorer": 1.0}, run


def test_where_policies_do_not_hold_no_agent_runs(namespace: str) -> None:
    opened = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]},
    }
    roots = ("Overlay", "Copy")
    for root in roots:
        judged = scenario(root.lower(), bash("any", "echo 1"))
        judged["spec"]["environment"] |= {"rootFilesystem": root, "disk": {"size": "512Mi"}}
        run = scenario_run(root.lower(), root.lower(), shell("true"), retry={"limit": 0})
        apply(namespace, opened, judged, run)
    for root in roots:
        status = finished(namespace, root.lower())["status"]
        failed = next(one for one in status["conditions"] if one["type"] == "Failed")
        assert failed["reason"] == "NetworkOpen", status
        assert "settings.networkGateSeconds" in failed["message"]
        assert "score" not in status


def test_scorers_have_no_network_unless_they_ask(namespace: str) -> None:
    apply(namespace, devbox("server", image=python_image(), launchCommands=["python3 -m http.server 8000 &"]))
    wait(namespace, "Ready", "devbox/server")
    address = get(namespace, "pod", "server")["status"]["podIP"]
    dial = f"timeout 3 /.assay/toolbox/bash -c 'exec 3<>/dev/tcp/{address}/8000' && echo 1 || echo 0"
    kubernetes = service_address("default", "kubernetes")
    api = f"timeout 3 /.assay/toolbox/bash -c 'exec 3<>/dev/tcp/{kubernetes}/443' && echo 1 || echo 0"
    functions = [
        bash("none", api),
        bash("internet", api, network={"egress": "Internet"}),
        bash("any", api, network={"egress": "Any"}),
        bash("ingress", dial, network={"egress": "Any"}),
    ]
    apply(namespace, scenario("dialled", *functions), scenario_run("run", "dialled", {"type": "Nop"}))
    assert scores(finished(namespace, "run")) == {"none": 0.0, "internet": 0.0, "any": 1.0, "ingress": 0.0}
