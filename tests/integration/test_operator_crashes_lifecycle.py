"""The operator dies between any two writes while people suspend, resume and cancel runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.kube.resources import PODS
from tests.integration.crashing import CHILDREN, Crashing, deaths, die_and_start_again
from tests.integration.fakecollection import Json
from tests.integration.kubelet import Kubelet, Refusal
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

SUSPENDED_RUN = 23  # Job and claim are deleted and made again; two statuses and two Events tell so


@pytest.fixture
async def api() -> AsyncIterator[Crashing]:
    async with Crashing() as server:
        yield server


@pytest.mark.parametrize("writes", deaths(SUSPENDED_RUN))
async def test_death_after_any_write_of_a_run_that_is_suspended_and_resumed(
    api: Crashing, tmp_path: Path, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    asked: list[bool] = []

    def person(suspend: bool) -> None:
        """Change the run, as soon as there is a pod, and as soon as there is nothing any more."""
        asked.append(suspend)
        api.patch(RUNS, TEAM, "r", {"spec": {"suspend": suspend}})

    def refuse(obj: Json) -> Refusal | None:
        return None if asked or obj["kind"] != "Pod" else Refusal("FailedScheduling", "no room")

    def done() -> bool:
        is_suspended = condition(api, "ScenarioRun", "r", "Suspended") == ("True", "Suspended")
        if not asked and api.all(PODS):
            person(True)
        elif asked == [True] and is_suspended and not leftovers(api):
            person(False)
        return is_over(api, "ScenarioRun", "r") and not leftovers(api)

    api.refuse = refuse
    api.let_live(writes)
    death = await die_and_start_again(api, tmp_path, done)
    death.assert_died(writes, SUSPENDED_RUN)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert (run["status"]["score"], asked) == (1.0, [True, False])
    created = {child.format("r"): death.kubelet.created[child.format("r")] for child in CHILDREN["SamePod"]}
    assert created == dict.fromkeys(created, 2), "one disk, one pod before, and one after"


async def test_a_benchmark_run_that_is_canceled_survives_one_death_after_another(
    api: Crashing, tmp_path: Path
) -> None:
    names = [f"s{number}" for number in range(6)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=4)
    deaths, asked = 0, False

    def refuse(obj: Json) -> Refusal | None:
        does_start = obj["kind"] != "Pod" or obj["metadata"]["name"].startswith(("b-s0", "b-s1"))
        return None if does_start else Refusal("FailedScheduling", "no room")

    def done() -> bool:
        nonlocal asked
        if not asked and all(is_over(api, "ScenarioRun", f"b-s{number}-1") for number in (0, 1)):
            asked = True
            api.patch(BENCHMARK_RUNS, TEAM, "b", {"spec": {"cancel": True}})
        return is_over(api, "BenchmarkRun", "b") and not leftovers(api)

    with Kubelet(api, refuse=refuse):
        while not done():
            api.let_live(7)
            async with operating(api, tmp_path) as operator:
                await operator.until(lambda: api.crashed.is_set() or done())
            deaths += 1
            assert deaths < 40
    final = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert final is not None
    assert condition(api, "BenchmarkRun", "b", "Failed") == ("True", "Canceled")
    counts = final["status"]["counts"]
    assert (final["status"]["score"], counts["scored"], counts["active"]) == (1.0, 2, 0)
    assert counts["pending"] + counts["leftOut"] == len(names) - 2
    assert all(is_over(api, "ScenarioRun", run["metadata"]["name"]) for run in api.all(RUNS))
    assert deaths > 3, "else this shows little"
