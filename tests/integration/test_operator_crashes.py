"""The operator dies between any two writes and is started again: nothing is lost, doubled or left over."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.crashing import (
    Crashing,
    assert_each_once,
    deaths,
    die_and_start_again,
)
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.running import (
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
from tests.integration.samples import until


@pytest.fixture
async def api() -> AsyncIterator[Crashing]:
    async with Crashing() as server:
        yield server


RUN = 15  # writes: 9, and six for the definitions around it and the network policies
RUN_OWN_POD = 18  # devbox and scorer Job
KEEPING_RUN = 20  # the DiskSnapshot, its VolumeSnapshot and what is said of them come on top
RESCORE = 10


@pytest.mark.parametrize(
    ("placement", "of", "writes"),
    [
        *(("SamePod", RUN, writes) for writes in deaths(RUN)),
        *(("OwnPod", RUN_OWN_POD, writes) for writes in deaths(RUN_OWN_POD)),
    ],
)
async def test_death_after_any_write_of_a_run(
    api: Crashing, tmp_path: Path, placement: str, of: int, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    api.let_live(writes)

    def done() -> bool:
        return is_over(api, "ScenarioRun", "r") and not leftovers(api)

    death = await die_and_start_again(api, tmp_path, done, placement=placement)
    death.assert_died(writes, of)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert run["status"]["score"] == 1.0
    assert {one["placement"] for one in run["status"]["scores"]} == {placement}
    assert_each_once(death.kubelet, ["r"], placement)
    events = Counter(
        one.body["reason"]
        for one in api.requests
        if (one.verb, one.resource, one.code) == ("create", "events", 201)
    )
    assert events <= Counter(["Scored"]), "each turn is told at most once"


def kept(api: FakeApi, run: str) -> bool:
    return condition(api, "ScenarioRun", run, "DiskKept") == ("True", "SnapshotReady")


@pytest.mark.parametrize("writes", deaths(KEEPING_RUN))
async def test_death_after_any_write_of_a_run_that_keeps_its_disk(
    api: Crashing, tmp_path: Path, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", snapshotPolicy="Always")
    api.let_live(writes)
    death = await die_and_start_again(
        api, tmp_path, lambda: is_over(api, "ScenarioRun", "r") and kept(api, "r") and not leftovers(api)
    )
    death.assert_died(writes, KEEPING_RUN)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert (run["status"]["score"], run["status"]["diskSnapshot"]) == (1.0, "r")
    assert_each_once(death.kubelet, ["r"])
    created = death.kubelet.created
    assert (created["DiskSnapshot r"], created["VolumeSnapshot r"]) == (1, 1)


@pytest.mark.parametrize("writes", deaths(RESCORE))
async def test_death_after_any_write_of_a_rescore(api: Crashing, tmp_path: Path, writes: int) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", snapshotPolicy="Always")

    async def begin(operator: Operator) -> None:
        await operator.until(lambda: kept(api, "r") and not leftovers(api))
        api.let_live(writes)
        create_run(api, "again", "fix-it", rescore={"scenarioRunRef": {"name": "r"}})

    def done() -> bool:
        linked = ((api.get(RUNS, TEAM, "r") or {}).get("status") or {}).get("rescoreRuns")
        return is_over(api, "ScenarioRun", "again") and bool(linked) and not leftovers(api)

    death = await die_and_start_again(api, tmp_path, done, begin)
    death.assert_died(writes, RESCORE)
    run, old = api.get(RUNS, TEAM, "again"), api.get(RUNS, TEAM, "r")
    assert run is not None
    assert old is not None
    assert (run["status"]["score"], run["status"]["previousScore"]["scenarioRun"]) == (1.0, "r")
    assert old["status"]["rescoreRuns"] == [{"scenarioRun": "again", "score": 1.0, "passed": True}]
    assert len(old["status"]["scores"]) == 2, "its status was not cut to what the operator remembers"
    children = ["Devbox again", "PersistentVolumeClaim again", "Job again-score"]
    created = death.kubelet.created
    assert {child: created[child] for child in children} == dict.fromkeys(children, 1)
    assert not created["Pod again"]


async def test_a_benchmark_run_survives_one_death_after_another(api: Crashing, tmp_path: Path) -> None:
    scenarios = [f"s{number}" for number in range(5)]
    create_definitions(api, *scenarios)
    create_benchmark_run(api, "b", *scenarios, parallelism=3)
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
    assert len(runs) == len(scenarios)
    assert all(is_over(api, "ScenarioRun", run) for run in runs)
    assert_each_once(kubelet, runs)
    assert [kubelet.created[f"ScenarioRun {run}"] for run in runs] == [1] * len(scenarios)
    final = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert final is not None
    assert (final["status"]["score"], final["status"]["counts"]["scored"]) == (1.0, len(scenarios))
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
    with contextlib.suppress(TimeoutError):
        await until(lambda: not asyncio.all_tasks() - before)
    left = asyncio.all_tasks() - before
    assert sorted(task.get_name() for task in left) == []
