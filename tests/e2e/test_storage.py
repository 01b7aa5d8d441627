"""Volumes as clusters have them: late binding, quotas, full ones, and drivers that lose what they should keep."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import addons, cluster
from tests.tools.kube import apply, condition, get, kubectl, wait

from .disks import bash, devbox, snapshot, until_reason
from .objects import bash as bash_function
from .objects import command, eventually, finished, image, scenario, scenario_run, shell


def test_snapshot_driver_that_drops_xattrs_is_refused(namespace: str) -> None:
    """The hostpath driver without TAR_OPTIONS: deleted files would come back."""
    kubectl("apply", "-f", "-", stdin=addons.lossy_driver(cluster.source()))
    disk = {"size": "64Mi", "storageClassName": "lossy"}
    apply(namespace, devbox("box", image=image(), disk=disk))
    wait(namespace, "Ready", "devbox/box")
    bash(namespace, "box", "rm -rf /etc/apt; mkdir /etc/apt")
    apply(namespace, snapshot("frozen", "box", volumeSnapshotClassName="lossy"))
    wait(namespace, "Ready", "disksnapshot/frozen")
    apply(namespace, devbox("next", diskSnapshotRef={"name": "frozen"}, disk=disk))
    failed = until_reason(namespace, "devbox", "next", "BootFailed", "Finished")
    assert "lost its extended attributes" in failed["message"]
    assert "TAR_OPTIONS" in failed["message"]


def test_volume_that_binds_when_its_pod_is_scheduled(namespace: str) -> None:
    late = scenario("late", command("right", "grep", "-qx", "42", "/answer"))
    late["spec"]["environment"]["disk"] = {"size": "64Mi", "storageClassName": "csi-hostpath-wait"}
    run = scenario_run("late", "late", shell("echo 42 > /answer"), snapshotPolicy="Always")
    apply(namespace, late, run)
    assert finished(namespace, "late")["status"]["score"] == 1.0
    wait(namespace, "DiskKept", "scenariorun/late")
    rescore = {"scenarioRef": {"name": "late"}, "rescore": {"scenarioRunRef": {"name": "late"}}}
    apply(namespace, {**run, "metadata": {"name": "again"}, "spec": rescore})
    assert finished(namespace, "again")["status"]["score"] == 1.0


def test_quota_holds_a_run_back_and_lets_it_go(namespace: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "tight"},
        "spec": {"hard": {"persistentvolumeclaims": "0"}},
    }
    apply(namespace, quota, scenario("s", command("yes", "true")), scenario_run("run", "s", {"type": "Nop"}))
    blocked = until_reason(namespace, "scenariorun", "run", "QuotaExceeded", "Complete")
    assert "tight" in blocked["message"]
    kubectl("delete", "-n", namespace, "resourcequota", "tight")
    assert finished(namespace, "run")["status"]["score"] == 1.0


@pytest.fixture
def tiny() -> Iterator[str]:
    """A StorageClass with one volume of 2 MiB: a tmpfs on the node."""
    name = f"tiny-{uuid.uuid4().hex[:6]}"
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    mount = f"mkdir -p /var/{name} && mount -t tmpfs -o size=2m,mode=777 {name} /var/{name}"
    subprocess.run(["docker", "exec", node, "sh", "-c", mount], check=True, timeout=60)
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "2Mi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": name,
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/var/{name}"},
        },
    }
    apply("default", volume)
    yield name
    kubectl("delete", "pv", name, "--wait=false")
    subprocess.run(["docker", "exec", node, "umount", "-l", f"/var/{name}"], check=False, timeout=60)


def test_full_disk_is_the_agents_doing_and_said_so(namespace: str, tiny: str) -> None:
    full = scenario("full", bash_function("answer", "grep -qx 42 /answer && echo 1 || echo 0.25"))
    full["spec"]["environment"]["disk"] = {"size": "2Mi", "storageClassName": tiny}
    fill = "cat /dev/zero > /fill; echo 42 > /answer || exit 28"
    apply(namespace, full, scenario_run("full", "full", shell(fill), snapshotPolicy="Never"))
    run = finished(namespace, "full")
    assert run["status"]["score"] == 0.25, run["status"]
    assert run["status"]["diskUsedPercent"] >= 99
    assert "disk" in condition(run, "Complete")["message"]


def test_disk_too_small_to_begin_with(namespace: str, tiny: str) -> None:
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    fill = ["docker", "exec", node, "sh", "-c", f"cat /dev/zero > /var/{tiny}/fill 2>/dev/null"]
    subprocess.run(fill, check=False, timeout=60)
    apply(namespace, devbox("box", image=image(), disk={"size": "2Mi", "storageClassName": tiny}))
    failed = until_reason(namespace, "devbox", "box", "DiskFull", "Finished")
    assert "size" in failed["message"]


def test_scorers_go_where_the_volume_is(namespace: str) -> None:
    """Their pod prefers the agent's node, and mounts the claim read-only."""
    apply(namespace, scenario("s", {**bash_function("slow", "sleep 5; echo 1"), "placement": "OwnPod"}))
    apply(namespace, scenario_run("run", "s", {"type": "Nop"}))

    def scorer() -> dict[str, object] | None:
        pods = get(namespace, "pods", "-l", "app.kubernetes.io/component=scorer")
        return pods[0] if pods else None

    pod = eventually(scorer, 60, lambda: "no scorer pod")
    spec: dict = pod["spec"]  # type: ignore[assignment,type-arg]
    (claim,) = (v["persistentVolumeClaim"] for v in spec["volumes"] if "persistentVolumeClaim" in v)
    assert claim == {"claimName": "run", "readOnly": True}
    (preferred,) = spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    node = preferred["preference"]["matchExpressions"][0]["values"]
    assert node == [kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")]
    assert finished(namespace, "run")["status"]["score"] == 1.0
