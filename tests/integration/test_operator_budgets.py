"""How often the operator writes: budgets of the design (§7), counted by the fake API server."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.fakeapi import FakeApi, Write
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, now, says
from tests.integration.running import (
    BENCHMARK_RUNS,
    RUNS,
    TEAM,
    condition,
    create_benchmark_run,
    create_definitions,
    create_scenario,
    is_over,
    leftovers,
    operating,
    reconciles,
    table,
    writes_since,
)

PER_RUN = 10
DEFINITIONS = ("blueprints", "scenarios", "agents", "benchmarks", "benchmarkruns")
PER_BENCHMARK_RUN = 12


@pytest.mark.parametrize(
    ("agent", "tests"),
    [
        (PASSED, says("1.0")),
        ({**PASSED, "message": "assay/2 exit=1 timeout=0 seconds=0.1\n"}, says("0.0")),
        (PASSED, says("no number")),
        ({"exitCode": 137, "reason": "OOMKilled"}, says("1.0")),
    ],
    ids=["scored", "agent failed", "unscored", "OOMKilled"],
)
async def test_a_run_costs_few_writes(api: FakeApi, tmp_path: Path, agent: Json, tests: Json) -> None:
    """The run's own creation by its BenchmarkRun, all children, all statuses and Events included."""
    count = 3
    names = [f"s{number}" for number in range(count)]
    create_definitions(api, *names)
    ends = {AGENT: agent, "tests": tests, "lint": says("")}
    # Longer than in other tests: each state of a pod is seen by itself, as with real ones.
    with Kubelet(api, start=0.3, work=0.5, end=lambda _, name: ends[name]):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: all(condition(api, "Scenario", name, "Ready") for name in names))
            await operator.settled()
            create_benchmark_run(api, "b", *names)
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
            await operator.settled()
    writes = Counter((one.method, one.resource) for one in api.writes if not about_others(one))
    print(f"\nwrites of {count} runs:\n{table(writes)}\n{writes.total() / count:5.1f}  per run")
    assert 0 < writes.total() <= PER_RUN * count
    read = [one for one in api.requests if (one.verb, one.resource) == ("list", "events")]
    assert read == [], "Events are read of what does not start, and of nothing else"


def about_others(write: Write) -> bool:
    """Statuses of definitions and of the BenchmarkRun, its Event, what a namespace and a blueprint get once."""
    if write.resource == "events":
        return write.name.rpartition(".")[0] == "b"
    once = {"networkpolicies", "blueprints"}
    return write.resource in once | {f"{kind}/status" for kind in DEFINITIONS}


async def test_a_restart_with_finished_runs_writes_nothing(api: FakeApi, tmp_path: Path) -> None:
    count = 200
    create_definitions(api, "fix-it", "other")
    create_benchmark_run(api, "b", "fix-it", "other")

    def end(pod: Json, container: str) -> Json:
        if container == AGENT and "other" in pod["metadata"]["name"]:
            return {"exitCode": 137, "reason": "OOMKilled"}
        return PASSED if container == AGENT else says("1.0")

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b") and not leftovers(api))
            await operator.settled(beyond=1.1)  # what only counts others is written a moment later
    for number in range(count):
        original = api.all(RUNS)[number % 2]
        copied = copy.deepcopy(original)
        copied["metadata"] = {
            key: original["metadata"][key] for key in ("namespace", "labels", "ownerReferences")
        } | {"name": f"copy-{number}"}
        api.create(copied)
        api.patch_status(RUNS, TEAM, f"copy-{number}", original["status"])
    mark, before = len(api.writes), reconciles("ScenarioRun")
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: reconciles("ScenarioRun") - before >= count)
        await operator.settled(beyond=1.5)  # longer than any throttling or first back-off
    assert table(writes_since(api, mark)) == table({})


async def test_many_changes_of_children_cost_a_benchmark_run_few_writes(api: FakeApi, tmp_path: Path) -> None:
    count, seconds = 300, 2.0
    names = [f"s{number}" for number in range(count)]
    create_definitions(api)
    for name in names:
        create_scenario(api, name, blueprint="absent")  # the runs wait for it; the test plays how they end
    create_benchmark_run(api, "b", *names, parallelism=count)
    loop = asyncio.get_running_loop()
    async with operating(api, tmp_path) as operator:
        waiting = ("False", "BlueprintNotFound")
        await operator.until(lambda: len(api.all(RUNS)) == count, 60)
        await operator.until(
            lambda: all(
                condition(api, "ScenarioRun", run["metadata"]["name"], "Complete") == waiting
                for run in api.all(RUNS)
            ),
            60,
        )
        await operator.settled(beyond=1.1, seconds=60)
        mark, begun = len(api.writes), loop.time()
        for number, run in enumerate(api.all(RUNS)):
            done = [{"type": "Complete", "status": "True", "reason": "Scored", "lastTransitionTime": now()}]
            status = {"phase": "Complete", "score": 1.0, "passed": True, "conditions": done}
            api.patch_status(RUNS, TEAM, run["metadata"]["name"], status)
            await asyncio.sleep(max(0.0, begun + seconds * number / count - loop.time()))
        await operator.until(lambda: is_over(api, "BenchmarkRun", "b"))
        took = loop.time() - begun
        await operator.settled(beyond=1.1)
    patches = writes_since(api, mark)["PATCH", "benchmarkruns/status"]
    print(f"\n{patches} status writes while {count} children changed, {took:.1f} s until complete")
    assert 1 <= patches <= PER_BENCHMARK_RUN
    final = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert final is not None
    assert final["status"]["counts"]["scored"] == count
