"""The real operator against the fake API server: nodes are probed for how root file systems can be mounted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.kube.resources import CONFIG_MAPS, NODES, PODS
from assay.reconcile.nodes import node_probe
from tests.integration.devboxes import SPEC, prepares, says, status
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import PASSED, Kubelet
from tests.integration.running import DEVBOXES, TEAM, condition, create, operating


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
    monkeypatch.setattr(node_probe, "SILENCE", timedelta(seconds=2))
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
