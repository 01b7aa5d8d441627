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
SUSPENDED_SCORING = 24  # the same, but for the claim


@pytest.fixture
async def api() -> AsyncIterator[Crashing]:
    async with Crashing() as server:
        yield server


class Person:
    """Suspends run r as soon as it has a pod of this name, and resumes it once it has none; no such pod starts before.

    `stays` is what a suspended run keeps.
    """

    def __init__(self, api: Crashing, pod: str, *stays: str) -> None:
        self.api, self.pod, self.stays = api, pod, stays
        self.asked: list[bool] = []

    def refuse(self, obj: Json) -> Refusal | None:
        """By which Event the kubelet does not start the pod."""
        is_awaited = obj["kind"] == "Pod" and obj["metadata"]["name"].startswith(self.pod)
        return Refusal("FailedScheduling", "no room") if is_awaited and self.asked != [True, False] else None

    def done(self) -> bool:
        """Whether the run has ended, once everything was asked of it."""
        api = self.api
        is_suspended = condition(api, "ScenarioRun", "r", "Suspended") == ("True", "Suspended")
        if not self.asked and any(one["metadata"]["name"].startswith(self.pod) for one in api.all(PODS)):
            self._ask(suspend=True)
        elif self.asked == [True] and is_suspended and set(leftovers(api)) <= {*self.stays}:
            self._ask(suspend=False)
        return is_over(api, "ScenarioRun", "r") and not leftovers(api)

    def _ask(self, *, suspend: bool) -> None:
        self.asked.append(suspend)
        self.api.patch(RUNS, TEAM, "r", {"spec": {"suspend": suspend}})


@pytest.mark.parametrize("writes", deaths(SUSPENDED_RUN))
async def test_death_after_any_write_of_a_run_that_is_suspended_before_its_agent_has_ended(
    api: Crashing, tmp_path: Path, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    person = Person(api, "r-abcde")
    api.refuse = person.refuse
    api.let_live(writes)
    death = await die_and_start_again(api, tmp_path, person.done)
    death.assert_died(writes, SUSPENDED_RUN)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert (run["status"]["score"], person.asked) == (1.0, [True, False])
    created = {child.format("r"): death.kubelet.created[child.format("r")] for child in CHILDREN["SamePod"]}
    assert created == dict.fromkeys(created, 2), "one disk, one pod before, and one after"


@pytest.mark.parametrize("writes", deaths(SUSPENDED_SCORING))
async def test_death_after_any_write_of_a_run_that_is_suspended_while_it_is_scored(
    api: Crashing, tmp_path: Path, writes: int
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    person = Person(api, "r-score", "Devbox r", "PersistentVolumeClaim r", "Pod r")
    api.refuse = person.refuse
    api.let_live(writes)
    death = await die_and_start_again(api, tmp_path, person.done, placement="OwnPod")
    death.assert_died(writes, SUSPENDED_SCORING)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert (run["status"]["score"], person.asked) == (1.0, [True, False])
    created = {child.format("r"): death.kubelet.created[child.format("r")] for child in CHILDREN["OwnPod"]}
    assert created == {**dict.fromkeys(created, 1), "Job r-score": 2}, "the agent worked once"


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
