"""The real operator against the fake API server: devboxes that are suspended, idle, prepared, probed for."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.cluster.resources import (
    CONFIG_MAPS,
    NETWORK_POLICIES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
)
from assay.handlers import OURS
from assay.reconcile import probe
from tests.contract.fakeapi import FakeApi
from tests.contract.fakestorage import Json
from tests.contract.kubelet import AGENT, PASSED, Kubelet, now, states
from tests.contract.running import (
    DEVBOXES,
    TEAM,
    condition,
    create,
    leftovers,
    operating,
    table,
    writes_since,
)

SPEC: Json = {"image": "example.test/x@sha256:" + "0" * 64, "user": "1000", "workingDir": "/src"}
STAYS = 3600.0  # seconds a pod works where the test ends it


def set_mode(api: FakeApi, mode: str) -> None:
    api.patch(DEVBOXES, TEAM, "box", {"spec": {"operatingMode": mode}})


def says(api: FakeApi, type_: str, *, is_: tuple[str, str]) -> bool:
    return condition(api, "Devbox", "box", type_) == is_


def status(api: FakeApi, name: str = "box") -> Json:
    found = api.get(DEVBOXES, TEAM, name)
    assert found is not None
    result: Json = found["status"]
    return result


def end_pod(api: FakeApi, exit_code: int) -> None:
    end = {"exitCode": exit_code, "reason": "Error", "startedAt": now(), "finishedAt": now()}
    api.patch_status(PODS, TEAM, "box", {"phase": "Failed", **states({AGENT: {"terminated": end}})})


@pytest.fixture(autouse=True)
def one_pod_at_a_time(api: FakeApi) -> None:
    """Two pods on one disk would destroy it. The fake server frees a name at once, so this holds by uid."""
    alive: list[str] = []

    def seen(pod: Json) -> None:
        if pod["metadata"]["name"] == "box":
            alive.append(pod["metadata"]["uid"])
            assert sum(1 for one in api.all(PODS) if one["metadata"]["uid"] in alive) <= 1

    api.on_create(PODS, seen)


async def test_suspended_and_resumed(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", SPEC)
    with Kubelet(api, work=STAYS) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            await asyncio.sleep(0.3)
            mark = len(api.writes)
            set_mode(api, "Suspended")
            await operator.until(lambda: says(api, "Suspended", is_=("True", "DiskKept")))
            assert api.all(PODS) == []
            assert len(api.all(PERSISTENT_VOLUME_CLAIMS)) == 1
            assert says(api, "Ready", is_=("False", "Suspended"))
            assert "podName" not in status(api)
            await asyncio.sleep(0.3)
            writes = writes_since(api, mark)
            # Stopping, suspended. The pod may be deleted again before the watch has shown that it goes.
            assert writes["PATCH", "devboxes/status"] == 2
            assert writes.total() - writes["DELETE", "pods"] == 2
            assert writes["DELETE", "pods"] <= 2
            mark = len(api.writes)
            set_mode(api, "Running")
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            assert says(api, "Suspended", is_=("False", "Resumed"))
            await asyncio.sleep(0.3)
            assert table(writes_since(api, mark)) == table(
                {("POST", "pods"): 1, ("PATCH", "devboxes/status"): 1}
            )
    assert (kubelet.created["Pod box"], kubelet.created["PersistentVolumeClaim box"]) == (2, 1)
    assert condition(api, "Devbox", "box", "Finished") is None


async def test_suspended_from_the_start_has_a_disk_and_no_pod(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "operatingMode": "Suspended"})
    with Kubelet(api, work=STAYS) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Suspended", is_=("True", "DiskKept")))
            await asyncio.sleep(0.3)
            wanted = {("POST", "persistentvolumeclaims"): 1, ("PATCH", "devboxes/status"): 1}
            assert table(writes_since(api, 0)) == table(wanted)
            set_mode(api, "Running")
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
    assert kubelet.created["PersistentVolumeClaim box"] == 1


async def test_finished_idle_and_run_anew(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["make"], "activeDeadlineSeconds": 600})
    with Kubelet(api, work=STAYS) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            end_pod(api, 3)
            await operator.until(lambda: says(api, "Finished", is_=("True", "Error")))
            set_mode(api, "Idle")
            await operator.until(lambda: says(api, "Ready", is_=("True", "Idle")))
            assert says(api, "Finished", is_=("True", "Error"))
            assert status(api)["exitCode"] == 3
            [pod] = api.all(PODS)
            assert pod["spec"]["containers"][0]["command"][-3:] == ["tail", "-f", "/dev/null"]
            assert "activeDeadlineSeconds" not in pod["spec"]
            set_mode(api, "Suspended")
            await operator.until(lambda: says(api, "Suspended", is_=("True", "DiskKept")))
            set_mode(api, "Running")
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            assert says(api, "Finished", is_=("False", "Resumed"))
            assert "exitCode" not in status(api)
            [pod] = api.all(PODS)
            assert pod["spec"]["containers"][0]["command"][-1] == "make"
    assert (kubelet.created["Pod box"], kubelet.created["PersistentVolumeClaim box"]) == (3, 1)


async def test_it_goes_when_its_time_is_over(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["true"], "ttlSecondsAfterFinished": 2})
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
            await asyncio.sleep(0.3)
            assert api.get(DEVBOXES, TEAM, "box"), "not before its time"
            await operator.until(lambda: not leftovers(api), 10)


def prepares(pod: Json, _: str) -> Json:
    prepared = pod["metadata"]["labels"].get("assay.dev/mode") == "prepare"
    return {**PASSED, "message": "assay-prepare: etc usr\n"} if prepared else PASSED


async def test_a_copy_is_prepared_and_then_run(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["make"], "rootFilesystem": "Copy"})
    made: list[Json] = []
    api.on_create(PODS, made.append)
    with Kubelet(api, end=prepares, start=0.2, work=0.2):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
            await asyncio.sleep(0.3)
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


# --- from a snapshot ---


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


# --- how root file systems can be mounted ---


def create_node(api: FakeApi, name: str, **changes: Any) -> None:
    info = {
        "osImage": "Debian",
        "kernelVersion": "6.18",
        "containerRuntimeVersion": "containerd://2.2",
        "kubeletVersion": "v1.36",
        "architecture": "amd64",
        **changes,
    }
    metadata = {"name": name, "labels": {"kubernetes.io/hostname": name}}
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}})
    api.patch_status(NODES, "", name, {"nodeInfo": info})


def probes(kubelet: Kubelet) -> int:
    return sum(count for name, count in kubelet.created.items() if name.startswith("Pod assay-probe-"))


async def test_nodes_are_probed_once_and_never_again(api: FakeApi, tmp_path: Path) -> None:
    create_node(api, "one")
    create_node(api, "two")
    create_node(api, "three", kernelVersion="6.12")
    for name in ("box", "box-2", "box-3"):
        create(api, "Devbox", name, {**SPEC, "command": ["true"]})

    def finished(*names: str) -> bool:
        return all(condition(api, "Devbox", name, "Finished") == ("True", "Completed") for name in names)

    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path, root_filesystem="Auto") as operator:
            await operator.until(lambda: finished("box", "box-2", "box-3"))
            assert probes(kubelet) == 2, "one for each class of nodes"
            assert (status(api)["rootFilesystem"], bool(status(api)["rootFilesystemReason"])) == (
                "Overlay",
                True,
            )
            await operator.until(lambda: not [p for p in api.all(PODS) if "probe" in p["metadata"]["name"]])
        async with operating(api, tmp_path, root_filesystem="Auto") as operator:
            create(api, "Devbox", "box-4", {**SPEC, "command": ["true"]})
            await operator.until(lambda: finished("box-4"))
        assert probes(kubelet) == 2, "a restart asks nobody"
    [kept] = api.all(CONFIG_MAPS)
    assert kept["metadata"]["name"] == "assay-root-filesystems"
    results = [json.loads(text) for text in kept["data"].values()]
    assert sorted((one["kernelVersion"], one["overlay"]) for one in results) == [
        ("6.12", True),
        ("6.18", True),
    ]


async def test_where_one_class_of_nodes_cannot_disks_are_copies(api: FakeApi, tmp_path: Path) -> None:
    create_node(api, "one")
    create_node(api, "old", kernelVersion="5.4")

    def end(pod: Json, container: str) -> Json:
        values = json.dumps(pod["spec"].get("affinity"))
        if container == "probe":
            why = {"exitCode": 125, "reason": "Error", "message": "assay-boot: cannot mount overlayfs"}
            return why if "old" in values else PASSED
        return prepares(pod, container)

    create(api, "Devbox", "box", {**SPEC, "command": ["true"]})
    with Kubelet(api, end=end):
        async with operating(api, tmp_path, root_filesystem="Auto") as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
    assert status(api)["rootFilesystem"] == "Copy"
    assert "kernel 5.4" in status(api)["rootFilesystemReason"]
    assert "cannot mount overlayfs" in status(api)["rootFilesystemReason"]


async def test_a_failed_probe_is_repeated_once_what_it_found_is_deleted(api: FakeApi, tmp_path: Path) -> None:
    create_node(api, "one")
    mended = False

    def end(pod: Json, container: str) -> Json:
        if container == "probe" and not mended:
            return {"exitCode": 125, "reason": "Error", "message": "assay-boot: cannot mount overlayfs"}
        return PASSED if container == "probe" else prepares(pod, container)

    def chosen(name: str) -> str | None:
        found = (api.get(DEVBOXES, TEAM, name) or {}).get("status") or {}
        return found.get("rootFilesystem") if condition(api, "Devbox", name, "Finished") else None

    with Kubelet(api, end=end) as kubelet:
        async with operating(api, tmp_path, root_filesystem="Auto") as operator:
            for name in ("box", "box-2"):
                create(api, "Devbox", name, {**SPEC, "command": ["true"]})
                await operator.until(lambda name=name: chosen(name) == "Copy")  # type: ignore[misc]
            assert probes(kubelet) == 1, "a failure is remembered"
            mended = True
            [kept] = api.all(CONFIG_MAPS)
            api.delete(CONFIG_MAPS, kept["metadata"]["namespace"], kept["metadata"]["name"])
            create(api, "Devbox", "box-3", {**SPEC, "command": ["true"]})
            await operator.until(lambda: chosen("box-3") == "Overlay")
            assert probes(kubelet) == 2


async def test_a_probe_that_never_starts_is_judged_by_its_last_warning(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet says only in Events that it cannot make the sandbox of a pod; the pod goes on waiting."""
    monkeypatch.setattr(probe, "SILENCE", timedelta(seconds=2))
    create_node(api, "one")

    def warn(pod: Json) -> None:
        for reason, uid, when in (
            ("FailedCreatePodSandBox", pod["metadata"]["uid"], "2026-01-01T00:00:02Z"),
            ("FailedMount", pod["metadata"]["uid"], "2026-01-01T00:00:01Z"),
            ("Unrelated", "another", "2026-01-01T00:00:03Z"),
        ):
            event = {"apiVersion": "events.k8s.io/v1", "kind": "Event", "type": "Warning", "reason": reason}
            metadata = {"name": f"e-{reason.lower()}", "namespace": TEAM}
            api.create(
                {**event, "metadata": metadata, "regarding": {"uid": uid}, "note": "no", "eventTime": when}
            )

    api.on_create(PODS, lambda pod: warn(pod) if "probe" in pod["metadata"]["name"] else None)
    create(api, "Devbox", "box", SPEC)
    async with operating(api, tmp_path, root_filesystem="Auto") as operator:
        await operator.until(
            lambda: (api.get(DEVBOXES, TEAM, "box") or {}).get("status", {}).get("rootFilesystem")
        )
    assert status(api)["rootFilesystem"] == "Copy"
    assert status(api)["rootFilesystemReason"].endswith("cannot mount overlays: FailedCreatePodSandBox: no")


async def test_a_namespace_that_refuses_probes_says_nothing_of_its_nodes(
    api: FakeApi, tmp_path: Path
) -> None:
    create_node(api, "one")
    message = 'pods "x" is forbidden: violates PodSecurity "baseline:latest"'
    api.fail("create", "pods", 403, 1000, reason=message)
    create(api, "Devbox", "box", SPEC)
    with Kubelet(api):
        async with operating(api, tmp_path, root_filesystem="Auto") as operator:
            await operator.until(lambda: condition(api, "Devbox", "box", "Ready"))
    assert (condition(api, "Devbox", "box", "Ready") or ("",))[0] == "False"
    assert api.all(CONFIG_MAPS) == []


# --- what it may reach ---


async def test_policies_are_there_before_the_pod_and_follow_the_settings(
    api: FakeApi, tmp_path: Path
) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["true"]})
    there: list[int] = []
    api.on_create(PODS, lambda _: there.append(len(api.all(NETWORK_POLICIES))))
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
        assert there == [3]
        mark = len(api.writes)
        async with operating(api, tmp_path, blocked_cidrs=["10.0.0.0/8"]) as operator:
            create(api, "Devbox", "box-2", {**SPEC, "command": ["true"]})
            await operator.until(lambda: condition(api, "Devbox", "box-2", "Finished"))
        writes = writes_since(api, mark)
    assert (writes["PATCH", "networkpolicies"], writes["POST", "networkpolicies"]) == (1, 0)
    internet = api.get(NETWORK_POLICIES, TEAM, "assay-egress-internet")
    assert internet is not None
    assert internet["spec"]["egress"][1]["to"][0]["ipBlock"]["except"] == ["10.0.0.0/8"]
