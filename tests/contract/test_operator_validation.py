"""The real operator against the fake API server: scenarios that are proved, a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from assay.build import names
from assay.handlers import OURS
from tests.contract.fakeapi import FakeApi
from tests.contract.fakestorage import Collection, Json
from tests.contract.kubelet import AGENT, PASSED, Kubelet, now, says
from tests.contract.running import (
    RUNS,
    TEAM,
    condition,
    create,
    create_definitions,
    leftovers,
    operating,
    table,
    writes_since,
)

SCENARIOS, BENCHMARKS = OURS["Scenario"], OURS["Benchmark"]
STATUSES_PER_SCENARIO = 6  # waits, goes on, each of two runs ends; two to spare


def create_provable(api: FakeApi, name: str, script: str = "check", **spec: Any) -> None:
    """A scenario of one function, with a reference."""
    function = {"name": "tests", "type": "BashScript", "bashScript": {"script": script}}
    base = {
        "problemStatement": "Do it.",
        "environment": {"blueprintRef": {"name": "project"}},
        "scoringContract": {"scoringFunctions": [function]},
        "referenceOutput": {"script": "true"},
        "validation": {"mode": "Always"},
    }
    create(api, "Scenario", name, {**base, **spec})


def score(pod: Json, container: str) -> Json:
    """The reference passes, an untouched environment does not."""
    if container == AGENT:
        return PASSED
    return says("0.0" if "-nop" in pod["metadata"]["name"] else "1.0")


def validated(api: FakeApi, name: str) -> tuple[str, str] | None:
    return condition(api, "Scenario", name, "Validated")


def edit(api: FakeApi, name: str, **spec: Any) -> None:
    api.patch(SCENARIOS, TEAM, name, {"spec": spec})


async def test_a_scenario_is_proved_and_an_edit_makes_the_proof_stale(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api)
    create_provable(api, "fix-it")
    proved, stale = ("True", "ReferencePassed"), ("False", "Stale")
    with Kubelet(api, end=score):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: validated(api, "fix-it") == proved and not leftovers(api))
            first = {one["metadata"]["name"]: one["status"] for one in api.all(RUNS)}
            stored = api.get(SCENARIOS, TEAM, "fix-it")
            assert stored is not None
            content = stored["status"]["contentHash"]
            assert {one["pinned"]["scenarioHash"] for one in first.values()} == {content}
            assert {one["name"]: one["score"] for one in stored["status"]["validation"]["runs"]} == {
                name: 0.0 if "nop" in name else 1.0 for name in first
            }
            edit(api, "fix-it", problemStatement="Do something else.", validation={"mode": "Never"})
            await operator.until(lambda: validated(api, "fix-it") == stale and not api.all(RUNS))
            edit(api, "fix-it", validation={"mode": "Always"})
            await operator.until(lambda: validated(api, "fix-it") == proved)
            assert not first.keys() & {one["metadata"]["name"] for one in api.all(RUNS)}


async def test_a_scorer_is_part_of_the_content(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api)
    create(api, "Scorer", "judge", {"type": "BashScript", "bashScript": {"script": "one"}})
    custom = {"name": "tests", "type": "Custom", "custom": {"scorerRef": {"name": "judge"}}}
    create_provable(api, "fix-it", scoringContract={"scoringFunctions": [custom]})
    with Kubelet(api, end=score) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: validated(api, "fix-it") == ("True", "ReferencePassed"))
            assert (api.get(OURS["Scorer"], TEAM, "judge") or {})["status"]["usedBy"] == ["fix-it"]
            before = kubelet.created.copy()
            api.patch(OURS["Scorer"], TEAM, "judge", {"spec": {"bashScript": {"script": "two"}}})
            await operator.until(lambda: (kubelet.created - before).total() and not leftovers(api))
            await operator.until(lambda: validated(api, "fix-it") == ("True", "ReferencePassed"))
            await operator.until(lambda: len(api.all(RUNS)) == 2)
    made = [name for name in kubelet.created - before if name.startswith("ScenarioRun ")]
    assert len(made) == 2


async def test_a_benchmark_asks_for_it_and_waits(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api)
    for name, reference in (("good", {"script": "true"}), ("bare", None)):
        create_provable(api, name, validation={}, referenceOutput=reference)
    with Kubelet(api, end=score):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: validated(api, "good") == ("Unknown", "NotRequested"))
            spec = {"scenarios": [{"name": "good"}, {"name": "bare"}], "requireValidated": True}
            create(api, "Benchmark", "proved", spec)
            await operator.until(lambda: validated(api, "good") == ("True", "ReferencePassed"))
            await operator.until(lambda: validated(api, "bare") == ("Unknown", "NoReference"))
            waits = ("False", "ScenarioNotValidated")
            await operator.until(lambda: condition(api, "Benchmark", "proved", "Ready") == waits)
            await operator.until(
                lambda: (api.get(BENCHMARKS, TEAM, "proved") or {})["status"]["validated"] == 1
            )
            edit(api, "bare", referenceOutput={"script": "true"})
            ready = ("True", "ScenariosReady")
            await operator.until(lambda: condition(api, "Benchmark", "proved", "Ready") == ready)


class Unfinished:
    """Counts the validation runs that go on, whenever one is created or a status is written."""

    def __init__(self, api: FakeApi) -> None:
        self.api, self.most, self.ended = api, 0, 0
        api.storage.created.append(self._seen)

    def _seen(self, where: Collection, obj: Json) -> None:
        if where.resource == RUNS and names.VALIDATION in obj["metadata"]["labels"]:
            self.most = max(self.most, len(self.names()))

    def names(self) -> list[str]:
        return [
            one["metadata"]["name"]
            for one in self.api.all(RUNS)
            if (one.get("status") or {}).get("phase") not in ("Complete", "Failed")
        ]


async def test_many_scenarios_do_not_flood_the_cluster(api: FakeApi, tmp_path: Path) -> None:
    """The test plays how the runs end: no kubelet is needed for a thousand of them."""
    count, at_once = 500, 5
    create_definitions(api)
    scenarios = [f"s{number}" for number in range(count)]
    for name in scenarios:
        create_provable(api, name)
    unfinished = Unfinished(api)
    mark = len(api.writes)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with operating(api, tmp_path, validation_parallelism=at_once) as operator:
        while loop.time() - begun < 240:
            assert not operator.task.done()
            for name in unfinished.names():
                end(api, name)
            if all((validated(api, name) or "")[:1] == ("True",) for name in scenarios):
                break
            await asyncio.sleep(0.02)
    took = loop.time() - begun
    verdicts = Counter(validated(api, name) for name in scenarios)
    per_scenario = Counter(
        one.name for one in api.writes[mark:] if one.resource == "scenarios/status" and one.method == "PATCH"
    )
    print(
        f"\n{took:.1f} s, at most {unfinished.most} runs at once, {max(per_scenario.values())} statuses each"
    )
    print(table(writes_since(api, mark)))
    assert verdicts == {("True", "ReferencePassed"): count}
    assert unfinished.most == at_once
    assert len(api.all(RUNS)) == 2 * count
    assert max(per_scenario.values()) <= STATUSES_PER_SCENARIO


def end(api: FakeApi, name: str) -> None:
    """Let a run that has pinned its scenario end."""
    run = api.get(RUNS, TEAM, name)
    if run is None or "pinned" not in (run.get("status") or {}):
        return
    done = {"type": "Complete", "status": "True", "reason": "Scored", "lastTransitionTime": now()}
    score = 0.0 if name.endswith("-nop") else 1.0
    api.patch_status(
        RUNS, TEAM, name, {**run["status"], "phase": "Complete", "score": score, "conditions": [done]}
    )
