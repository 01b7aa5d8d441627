"""The real operator against the fake API server: runs of which the infrastructure ended a try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from assay.reconcile.scenariorun import retry
from assay.specs import names
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, Kubelet, end_well, says
from tests.integration.running import (
    DEVBOXES,
    RUNS,
    TEAM,
    condition,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
    reconciles,
    table,
    writes_since,
)

FROZEN = {"exitCode": 128, "reason": "StartError", "message": "runc create failed: unable to freeze"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 0.1)


def frozen_until(try_: int, last: Callable[[str], Json] | None = None) -> Callable[[Json, str], Json]:
    """The node refuses the agent's container in all tries before that one; `last` says how containers end in that."""

    def end(pod: Json, container: str) -> Json:
        labels = pod["metadata"]["labels"]
        if container == AGENT and int(labels.get(names.TRY, "1")) < try_:
            return FROZEN
        return last(container) if last else end_well(pod, container)

    return end


def later_name(api: FakeApi, run: str, try_: int = 2) -> str:
    """The name of the children of a later try."""
    found = api.get(RUNS, TEAM, run)
    assert found is not None
    return f"{run}-try-{try_}-{names.content_hash(found['metadata']['uid'])[:8]}"


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
async def test_an_agent_starts_over_on_a_fresh_disk(api: FakeApi, tmp_path: Path, placement: str) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")

    def end(pod: Json, container: str) -> Json:
        # The pod of a devbox has no label of its try: it is its devbox's.
        is_first = pod["metadata"]["name"] in ("r", "r-abcde")
        return FROZEN if is_first and container == AGENT else end_well(pod, container)

    with Kubelet(api, end=end) as kubelet:
        async with operating(api, tmp_path, placement=placement) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    status = run["status"]
    assert (status["score"], condition(api, "ScenarioRun", "r", "Complete")) == (1.0, ("True", "Scored"))
    [lost] = status["lostTries"]
    assert (lost["reason"], lost["node"]) == ("NodeRefused", "node-1")
    assert "unable to freeze" in lost["message"]
    assert lost["startTime"] <= lost["finishTime"]
    second = later_name(api, "r")
    assert kubelet.created[f"PersistentVolumeClaim {second}"] == 1
    assert kubelet.created["PersistentVolumeClaim r"] == 1


async def test_the_tries_come_to_an_end(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_benchmark_run(api, "b", "fix-it", template={"retry": {"limit": 1}})
    with Kubelet(api, end=frozen_until(9)) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
    [run] = api.all(RUNS)
    assert [one["reason"] for one in run["status"]["lostTries"]] == ["NodeRefused"]
    assert run["status"]["agent"]["reason"] == "NodeRefused"
    assert condition(api, "ScenarioRun", run["metadata"]["name"], "Failed") == ("True", "NodeRefused")
    assert sum(count for name, count in kubelet.created.items() if name.startswith("Pod ")) == 2


async def test_what_an_agent_brought_about_is_never_tried_again(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", retry={"limit": 10})
    killed = {"exitCode": 137, "reason": "OOMKilled"}
    with Kubelet(api, end=lambda _, name: killed if name == AGENT else says("1.0")) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Failed") == ("True", "OOMKilled")
    assert "lostTries" not in (api.get(RUNS, TEAM, "r") or {})["status"]
    assert sum(count for name, count in kubelet.created.items() if name.startswith("Pod ")) == 1


async def test_the_disk_of_the_last_try_is_the_one_that_is_kept_and_opened(
    api: FakeApi, tmp_path: Path
) -> None:
    create_definitions(api, "fix-it")
    keep = {"snapshotPolicy": "Always", "keepDevbox": {"when": "Always", "ttlSeconds": 600}}
    create_run(api, "r", "fix-it", **keep)
    second = later_name(api, "r")
    with Kubelet(api, end=frozen_until(2)) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(
                lambda: condition(api, "ScenarioRun", "r", "DiskKept") == ("True", "SnapshotReady")
            )
            await operator.until(lambda: condition(api, "Devbox", second, "Ready") == ("True", "Idle"))
            await operator.settled()
            opened = leftovers(api)
    run, kept = api.get(RUNS, TEAM, "r"), api.get(VOLUME_SNAPSHOTS, TEAM, second)
    assert run is not None
    assert kept is not None
    assert run["status"]["diskSnapshot"] == second
    assert kept["spec"]["source"]["persistentVolumeClaimName"] == second
    assert set(opened) >= {f"Devbox {second}", f"Pod {second}", f"PersistentVolumeClaim {second}"}
    assert not [one for one in opened if one.endswith((" r", " r-abcde"))], "nothing of the first try is left"
    assert kubelet.created["DiskSnapshot r"] == 0, "nobody has a use for what the first try left"
    assert [one["metadata"]["name"] for one in api.all(DEVBOXES)] == [second]
    assert f"kubectl exec -it {second} " in str(run["status"]["conditions"])


async def test_a_restart_after_a_run_with_lost_tries_writes_nothing(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_benchmark_run(api, "b", "fix-it", template={"snapshotPolicy": "Always"})
    with Kubelet(api, end=frozen_until(3)):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
            await operator.settled(beyond=1.1)
    [run] = api.all(RUNS)
    assert len(run["status"]["lostTries"]) == 2
    [snapshot] = api.all(OURS["DiskSnapshot"])
    assert (
        run["status"]["diskSnapshot"]
        == snapshot["metadata"]["name"]
        == later_name(api, run["metadata"]["name"], 3)
    )
    mark, before = len(api.writes), reconciles("ScenarioRun")
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: reconciles("ScenarioRun") > before)
        await operator.settled(beyond=1.5)
    assert table(writes_since(api, mark)) == table({})
