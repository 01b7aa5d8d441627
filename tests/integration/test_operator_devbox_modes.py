"""The real operator against the fake API server: devboxes that are suspended, idle, resumed, over."""

from __future__ import annotations

from pathlib import Path

from assay.kube.resources import PERSISTENT_VOLUME_CLAIMS, PODS
from tests.integration.devboxes import (
    SPEC,
    STAYS,
    one_pod_at_a_time,  # noqa: F401 (holds for every test here)
    says,
    status,
)
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import AGENT, Kubelet, now, states
from tests.integration.running import (
    DEVBOXES,
    TEAM,
    condition,
    create,
    leftovers,
    operating,
    table,
    writes_since,
)
from tests.unit.specs.commands import line


def set_mode(api: FakeApi, mode: str) -> None:
    api.patch(DEVBOXES, TEAM, "box", {"spec": {"operatingMode": mode}})


def end_pod(api: FakeApi, exit_code: int) -> None:
    end = {"exitCode": exit_code, "reason": "Error", "startedAt": now(), "finishedAt": now()}
    api.patch_status(PODS, TEAM, "box", {"phase": "Failed", **states({AGENT: {"terminated": end}})})


async def test_suspended_and_resumed(api: FakeApi, tmp_path: Path) -> None:
    create(api, "Devbox", "box", SPEC)
    with Kubelet(api, work=STAYS) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            await operator.settled()
            mark = len(api.writes)
            set_mode(api, "Suspended")
            await operator.until(lambda: says(api, "Suspended", is_=("True", "DiskKept")))
            assert api.all(PODS) == []
            assert len(api.all(PERSISTENT_VOLUME_CLAIMS)) == 1
            assert says(api, "Ready", is_=("False", "Suspended"))
            assert "podName" not in status(api)
            await operator.settled()
            writes = writes_since(api, mark)
            # Stopping, suspended. The pod may be deleted again before the watch has shown that it goes.
            assert writes["PATCH", "devboxes/status"] == 2
            assert writes.total() - writes["DELETE", "pods"] == 2
            assert writes["DELETE", "pods"] <= 2
            mark = len(api.writes)
            set_mode(api, "Running")
            await operator.until(lambda: says(api, "Ready", is_=("True", "Running")))
            assert says(api, "Suspended", is_=("False", "Resumed"))
            await operator.settled()
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
            await operator.settled()
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
            assert line(pod["spec"]["containers"][0]["command"]).words == [], "it only stays up"
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
            await operator.settled()
            assert api.get(DEVBOXES, TEAM, "box"), "not before its time"
            await operator.until(lambda: not leftovers(api), 10)
