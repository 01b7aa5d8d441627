"""The real operator against the fake API server: runs that people suspend, cancel and limit, and edit around."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assay.kube.resources import JOBS, PODS
from assay.our_resources import OURS
from assay.reconcile.common import pod_view
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, Kubelet, Refusal
from tests.integration.running import (
    BENCHMARK_RUNS,
    RUNS,
    TEAM,
    condition,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
)
from tests.integration.steering import FOR_EVER, state, status, steer

# --- cancel ---


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
async def test_a_run_that_is_canceled_leaves_nothing(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path, placement: str
) -> None:
    kubelet.work = FOR_EVER
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    pod = {"SamePod": "r-abcde", "OwnPod": "r"}[placement]
    async with operating(api, tmp_path, placement=placement, keep_seconds=600) as operator:
        await operator.until(lambda: state(api, pod, AGENT) == "running")
        steer(api, "ScenarioRun", "r", cancel=True)
        await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Failed") == ("True", "Canceled")
    assert "agent" not in status(api, "ScenarioRun", "r"), "it did not end by itself"


async def test_what_a_canceled_benchmark_run_had_scored_counts(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    def refuse(obj: Json) -> Refusal | None:
        does_start = obj["kind"] != "Pod" or obj["metadata"]["name"].startswith(("b-s0", "b-s1"))
        return None if does_start else Refusal("FailedScheduling", "no room")

    def counts() -> Json:
        return dict(status(api, "BenchmarkRun", "b").get("counts") or {})

    kubelet.refuse = refuse
    names = [f"s{number}" for number in range(6)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=2)
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: counts().get("scored") == 2 and counts()["active"] == 2)
        steer(api, "BenchmarkRun", "b", cancel=True)
        await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
        await operator.settled(beyond=1.1)
    assert condition(api, "BenchmarkRun", "b", "Failed") == ("True", "Canceled")
    assert len(api.all(RUNS)) == 4, "no more are created"
    final = status(api, "BenchmarkRun", "b")
    assert final["score"] == 1.0
    wanted = {"total": 6, "pending": 2, "active": 0, "scored": 2, "unscored": 2, "leftOut": 2}
    assert {name: counts()[name] for name in wanted} == wanted
    assert final["unscored"] == [{"reason": "Canceled", "count": 2, "blame": "Author"}]


async def test_what_is_asked_of_runs_that_have_ended_changes_nothing_but_their_generation(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    create_definitions(api, "fix-it")
    create_benchmark_run(api, "b", "fix-it")
    runs = {"BenchmarkRun": "b", "ScenarioRun": "b-fix-it-1"}
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
        await operator.settled(beyond=1.1)
        before = {kind: status(api, kind, name) for kind, name in runs.items()}
        for kind, name in runs.items():
            steer(api, kind, name, cancel=True, suspend=True)
        await operator.settled(beyond=1.1)
    for kind, name in runs.items():
        assert status(api, kind, name) == {**before[kind], "observedGeneration": 2}


# --- deadlines ---


async def test_runs_end_at_their_deadline(api: FakeApi, kubelet: Kubelet, tmp_path: Path) -> None:
    kubelet.work = FOR_EVER
    create_definitions(api, "fix-it", "other")
    create_run(api, "r", "fix-it", activeDeadlineSeconds=2)
    create_benchmark_run(api, "b", "fix-it", "other", parallelism=1, activeDeadlineSeconds=2)
    async with operating(api, tmp_path) as operator:
        await operator.until(
            lambda: (
                is_over(api, "ScenarioRun", "r") and is_over(api, "BenchmarkRun", "b") and not leftovers(api)
            )
        )
    assert condition(api, "ScenarioRun", "r", "Failed") == ("True", "RunDeadlineExceeded")
    assert condition(api, "BenchmarkRun", "b", "Failed") == ("True", "RunDeadlineExceeded")
    assert [one["reason"] for one in status(api, "BenchmarkRun", "b")["unscored"]] == ["Canceled"]


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
async def test_a_run_whose_pod_does_not_start_ends_with_what_it_waited_for(
    api: FakeApi, tmp_path: Path, placement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pod_view, "PATIENCE", timedelta())
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", retry={"limit": 0})

    def refuse(obj: Json) -> Refusal | None:
        return Refusal("FailedScheduling", "no room") if obj["kind"] == "Pod" else None

    with Kubelet(api, refuse=refuse):
        async with operating(api, tmp_path, placement=placement, provisioning_seconds=2) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Failed") == ("True", "ProvisioningDeadlineExceeded")
    [failed] = [one for one in status(api, "ScenarioRun", "r")["conditions"] if one["type"] == "Failed"]
    assert "Unschedulable: 0/1 nodes are available" in failed["message"]


# --- suspend ---


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
async def test_a_run_that_is_created_suspended_creates_nothing_until_that_is_cleared(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path, placement: str
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", suspend=True)
    async with operating(api, tmp_path, placement=placement) as operator:
        suspended = ("True", "Suspended")
        await operator.until(lambda: condition(api, "ScenarioRun", "r", "Suspended") == suspended)
        await operator.settled()
        assert leftovers(api) == []
        assert "pinned" not in status(api, "ScenarioRun", "r")
        steer(api, "ScenarioRun", "r", suspend=False)
        await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert condition(api, "ScenarioRun", "r", "Suspended") == ("False", "Resumed")


@pytest.mark.parametrize(
    ("placement", "pod", "children"),
    [
        ("SamePod", "r-abcde", ["PersistentVolumeClaim r", "Job r", "Pod r-abcde"]),
        ("OwnPod", "r", ["Devbox r", "PersistentVolumeClaim r", "Pod r"]),
    ],
)
async def test_an_agent_at_work_begins_again_on_a_fresh_disk(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path, placement: str, pod: str, children: list[str]
) -> None:
    kubelet.work = FOR_EVER
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    async with operating(api, tmp_path, placement=placement) as operator:
        await operator.until(lambda: state(api, pod, AGENT) == "running")
        steer(api, "ScenarioRun", "r", suspend=True)
        await operator.until(lambda: not leftovers(api))
        await operator.settled()
        assert condition(api, "ScenarioRun", "r", "Complete") == ("False", "Suspended")
        assert status(api, "ScenarioRun", "r")["phase"] == "Suspended"
        api.delete(OURS["Scenario"], TEAM, "fix-it")  # what was pinned stays
        kubelet.work = 0.05
        steer(api, "ScenarioRun", "r", suspend=False)
        await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert {child: kubelet.created[child] for child in children} == dict.fromkeys(children, 2)


async def test_what_an_agent_left_is_scored_when_its_run_is_resumed(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    kubelet.work = 3  # of its agent, and of its functions
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: condition(api, "ScenarioRun", "r", "AgentFinished"))
        steer(api, "ScenarioRun", "r", suspend=True)
        await operator.until(lambda: not api.all(PODS) and not api.all(JOBS))
        assert leftovers(api) == ["PersistentVolumeClaim r"]
        kubelet.work = 0.05
        steer(api, "ScenarioRun", "r", suspend=False)
        await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert kubelet.created["Pod r-abcde"] == 1, "an agent works once on a disk"
    assert {one["placement"] for one in status(api, "ScenarioRun", "r")["scores"]} == {"OwnPod"}


async def test_a_benchmark_run_is_suspended_and_resumed_with_its_runs(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    names = [f"s{number}" for number in range(4)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=2, suspend=True)
    async with operating(api, tmp_path) as operator:
        waits = ("False", "Suspended")
        await operator.until(lambda: condition(api, "BenchmarkRun", "b", "Complete") == waits)
        await operator.settled()
        assert api.all(RUNS) == []
        kubelet.work = FOR_EVER
        steer(api, "BenchmarkRun", "b", suspend=False)
        await operator.until(lambda: sum(kubelet.created[f"Pod b-{name}-1-abcde"] for name in names) == 2)
        await operator.settled(beyond=1.1)
        steer(api, "BenchmarkRun", "b", suspend=True)
        await operator.until(lambda: not leftovers(api) and len(suspended_runs(api)) == 2)
        await operator.settled(beyond=1.1)
        assert len(api.all(RUNS)) == 2
        assert condition(api, "BenchmarkRun", "b", "Suspended") == ("True", "Suspended")
        kubelet.work = 0.05
        steer(api, "BenchmarkRun", "b", suspend=False)
        await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
    assert condition(api, "BenchmarkRun", "b", "Complete") == ("True", "AllScored")
    assert status(api, "BenchmarkRun", "b")["score"] == 1.0


def suspended_runs(api: FakeApi) -> list[str]:
    names = [run["metadata"]["name"] for run in api.all(RUNS)]
    return [one for one in names if condition(api, "ScenarioRun", one, "Suspended") == ("True", "Suspended")]


async def test_kueue_finds_the_queue_of_a_benchmark_run_on_jobs_and_pods(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    kubelet.work = FOR_EVER
    create_definitions(api, "fix-it")
    create_benchmark_run(api, "b", "fix-it", suspend=True)
    queue = {"kueue.x-k8s.io/queue-name": "agents"}
    api.patch(
        BENCHMARK_RUNS,
        TEAM,
        "b",
        {"metadata": {"labels": {**queue, "mine": "x"}}, "spec": {"suspend": False}},
    )
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: api.all(PODS))
        for resource in (RUNS, JOBS, PODS):
            [labels] = [one["metadata"]["labels"] for one in api.all(resource)]
            assert queue.items() <= labels.items()
            assert "mine" not in labels
