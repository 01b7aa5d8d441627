"""The real operator against the fake API server: what runs use is edited and deleted while they go on."""

from __future__ import annotations

from pathlib import Path

from assay.kube.resources import PODS
from assay.our_resources import OURS
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.running import (
    RUNS,
    TEAM,
    condition,
    create,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    operating,
)
from tests.integration.steering import FOR_EVER, status, steer


async def test_parallelism_takes_effect_while_a_benchmark_run_goes_on(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    kubelet.work = FOR_EVER
    names = [f"s{number}" for number in range(6)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=1)
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: len(api.all(PODS)) == 1)
        steer(api, "BenchmarkRun", "b", parallelism=4)
        await operator.until(lambda: len(api.all(PODS)) == 4)
        steer(api, "BenchmarkRun", "b", parallelism=1)
        [run, *_] = sorted(one["metadata"]["name"] for one in api.all(RUNS))
        steer(api, "ScenarioRun", run, cancel=True)
        await operator.until(lambda: is_over(api, "ScenarioRun", run))
        await operator.settled(beyond=1.1)
        assert len(api.all(RUNS)) == 4, "none takes its place, and the others go on"
        counts = status(api, "BenchmarkRun", "b")["counts"]
        assert (counts["active"], counts["pending"], counts["leftOut"]) == (3, 2, 1)


async def test_a_run_under_way_uses_what_it_pinned_whatever_becomes_of_it(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    kubelet.start = 0.5
    create_definitions(api, "edited", "deleted")
    for name in ("edited", "deleted"):
        create_run(api, name, name)
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: len(api.all(PODS)) == 2)
        functions = [{"name": "other", "type": "Command", "command": {"command": ["false"]}}]
        api.patch(
            OURS["Scenario"], TEAM, "edited", {"spec": {"scoringContract": {"scoringFunctions": functions}}}
        )
        for kind, name in (("Scenario", "deleted"), ("Agent", "solver")):
            api.delete(OURS[kind], TEAM, name)
        runs = ("edited", "deleted")
        await operator.until(lambda: all(is_over(api, "ScenarioRun", one) for one in runs))
    for name in runs:
        found = status(api, "ScenarioRun", name)
        assert [one["name"] for one in found["scores"]] == ["tests", "lint"]
        assert found["pinned"]["scenarioGeneration"] == 1
        assert found["score"] == 1.0


async def test_a_benchmark_that_is_edited_or_deleted_changes_no_run_of_it_that_has_started(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    create_definitions(api, "first", "second", "third")
    create_benchmark_run(api, "b", "first", "second", parallelism=1)
    create(api, "Benchmark", "other", {"scenarios": [{"name": "first"}]})
    create(
        api, "BenchmarkRun", "c", {"benchmarkRef": {"name": "other"}, "agent": {"ref": {"name": "solver"}}}
    )
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: all("scenarios" in status(api, "BenchmarkRun", one) for one in "bc"))
        api.patch(OURS["Benchmark"], TEAM, "b", {"spec": {"scenarios": [{"name": "third"}]}})
        api.delete(OURS["Benchmark"], TEAM, "other")
        await operator.until(lambda: all(is_over(api, "BenchmarkRun", one) for one in "bc"))
    assert status(api, "BenchmarkRun", "b")["scenarios"] == ["first", "second"]
    assert status(api, "BenchmarkRun", "b")["counts"]["scored"] == 2
    assert status(api, "BenchmarkRun", "c")["counts"]["scored"] == 1


async def test_a_scenario_deleted_before_its_run_starts_is_waited_for_and_the_rest_can_be_canceled(
    api: FakeApi, kubelet: Kubelet, tmp_path: Path
) -> None:
    create_definitions(api, "first", "second")
    create_benchmark_run(api, "b", "first", "second", parallelism=1)
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: "scenarios" in status(api, "BenchmarkRun", "b"))
        api.delete(OURS["Scenario"], TEAM, "second")
        waits = ("False", "ScenarioNotFound")
        await operator.until(lambda: condition(api, "BenchmarkRun", "b", "Complete") == waits)
        steer(api, "BenchmarkRun", "b", cancel=True)
        await operator.until(lambda: is_over(api, "BenchmarkRun", "b"))
    final = status(api, "BenchmarkRun", "b")
    assert (final["score"], final["counts"]["scored"], final["counts"]["leftOut"]) == (1.0, 1, 1)
