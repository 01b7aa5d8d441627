"""The real operator against the fake API server: disks of devboxes, copied from an image or from a snapshot."""

from __future__ import annotations

from pathlib import Path

from assay.dispatch import OURS
from assay.kube.resources import PERSISTENT_VOLUME_CLAIMS, PODS
from tests.contract.devboxes import (
    SPEC,
    STAYS,
    one_pod_at_a_time,  # noqa: F401 (holds for every test here)
    prepares,
    says,
    status,
)
from tests.contract.fakeapi import FakeApi
from tests.contract.fakecollection import Json
from tests.contract.kubelet import Kubelet, now
from tests.contract.running import TEAM, condition, create, operating, table, writes_since


async def test_a_copy_is_prepared_and_then_run(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["make"], "rootFilesystem": "Copy"})
    made: list[Json] = []
    api.on_create(PODS, made.append)
    with Kubelet(api, end=prepares, start=0.2, work=0.2):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
            await operator.settled()
    assert [pod["metadata"]["labels"]["assay.dev/mode"] for pod in made] == ["prepare", "run"]
    mounts = made[1]["spec"]["containers"][0]["volumeMounts"]
    assert [(m["mountPath"], m["subPath"]) for m in mounts if m["name"] == "disk"] == [
        ("/etc", "root/etc"),
        ("/usr", "root/usr"),
    ]
    assert (status(api)["rootFilesystem"], status(api)["directories"]) == ("Copy", ["etc", "usr"])
    assert "rootFilesystem" in status(api)["rootFilesystemReason"]
    writes = writes_since(api, 0)
    print(table(writes))
    assert writes["POST", "persistentvolumeclaims"] == 1
    # What is fixed, preparing, prepared, running, finished.
    assert writes["PATCH", "devboxes/status"] == 5


async def test_a_name_as_user_of_a_copy_is_refused_with_a_cure(api: FakeApi, tmp_path: Path) -> None:
    ready = {"type": "Ready", "status": "True", "reason": "x", "message": "", "observedGeneration": 1}
    image = {
        "reference": SPEC["image"],
        "user": "app",
        "workingDir": "/",
        "env": [],
        "entrypoint": [],
        "command": [],
    }
    of = {"phase": "Ready", "conditions": [{**ready, "lastTransitionTime": now()}], "image": image}
    create(api, "Blueprint", "project", {"image": "example.test/x"}, of)
    spec = {"blueprintRef": {"name": "project"}, "rootFilesystem": "Copy"}
    create(api, "Devbox", "box", {**spec, "user": "other"})
    create(api, "Devbox", "same", {**spec, "user": "app"})
    with Kubelet(api, end=prepares) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("False", "UserNotNumeric")))
            await operator.until(
                lambda: condition(api, "Devbox", "same", "Finished") == ("True", "Completed")
            )
    assert kubelet.created["Pod box"] == 0


async def test_it_waits_for_its_snapshot(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {"diskSnapshotRef": {"name": "frozen"}, "operatingMode": "Suspended"})
    with Kubelet(api, work=STAYS):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("False", "DiskSnapshotNotFound")))
            create(api, "DiskSnapshot", "frozen", {"devboxRef": {"name": "gone"}})
            await operator.until(lambda: says(api, "Ready", is_=("False", "DiskSnapshotNotReady")))
            assert api.all(PERSISTENT_VOLUME_CLAIMS) == []
            ready = {"type": "Ready", "status": "True", "reason": "SnapshotReady", "message": ""}
            frozen = {
                "phase": "Ready",
                "conditions": [{**ready, "observedGeneration": 1, "lastTransitionTime": now()}],
                "volumeSnapshotName": "frozen-1",
                "restoreSize": "3Gi",
                "image": {"reference": SPEC["image"], "user": "1000", "workingDir": "/src"},
                "rootFilesystem": "Copy",
                "directories": ["etc"],
            }
            api.patch_status(OURS["DiskSnapshot"], TEAM, "frozen", frozen)
            await operator.until(lambda: says(api, "Suspended", is_=("True", "DiskKept")))
    [claim] = api.all(PERSISTENT_VOLUME_CLAIMS)
    assert claim["spec"]["dataSource"]["name"] == "frozen-1"
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    found = status(api)
    assert (found["rootFilesystem"], found["directories"], found["image"]) == ("Copy", ["etc"], SPEC["image"])
    assert api.all(PODS) == []
