"""A cluster without the VolumeSnapshot types: everything but snapshots works, and they come when the types do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import addons, cluster
from tests.cluster.cluster import run_kubectl
from tests.e2e.disks import devbox, snapshot, until_reason
from tests.e2e.objects import command, finished, image, scenario, scenario_run, shell
from tests.tools.kube import apply, get, kubectl, wait

GROUP = "snapshot.storage.k8s.io"


def install() -> None:
    """Bring the types back, and what lives by them."""
    addons.apply(cluster.source(), run_kubectl)
    kubectl(
        "rollout", "restart", "-n", "csi", "deployment/snapshot-controller", "daemonset/csi-hostpathplugin"
    )
    kubectl("rollout", "status", "-n", "csi", "deployment/snapshot-controller", "--timeout=120s")
    kubectl("rollout", "status", "-n", "csi", "daemonset/csi-hostpathplugin", "--timeout=120s")


@pytest.fixture
def without_snapshots() -> Iterator[None]:
    """Deletes the types, and with them all VolumeSnapshots there are."""
    for kind in ("disksnapshots.assay.dev", f"volumesnapshots.{GROUP}"):
        kubectl("delete", kind, "--all", "--all-namespaces", "--timeout=120s")
    try:
        names = kubectl("get", "crd", "-o", "name").split()
        kubectl("delete", "--timeout=120s", *(name for name in names if name.endswith(f".{GROUP}")))
        yield
    finally:
        install()


def test_runs_are_scored_and_live_disks_kept_once_there_are_snapshots(
    namespace: str, without_snapshots: None
) -> None:
    apply(
        namespace,
        devbox("box", image=image()),
        scenario("s", command("right", "grep", "-qx", "42", "/answer")),
    )
    wait(namespace, "Ready", "devbox/box")
    apply(namespace, snapshot("frozen", "box"))
    missing = until_reason(namespace, "disksnapshot", "frozen", "SnapshotsUnavailable")
    assert GROUP in missing["message"], "it says what to install"
    apply(namespace, scenario_run("run", "s", shell("echo 42 > /answer"), snapshotPolicy="Always"))
    run = finished(namespace, "run")
    assert run["status"]["score"] == 1.0
    until_reason(namespace, "scenariorun", "run", "SnapshotsUnavailable", "DiskKept")
    install()
    wait(namespace, "Ready", "disksnapshot/frozen", timeout=180)
    assert get(namespace, "disksnapshot", "frozen")["status"]["restoreSize"]
    until_reason(
        namespace, "disksnapshot", "run", "DiskLost"
    )  # its devbox did not wait for what may never come
