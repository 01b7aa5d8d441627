"""Whoever takes the name of what a run has lost does not get the run's score."""

from __future__ import annotations

from tests.tools.kube import apply, condition, get, kubectl, wait

from .disks import devbox, until_reason
from .objects import bash, eventually, finished, image, obj, scenario, scenario_run, shell

SNAPSHOTS = "count/volumesnapshots.snapshot.storage.k8s.io"


def test_a_disk_that_was_never_frozen_is_lost_and_no_others(namespace: str) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}}
    apply(namespace, {**quota, "spec": {"hard": {SNAPSHOTS: "0"}}})
    held = eventually(
        lambda: (get(namespace, "resourcequota", "none").get("status") or {}).get("hard"),
        60,
        lambda: "the quota is not in force",
    )
    assert held == {SNAPSHOTS: "0"}
    apply(namespace, scenario("s", bash("right", "grep -qx 42 /answer && echo 1 || echo 0")))
    apply(namespace, scenario_run("run", "s", shell("echo 42 > /answer"), snapshotPolicy="Always"))
    assert finished(namespace, "run")["status"]["score"] == 1.0
    until_reason(namespace, "disksnapshot", "run", "QuotaExceeded")
    kubectl("delete", "-n", namespace, "jobs,pvc", "run", "--timeout=60s")

    stranger = devbox("run", image=image(), command=["sh", "-c", "echo 7 > /answer"])
    apply(namespace, stranger)
    wait(namespace, "Finished", "devbox/run")
    kubectl("delete", "-n", namespace, "resourcequota", "none")
    until_reason(namespace, "disksnapshot", "run", "DiskLost")
    assert condition(get(namespace, "scenariorun", "run"), "DiskKept")["status"] == "False"
    assert not get(namespace, "volumesnapshots")
    again = {"scenarioRef": {"name": "s"}, "rescore": {"scenarioRunRef": {"name": "run"}}}
    apply(namespace, obj("ScenarioRun", "again", again))
    failed = condition(finished(namespace, "again"), "Failed")
    assert failed["reason"] == "NoDiskKept", failed
