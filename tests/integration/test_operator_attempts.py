"""BenchmarkRuns with several attempts and a baseline, from the first write to the comparison."""

from __future__ import annotations

from pathlib import Path

from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, says
from tests.integration.running import (
    BENCHMARK_RUNS,
    TEAM,
    condition,
    create,
    create_benchmark_run,
    create_definitions,
    is_over,
    operating,
)
from tests.integration.steering import status, steer

AGAINST_OLD = {"baseline": {"benchmarkRunRef": {"name": "old"}, "tolerance": 0.1}}


def end(pod: Json, container: str) -> Json:
    """`always` passes, `never` does not, `once` passes in the first attempt; of the run `new`, nothing passes."""
    name = pod["metadata"]["name"]
    passes = "always" in name or "once-1" in name
    return PASSED if container == AGENT else says("1.0" if passes and not name.startswith("new") else "0.0")


async def test_what_three_attempts_say_and_a_baseline_that_comes_later(api: FakeApi, tmp_path: Path) -> None:
    names = ["always", "once", "never"]
    create_definitions(api, *names)
    create_benchmark_run(api, "new", *names, attempts=3, parallelism=9, **AGAINST_OLD)
    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            waits = ("Unknown", "BaselineNotFound")
            await operator.until(lambda: condition(api, "BenchmarkRun", "new", "Regressed") == waits, 30)
            assert is_over(api, "BenchmarkRun", "new")
            agent = {"ref": {"name": "solver"}}
            spec = {"benchmarkRef": {"name": "new"}, "agent": agent, "attempts": 3, "parallelism": 1}
            create(api, "BenchmarkRun", "old", spec)
            waits = ("Unknown", "BaselineNotFinished")
            await operator.until(lambda: condition(api, "BenchmarkRun", "new", "Regressed") == waits, 30)
        async with operating(api, tmp_path) as operator:  # as if it had been restarted
            dropped = ("True", "ScoreDropped")
            await operator.until(lambda: condition(api, "BenchmarkRun", "new", "Regressed") == dropped, 30)
    old, new = (api.get(BENCHMARK_RUNS, TEAM, name) or {} for name in ("old", "new"))
    assert old["status"]["passAtK"] == [
        {"k": 1, "scenarios": 3, "passAtK": 0.444444, "passHatK": 0.444444},
        {"k": 2, "scenarios": 3, "passAtK": 0.555556, "passHatK": 0.333333},
        {"k": 3, "scenarios": 3, "passAtK": 0.666667, "passHatK": 0.333333},
    ]
    assert old["status"]["solved"] == {
        "everyAttempt": 0.333333,
        "someAttempts": 0.333333,
        "noAttempt": 0.333333,
    }
    assert "baseline" not in old["status"]
    assert condition(api, "BenchmarkRun", "old", "Regressed") is None
    comparison = new["status"]["baseline"]
    assert (comparison["compared"], comparison["worse"], comparison["better"]) == (3, 2, 0)
    assert [one["scenario"] for one in comparison["changedScenarios"]] == ["always", "once"]
    assert new["status"]["phase"] == "Complete"


async def test_what_is_asked_of_a_run_that_has_ended_does_not_keep_its_comparison_from_coming(
    api: FakeApi, tmp_path: Path
) -> None:
    def shown() -> tuple[int, str | None]:
        found = condition(api, "BenchmarkRun", "new", "Regressed")
        return status(api, "BenchmarkRun", "new")["observedGeneration"], found and found[1]

    create_definitions(api, "always")
    create_benchmark_run(api, "new", "always", **AGAINST_OLD)
    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "new"), 30)
            steer(api, "BenchmarkRun", "new", cancel=True)
            await operator.until(lambda: shown() == (2, "BaselineNotFound"), 30)
            spec = {"benchmarkRef": {"name": "new"}, "agent": {"ref": {"name": "solver"}}}
            create(api, "BenchmarkRun", "old", spec)
            await operator.until(lambda: shown() == (2, "ScoreDropped"), 30)
            steer(api, "BenchmarkRun", "new", suspend=True)
            await operator.until(lambda: shown() == (3, "ScoreDropped"), 30)
    assert condition(api, "BenchmarkRun", "new", "Complete") == ("True", "AllScored")
    assert status(api, "BenchmarkRun", "new")["baseline"]["compared"] == 1
