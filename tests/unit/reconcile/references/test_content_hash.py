"""A scenario's content: one hash for the scenario and for the runs that pin it, or why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.scenario import ScenarioSpec
from assay.reconcile.references.content_hash import content_hash
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.scenario.reconcile import content_of
from assay.reconcile.scenariorun.pinning import pin
from assay.registry.image import ImageConfig
from tests.unit.reconcile.contexts import NOWHERE, Registry, blueprint, context, scenario, snapshot
from tests.unit.specs.objects import SCENARIO, Obj, existing, from_yaml, run
from tests.unit.specs.objects import scenario as spec_of

CUSTOM = {"name": "judge", "type": "Custom", "custom": {"scorerRef": {"name": "judge"}}}
SCHEMA = {"type": "object", "required": ["limit"]}
JUDGED: dict[str, Any] = {"scoringContract": {"scoringFunctions": [CUSTOM]}}


def scorer(script: str = "echo 1.0", **spec: Any) -> Obj:
    return existing("Scorer", "judge", spec={"type": "BashScript", "bashScript": {"script": script}, **spec})


async def hashed(scenario_obj: Obj, *objects: Obj) -> str:
    return await content_of(context(*objects), "team", ScenarioSpec.model_validate(scenario_obj["spec"]))


@pytest.mark.parametrize(
    "environment",
    [
        {"blueprintRef": {"name": "project"}},
        {"image": "example.test/x"},
        {"diskSnapshotRef": {"name": "kept"}},
    ],
)
async def test_a_run_pins_the_hash_that_the_scenario_has(environment: Obj) -> None:
    made = scenario(environment=environment, **JUDGED)
    known = [made, blueprint(), snapshot(), scorer()]
    pinned = await pin(context(*known), run(agent={"type": "Nop"}))
    assert pinned.content_hash == await hashed(made, *known)


@pytest.mark.parametrize(
    ("scenario_obj", "objects", "reason"),
    [
        (scenario(), [], "BlueprintNotFound"),
        (scenario(), [existing("Blueprint", "project", spec={})], "BlueprintNotReady"),
        (scenario(environment={"diskSnapshotRef": {"name": "kept"}}), [], "DiskSnapshotNotFound"),
        (
            scenario(environment={"diskSnapshotRef": {"name": "kept"}}),
            [snapshot(ready="False", reason="Creating")],
            "DiskSnapshotNotReady",
        ),
        (scenario(environment={"image": NOWHERE}), [], "ImageNotFound"),
        (scenario(**JUDGED), [blueprint()], "ScorerNotFound"),
        (scenario(**JUDGED), [blueprint(), scorer(image=NOWHERE)], "ImageNotFound"),
        (scenario(**JUDGED), [blueprint(), scorer(parametersSchema={"type": "odd"})], "ScorerNotReady"),
        (scenario(**JUDGED), [blueprint(), scorer(parametersSchema=SCHEMA)], "ParametersInvalid"),
    ],
)
async def test_why_a_scenario_cannot_be_run(scenario_obj: Obj, objects: list[Obj], reason: str) -> None:
    with pytest.raises((ReferenceNotReady, InvalidReference)) as caught:
        await hashed(scenario_obj, *objects)
    assert isinstance(caught.value, ReferenceNotReady | InvalidReference)
    assert caught.value.reason == reason
    assert caught.value.message


def hash_of(image: str = "x@sha256:1", root: str = "Auto", **changes: Any) -> str:
    spec = spec_of(**changes)
    return content_hash(spec, spec.scoring_contract.scoring_functions, image, root)


def test_what_changes_the_content() -> None:
    contract: Obj = from_yaml(SCENARIO)["scoringContract"]
    hashes = [
        hash_of(),
        hash_of(image="x@sha256:2"),
        hash_of(root="Copy"),
        hash_of(problemStatement="Do something else."),
        hash_of(scoringContract={**contract, "passThreshold": 0.5}),
        hash_of(validation={"repetitions": 2}),
        hash_of(validation={"referenceThreshold": 0.5}),
        hash_of(referenceOutput={"patch": "x"}),
    ]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    "changes",
    [
        {"validation": {"mode": "Always"}},
        {"validation": {"mode": "Never", "repetitions": 1}},
        {"validation": {}},
        {"timeouts": {"agentSeconds": 600, "scoringSeconds": 300}},
        {"environment": {"blueprintRef": {"name": "project"}, "rootFilesystem": "Auto"}},
    ],
)
def test_what_does_not(changes: Obj) -> None:
    assert hash_of(**changes) == hash_of()


async def test_an_edited_scorer_changes_the_content() -> None:
    made = scenario(**JUDGED)
    before, after = [await hashed(made, blueprint(), scorer(script)) for script in ("echo 1.0", "echo 0.5")]
    assert before != after


async def test_a_function_s_image_whose_tag_has_moved_changes_the_content() -> None:
    class Moving(Registry):
        digest = "sha256:1"

        async def resolve(self, reference: str) -> ImageConfig:
            return replace(await super().resolve(reference), digest=self.digest)

    made, registry = scenario(**JUDGED), Moving()
    known = [made, blueprint(), scorer(image="example.test/judge:1")]

    async def both() -> tuple[str, str]:
        ctx = replace(context(*known), images=cast(Any, registry))
        content = await content_of(ctx, "team", ScenarioSpec.model_validate(made["spec"]))
        return content, (await pin(ctx, run(agent={"type": "Nop"}))).content_hash

    before = await both()
    registry.digest = "sha256:2"
    after = await both()
    assert before[0] == before[1]
    assert after[0] == after[1]
    assert before != after
