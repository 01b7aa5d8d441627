"""The real operator against the fake API server: disks of devboxes, copied from an image or from a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.kube.resources import PERSISTENT_VOLUME_CLAIMS, PODS
from assay.our_resources import OURS
from assay.reconcile.common import apply as common_apply
from tests.integration.devboxes import (
    SPEC,
    STAYS,
    one_pod_at_a_time,  # noqa: F401 (holds for every test here)
    prepares,
    says,
    status,
)
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import Kubelet, now
from tests.integration.running import DEVBOXES, TEAM, condition, create, operating, table, writes_since


async def test_a_copy_is_prepared_and_then_run(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["make"], "rootFilesystem": "Copy"})
    made: list[Json] = []
    api.on_create(PODS, made.append)
    with Kubelet(api, end=prepares, start=0.2, work=0.2):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
            await operator.settled()
    assert [pod["metadata"]["labels"]["assay.dev/pod-role"] for pod in made] == ["prepare", "run"]
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
            await operator.until(lambda: says(api, "Finished", is_=("True", "UserNotNumeric")))
            await operator.until(
                lambda: condition(api, "Devbox", "same", "Finished") == ("True", "Completed")
            )
            # An end as any other: its time to live counts.
            api.patch(DEVBOXES, TEAM, "box", {"spec": {"ttlSecondsAfterFinished": 0}})
            await operator.until(lambda: api.get(DEVBOXES, TEAM, "box") is None)
    assert (kubelet.created["Pod box"], kubelet.created["PersistentVolumeClaim box"]) == (0, 0)
    assert writes_of(api, "box") == {"status": 1, "events": 1}


def writes_of(api: FakeApi, name: str) -> dict[str, int]:
    """How often the status of a devbox was written, and how many Events are about it."""
    of_status = [w for w in api.writes if w.resource == "devboxes/status" and w.name == name]
    of_events = [w for w in api.writes if w.resource == "events" and w.name.rpartition(".")[0] == name]
    return {"status": len(of_status), "events": len(of_events)}


async def test_a_rejected_disk_costs_one_status_write_and_the_next_reconcile_goes_on(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common_apply, "RETRY_SECONDS", 0.2)
    api.fail("create", "persistentvolumeclaims", 403, 2)
    create(api, "Devbox", "box", {**SPEC, "rootFilesystem": "Copy", "operatingMode": "Idle"})
    with Kubelet(api, end=prepares):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("False", "Forbidden")))
            # What is fixed, then what blocks: the second rejection has nothing new to say.
            assert status(api)["rootFilesystem"] == "Copy", "fixed by then"
            assert writes_of(api, "box")["status"] == 2
            await operator.until(lambda: says(api, "Ready", is_=("True", "Idle")))


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
