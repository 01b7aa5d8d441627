"""A person who holds the runner role alone gets no more by a run than the role gives."""

from __future__ import annotations

from typing import Any

import yaml

from tests.tools.kube import apply, condition, get, kubectl, refusal

from .objects import bash, eventually, finished, image, obj, scenario, scenario_run, shell

RUNNER = "runner@example.com"
GOLD = "marker-of-a-gold-patch-73"


def refused(namespace: str, manifest: dict[str, Any]) -> str:
    """What the runner is told; empty if the object is made."""
    return refusal("create", "-n", namespace, f"--as={RUNNER}", "-f", "-", stdin=yaml.safe_dump(manifest))


def bind_runner(namespace: str) -> None:
    """Give the runner the role."""
    kubectl(
        "create", "rolebinding", "-n", namespace, "runner", "--clusterrole=assay-runner", f"--user={RUNNER}"
    )


def test_a_runner_borrows_nothing(namespace: str) -> None:
    bind_runner(namespace)
    hidden = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hidden"}, "data": {"a": "b"}}
    judge = obj("Scorer", "judge", {"type": "BashScript", "bashScript": {"script": "echo 1"}})
    apply(namespace, hidden, judge, scenario("s", bash("f", "echo 1")))
    environment = {"image": image(), "env": [{"name": "BASH_ENV", "value": "/planted"}]}
    dry_run = {"scorer": {"scorerRef": {"name": "judge"}}, "environment": environment}
    agent = shell("env >&2; exit 1", envFrom=[{"configMapRef": {"name": "hidden"}}])
    power = {"scheduling": {"priorityClassName": "system-node-critical"}}
    for manifest, why in (
        (obj("ScenarioRun", "dry", {"dryRun": dry_run}), "people who may create Scenarios"),
        (scenario_run("reads", "s", agent), "refers to ConfigMap hidden, which you may not get"),
        (scenario_run("first", "s", shell("true"), **power), "people who may create pods"),
        (scenario_run("free", "s", shell("true"), network={"egress": "Any"}), "people who may create pods"),
        (scenario_run("gold", "s", {"type": "Reference", "args": ["x"]}), "go with type Command"),
    ):
        assert why in refused(namespace, manifest), manifest
    assert refused(namespace, scenario_run("honest", "s", shell("true"))) == ""
    assert finished(namespace, "honest")["status"]["score"] == 1.0


def test_a_disk_with_a_hidden_reference_is_not_kept(namespace: str) -> None:
    bind_runner(namespace)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gold"}}
    script = f"echo {GOLD} > /gold; echo 42 > /answer"
    judged = scenario(
        "s",
        bash("right", "grep -qx 42 /answer && echo 1 || echo 0"),
        referenceOutput={"secretKeyRef": {"name": "gold", "key": "s"}, "kind": "Script"},
    )
    apply(namespace, {**secret, "stringData": {"s": script}}, judged)
    keep = {"snapshotPolicy": "Always", "keepDevbox": {"when": "Always"}}
    assert refused(namespace, scenario_run("run", "s", {"type": "Reference"}, **keep)) == ""
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0
    kept = condition(run, "DiskKept")
    assert (kept["status"], kept["reason"]) == ("False", "HiddenReference")
    gone = eventually(
        lambda: True if not get(namespace, "persistentvolumeclaims") else None, 120, lambda: "its disk stays"
    )
    assert gone
    assert not get(namespace, "disksnapshots")
    assert not get(namespace, "devboxes")
    rescore = {"scenarioRef": {"name": "s"}, "rescore": {"scenarioRunRef": {"name": "run"}}}
    assert refused(namespace, obj("ScenarioRun", "again", rescore)) == ""
    assert condition(finished(namespace, "again"), "Failed")["reason"] == "NoDiskKept"
    assert GOLD not in str(get(namespace, "scenarioruns"))
