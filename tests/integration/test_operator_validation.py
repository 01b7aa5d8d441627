"""The real operator against the fake API server: scenarios that are proved, a few at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assay.our_resources import OURS
from assay.reconcile.references import images
from assay.registry.image import ImageConfig, ImageNotFound
from assay.registry.reader import RegistryReader
from assay.specs import names
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Collection, Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, now, says
from tests.integration.running import (
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
            assert {one["pinned"]["contentHash"] for one in first.values()} == {content}
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


class Tags:
    """What image tags mean, in all registries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **digests: str) -> None:
        self.digests = digests

        async def resolve(_: RegistryReader, reference: str) -> ImageConfig:
            tag = reference.rpartition(":")[2]
            if tag not in self.digests:
                raise ImageNotFound(f"there is no image {reference}")
            return ImageConfig(self.digests[tag], "1000", "/src", env=[], entrypoint=[], command=[])

        monkeypatch.setattr(RegistryReader, "resolve", resolve)


JUDGED = {"type": "BashScript", "bashScript": {"script": "check"}, "image": "example.test/judge:v1"}


async def test_a_moved_tag_of_a_function_s_image_is_another_content(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scenario remembers tags for a while, its runs ask: what they pinned is what is proved in the end."""
    tags = Tags(monkeypatch, v1="sha256:1")
    create_definitions(api)
    contract = {"scoringFunctions": [{"name": "tests", **JUDGED}]}
    create_provable(api, "fix-it", scoringContract=contract, validation={"mode": "Never"})

    def content() -> object:
        return ((api.get(SCENARIOS, TEAM, "fix-it") or {}).get("status") or {}).get("contentHash")

    def pinned() -> set[str]:
        return {one["status"]["pinned"]["contentHash"] for one in api.all(RUNS)}

    with Kubelet(api, end=score):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: validated(api, "fix-it") == ("Unknown", "NotRequested"))
            before = content()
            tags.digests["v1"] = "sha256:2"
            edit(api, "fix-it", validation={"mode": "Always"})
            await operator.until(lambda: validated(api, "fix-it") == ("True", "ReferencePassed"))
            assert content() != before
            assert pinned() == {content()}
            edit(api, "fix-it", validation={"mode": "Never"})
            await operator.until(
                lambda: (api.get(SCENARIOS, TEAM, "fix-it") or {})["status"]["observedGeneration"] == 3
            )
            assert validated(api, "fix-it") == ("True", "ReferencePassed")
            tags.digests["v1"] = "sha256:3"
            monkeypatch.setattr(images, "RECENT_SECONDS", 0.0)
            api.patch(SCENARIOS, TEAM, "fix-it", {"metadata": {"labels": {"look": "again"}}})
            await operator.until(lambda: validated(api, "fix-it") == ("False", "Stale"))


@pytest.mark.parametrize("by_scorer", [False, True])
async def test_a_function_s_image_that_does_not_exist_is_said_and_waited_for(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_scorer: bool
) -> None:
    tags = Tags(monkeypatch)
    monkeypatch.setattr(images, "REGISTRY_RETRY_SECONDS", 0.1)
    create_definitions(api)
    function: Json = {"name": "tests", **JUDGED}
    if by_scorer:
        create(api, "Scorer", "judge", JUDGED)
        function = {"name": "tests", "type": "Custom", "custom": {"scorerRef": {"name": "judge"}}}
    create_provable(api, "fix-it", scoringContract={"scoringFunctions": [function]})
    with Kubelet(api, end=score):
        async with operating(api, tmp_path) as operator:
            missing = ("False", "ImageNotFound")
            await operator.until(lambda: condition(api, "Scenario", "fix-it", "Ready") == missing)
            assert validated(api, "fix-it") == ("Unknown", "NotReady")
            assert api.all(RUNS) == []
            tags.digests["v1"] = "sha256:1"
            await operator.until(lambda: validated(api, "fix-it") == ("True", "ReferencePassed"))


async def test_what_is_wrong_with_scorers_and_parameters_is_said(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api)
    schema = {"properties": {"limit": {"type": "integer"}}}
    member = {"type": "BashScript", "bashScript": {"script": "one"}}
    create(api, "Scorer", "odd", {**member, "parametersSchema": {"type": "nonsense"}})
    create(api, "Scorer", "judge", {**member, "parametersSchema": schema})
    custom = {"scorerRef": {"name": "judge"}, "parameters": {"limit": "x"}}
    functions = [{"name": "tests", "type": "Custom", "custom": custom}]
    create_provable(api, "fix-it", scoringContract={"scoringFunctions": functions})
    async with operating(api, tmp_path) as operator:
        await operator.until(lambda: condition(api, "Scorer", "odd", "Ready") == ("False", "SchemaInvalid"))
        await operator.until(lambda: condition(api, "Scorer", "judge", "Ready") == ("True", "Accepted"))
        wrong = ("False", "ParametersInvalid")
        await operator.until(lambda: condition(api, "Scenario", "fix-it", "Ready") == wrong)
        assert validated(api, "fix-it") == ("Unknown", "NotReady")
        api.patch(OURS["Scorer"], TEAM, "judge", {"spec": {"parametersSchema": None}})
        await operator.until(lambda: validated(api, "fix-it") == ("Unknown", "Running"))


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


class Turns:
    """The validation runs that go on, by name. Ends them, as if they had worked."""

    def __init__(self, api: FakeApi) -> None:
        self.api, self.going, self.most, self.ended = api, dict[str, None](), 0, 0
        api.storage.created.append(self._seen)

    def _seen(self, where: Collection, obj: Json) -> None:
        if where.resource == RUNS:
            assert names.VALIDATION in obj["metadata"]["labels"]
            self.going[obj["metadata"]["name"]] = None
            self.most = max(self.most, len(self.going))

    def end(self) -> None:
        """Let all those end that have pinned their scenario."""
        for name in list(self.going):
            run = self.api.get(RUNS, TEAM, name) or {}
            if "pinned" not in (run.get("status") or {}):
                continue
            done = {"type": "Complete", "status": "True", "reason": "Scored", "lastTransitionTime": now()}
            score = 0.0 if name.endswith("-nop") else 1.0
            status = {**run["status"], "phase": "Complete", "score": score, "conditions": [done]}
            del self.going[name]
            self.ended += 1
            self.api.patch_status(RUNS, TEAM, name, status)


async def test_many_scenarios_do_not_flood_the_cluster(api: FakeApi, tmp_path: Path) -> None:
    """The test plays how the runs end: no kubelet is needed for a thousand of them."""
    count, at_once = 500, 20
    create_definitions(api)
    scenarios = [f"s{number}" for number in range(count)]
    for name in scenarios:
        create_provable(api, name)
    turns, mark = Turns(api), len(api.writes)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with operating(api, tmp_path, validation_parallelism=at_once) as operator:
        async with asyncio.timeout(120):
            while turns.ended < 2 * count:
                assert not operator.task.done()
                turns.end()
                await asyncio.sleep(0.01)
        proved = ("True", "ReferencePassed")
        await operator.until(lambda: all(validated(api, name) == proved for name in scenarios))
    writes = api.writes[mark:]
    statuses = Counter(one.name for one in writes if one.resource == "scenarios/status")
    most = max(statuses.values())
    print(f"\n{loop.time() - begun:.1f} s, at most {turns.most} runs at once, {most} statuses of a scenario")
    print(table(writes_since(api, mark)))
    assert turns.most == at_once
    assert len(api.all(RUNS)) == 2 * count
    assert most <= STATUSES_PER_SCENARIO
