"""The operator dies between any two writes and is started again: nothing is lost, doubled or left over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.fakeapi import FakeApi
from tests.contract.fakestorage import Fault
from tests.contract.kubelet import Kubelet
from tests.contract.running import (
    BENCHMARK_RUNS,
    RUNS,
    TEAM,
    Operator,
    condition,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
)

WRITES = {"create", "update", "patch", "delete"}
NEVER = 1_000_000


class Crashing(FakeApi):
    """Takes so many writes and no more: for the objects it is as if the operator had died after the last."""

    def __init__(self) -> None:
        super().__init__(bookmark_seconds=0.2)
        self.left = NEVER
        self.crashed = threading.Event()

    def check_failures(self, verb: str, resource: str) -> None:
        if verb in WRITES:
            if self.left == 0:
                self.crashed.set()
                raise Fault(503, "ServiceUnavailable", "the operator is dead")
            self.left -= 1
        super().check_failures(verb, resource)

    def let_live(self, writes: int) -> None:
        """Take that many writes from now on."""
        self.crashed.clear()
        self.left = writes


@pytest.fixture
async def api() -> AsyncIterator[Crashing]:
    async with Crashing() as server:
        yield server


def scenario_runs_are_over(api: FakeApi) -> bool:
    return all(is_over(api, "ScenarioRun", run["metadata"]["name"]) for run in api.all(RUNS))


def assert_each_once(kubelet: Kubelet, runs: list[str]) -> None:
    for run in runs:
        children = [f"Devbox {run}", f"Pod {run}", f"PersistentVolumeClaim {run}", f"Job {run}-score"]
        assert {child: kubelet.created[child] for child in children} == dict.fromkeys(children, 1)


# A run takes 11 writes; the definitions around it and the network policies take six more.
@pytest.mark.parametrize("writes", range(19))
async def test_death_after_any_write_of_a_run(api: Crashing, tmp_path: Path, writes: int) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")

    def done() -> bool:
        return is_over(api, "ScenarioRun", "r") and not leftovers(api)

    api.let_live(writes)
    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: api.crashed.is_set() or done())
        if not api.crashed.is_set():
            pytest.skip("a run takes fewer writes than this")
        api.let_live(NEVER)
        async with operating(api, tmp_path) as operator:
            await operator.until(done)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert run["status"]["score"] == 1.0
    assert_each_once(kubelet, ["r"])
    events = [
        one for one in api.requests if one.verb == "create" and one.resource == "events" and one.code == 201
    ]
    assert len(events) <= 1


def kept(api: FakeApi, run: str) -> bool:
    return condition(api, "ScenarioRun", run, "DiskKept") == ("True", "SnapshotReady")


# The DiskSnapshot, its VolumeSnapshot and what is said of them come on top.
@pytest.mark.parametrize("writes", range(24))
async def test_death_after_any_write_of_a_run_that_keeps_its_disk(
    api: Crashing, tmp_path: Path, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", snapshotPolicy="Always")

    def done() -> bool:
        return is_over(api, "ScenarioRun", "r") and kept(api, "r") and not leftovers(api)

    api.let_live(writes)
    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: api.crashed.is_set() or done())
        if not api.crashed.is_set():
            pytest.skip("such a run takes fewer writes than this")
        api.let_live(NEVER)
        async with operating(api, tmp_path) as operator:
            await operator.until(done)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert (run["status"]["score"], run["status"]["diskSnapshot"]) == (1.0, "r")
    assert_each_once(kubelet, ["r"])
    assert (kubelet.created["DiskSnapshot r"], kubelet.created["VolumeSnapshot r"]) == (1, 1)


@pytest.mark.parametrize("writes", range(12))
async def test_death_after_any_write_of_a_rescore(api: Crashing, tmp_path: Path, writes: int) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", snapshotPolicy="Always")

    def done() -> bool:
        linked = ((api.get(RUNS, TEAM, "r") or {}).get("status") or {}).get("rescores")
        return is_over(api, "ScenarioRun", "again") and bool(linked) and not leftovers(api)

    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: kept(api, "r") and not leftovers(api))
            api.let_live(writes)
            create_run(api, "again", "fix-it", rescore={"scenarioRunRef": {"name": "r"}})
            await operator.until(lambda: api.crashed.is_set() or done())
        if not api.crashed.is_set():
            pytest.skip("a re-score takes fewer writes than this")
        api.let_live(NEVER)
        async with operating(api, tmp_path) as operator:
            await operator.until(done)
    run, old = api.get(RUNS, TEAM, "again"), api.get(RUNS, TEAM, "r")
    assert run is not None
    assert old is not None
    assert (run["status"]["score"], run["status"]["rescored"]["scenarioRun"]) == (1.0, "r")
    assert old["status"]["rescores"] == [{"scenarioRun": "again", "score": 1.0, "passed": True}]
    assert len(old["status"]["scores"]) == 2, "its status was not cut to what the operator remembers"
    children = ["Devbox again", "PersistentVolumeClaim again", "Job again-score"]
    assert {child: kubelet.created[child] for child in children} == dict.fromkeys(children, 1)
    assert not kubelet.created["Pod again"]


async def test_a_benchmark_run_survives_one_death_after_another(api: Crashing, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(5)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=3)
    deaths = 0

    def done() -> bool:
        return is_over(api, "BenchmarkRun", "b") and not leftovers(api)

    with Kubelet(api) as kubelet:
        while not done():
            api.let_live(11)
            async with operating(api, tmp_path) as operator:
                await operator.until(lambda: api.crashed.is_set() or done())
            deaths += 1
            assert deaths < 30
    runs = [run["metadata"]["name"] for run in api.all(RUNS)]
    assert len(runs) == len(names)
    assert scenario_runs_are_over(api)
    assert_each_once(kubelet, runs)
    assert [kubelet.created[f"ScenarioRun {run}"] for run in runs] == [1] * len(names)
    final = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert final is not None
    assert (final["status"]["score"], final["status"]["counts"]["scored"]) == (1.0, len(names))
    assert deaths > 3, "else this shows little"


async def test_an_operator_that_is_stopped_before_it_has_listed_everything_ends_at_once(
    api: Crashing, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with operating(api, tmp_path):
        await asyncio.sleep(0)
        begun = loop.time()
    assert loop.time() - begun < 8  # of which kopf, stopped while it starts, takes 5


async def test_a_cancelled_operator_leaves_nothing_running(api: Crashing, tmp_path: Path) -> None:
    """Its client is closed: whatever still ran would work on the cluster beside the next operator."""
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    before = asyncio.all_tasks()
    running = operating(api, tmp_path)
    operator: Operator = await running.__aenter__()
    await operator.until(lambda: len(api.writes) > 3)
    operator.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running.__aexit__(None, None, None)
    await asyncio.sleep(0.1)
    left = asyncio.all_tasks() - before
    assert sorted(task.get_name() for task in left) == []
