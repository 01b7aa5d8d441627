"""A disk, frozen and made again: the same tree, for as many as want it."""

from __future__ import annotations

from tests.tools.kube import apply, condition, get, kubectl, wait

from .disks import CHANGES, MANIFEST, bash, devbox, execute, python, reason, snapshot, until_reason
from .objects import eventually, obj, python_image


def test_restored_tree_is_the_same(namespace: str) -> None:
    apply(namespace, devbox("before", image=python_image()))
    wait(namespace, "Ready", "devbox/before")
    bash(namespace, "before", CHANGES)
    before = python(namespace, "before", MANIFEST)
    apply(namespace, snapshot("frozen", "before"))  # of a live devbox, nothing was synced by hand
    wait(namespace, "Ready", "disksnapshot/frozen")
    bash(namespace, "before", "rm -rf /new; echo later > /later")
    apply(namespace, *(devbox(name, diskSnapshotRef={"name": "frozen"}) for name in ("one", "two")))
    wait(namespace, "Ready", "devbox/one", "devbox/two")
    after = python(namespace, "one", MANIFEST)
    assert len(before.splitlines()) > 5000
    assert sorted(set(before.splitlines()) ^ set(after.splitlines())) == []
    for there in ("/at-the-root", "/new/deep/file", "/etc/apt/sources"):
        assert f"{there} " in after
    assert "/usr/share/doc " not in after

    # Each has a disk of its own.
    execute(namespace, "one", "sh", "-c", "echo mine > /whose")
    execute(namespace, "two", "sh", "-c", "test ! -e /whose")
    claims = {get(namespace, "devbox", name)["status"]["claimName"] for name in ("before", "one", "two")}
    assert len(claims) == 3

    frozen = get(namespace, "disksnapshot", "frozen")["status"]
    assert frozen["lineage"]["devbox"] == "before"
    assert "@sha256:" in frozen["image"]["reference"]
    assert frozen["creationTime"]
    assert frozen["restoreSize"]
    assert get(namespace, "devbox", "one")["status"]["image"] == frozen["image"]["reference"]


def test_retained_snapshot_is_imported_again(namespace: str) -> None:
    apply(namespace, devbox("source", image=python_image(), command=["sh", "-c", "echo 42 > /answer"]))
    wait(namespace, "Finished", "devbox/source")
    apply(namespace, snapshot("kept", "source", deletionPolicy="Retain"))
    wait(namespace, "Ready", "disksnapshot/kept")
    volume_snapshot = get(namespace, "disksnapshot", "kept")["status"]["volumeSnapshotName"]
    kubectl("delete", "-n", namespace, "disksnapshot/kept", "devbox/source")
    assert get(namespace, "volumesnapshot", volume_snapshot)["status"]["readyToUse"]
    apply(namespace, obj("DiskSnapshot", "again", {"volumeSnapshotRef": {"name": volume_snapshot}}))
    wait(namespace, "Ready", "disksnapshot/again")
    apply(namespace, devbox("next", diskSnapshotRef={"name": "again"}))
    wait(namespace, "Ready", "devbox/next")
    assert execute(namespace, "next", "cat", "/answer").strip() == "42"


def test_snapshot_says_what_is_missing(namespace: str) -> None:
    apply(namespace, snapshot("early", "nobody"))
    until_reason(namespace, "disksnapshot", "early", "DevboxNotFound")
    apply(namespace, devbox("nobody", image=python_image()))
    apply(namespace, snapshot("classless", "nobody", volumeSnapshotClassName="none-such"))
    wait(namespace, "Ready", "disksnapshot/early")
    found = until_reason(namespace, "disksnapshot", "classless", "SnapshotsUnavailable")
    assert "VolumeSnapshotClass" in found["message"]
    assert "none-such" in found["message"]


def test_error_of_the_driver_is_told_until_it_is_cured(namespace: str) -> None:
    """The sidecar cannot take the snapshot without the Secret that its class names."""
    standard = get("default", "volumesnapshotclass", "standard")
    key = "csi.storage.k8s.io/snapshotter-secret"
    keyed = {
        "apiVersion": standard["apiVersion"],
        "kind": standard["kind"],
        "metadata": {"name": namespace},
        "driver": standard["driver"],
        "deletionPolicy": "Delete",
        "parameters": {f"{key}-name": "credentials", f"{key}-namespace": namespace},
    }
    try:
        apply(namespace, keyed, devbox("box", image=python_image()))
        apply(namespace, snapshot("frozen", "box", volumeSnapshotClassName=namespace))
        failed = until_reason(namespace, "disksnapshot", "frozen", "SnapshotFailed")
        assert failed["status"] == "False"
        assert "credentials" in failed["message"]
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials"}}
        apply(namespace, {**secret, "stringData": {"password": "secret"}})
        wait(namespace, "Ready", "disksnapshot/frozen")
        assert get(namespace, "disksnapshot", "frozen")["status"]["restoreSize"]
        kubectl("delete", "-n", namespace, "disksnapshot", "frozen")  # deleting it needs the Secret, too
        kubectl("wait", "-n", namespace, "--for=delete", "volumesnapshot", "--all", "--timeout=60s")
    finally:
        kubectl("delete", "volumesnapshotclass", namespace, "--ignore-not-found")


def test_snapshot_goes_after_its_time(namespace: str) -> None:
    apply(namespace, devbox("box", image=python_image()), snapshot("brief", "box", ttlSeconds=30))
    wait(namespace, "Ready", "disksnapshot/brief")
    kubectl("wait", "-n", namespace, "--for=delete", "disksnapshot/brief", "--timeout=120s")
    eventually(
        lambda: None if get(namespace, "volumesnapshots") else True, 60, lambda: "the VolumeSnapshot stays"
    )


def test_blueprint_stays_while_it_is_needed(namespace: str) -> None:
    apply(namespace, obj("Blueprint", "base", {"image": python_image()}))
    wait(namespace, "Ready", "blueprint/base")
    apply(namespace, devbox("box", blueprintRef={"name": "base"}), snapshot("frozen", "box"))
    wait(namespace, "Ready", "disksnapshot/frozen")
    kubectl("delete", "-n", namespace, "blueprint", "base", "--wait=false")
    blocked = until_reason(namespace, "blueprint", "base", "InUse", "DeletionBlocked")
    assert "DiskSnapshot frozen" in blocked["message"]
    apply(namespace, devbox("late", blueprintRef={"name": "base"}))  # its image is served until then
    wait(namespace, "Ready", "devbox/late")
    kubectl("delete", "-n", namespace, "disksnapshot", "frozen")
    kubectl("wait", "-n", namespace, "--for=delete", "blueprint/base", "--timeout=60s")


def test_missing_snapshot_keeps_a_devbox_waiting(namespace: str) -> None:
    apply(namespace, devbox("box", diskSnapshotRef={"name": "none"}))
    until_reason(namespace, "devbox", "box", "DiskSnapshotNotFound")
    assert not get(namespace, "pvc")
    assert reason(namespace, "devbox", "box", "Finished") is None
    assert condition(get(namespace, "devbox", "box"), "Ready")["status"] == "False"
