"""What a run pins, and why it cannot."""

from __future__ import annotations

import pytest

from assay.reconcile.references.errors import ReferenceNotReady
from tests.unit.reconcile.contexts import NOWHERE, blueprint, scenario, snapshot
from tests.unit.reconcile.pins import NOP, pinned, refused
from tests.unit.specs.objects import Obj, existing

SCORER = existing(
    "Scorer", "judge", generation=4, spec={"type": "BashScript", "bashScript": {"script": "echo 1.0"}}
)


async def test_an_image_is_what_the_blueprint_has_now() -> None:
    made = await pinned(blueprint(), scenario(), **NOP)
    assert made.image.reference == "pull.example.test/x@sha256:1"
    assert (made.scenario_generation, made.disk_snapshot, made.root_filesystem) == (3, None, "Auto")
    assert made.agent is not None
    assert made.function_images is None


async def test_images_of_functions_are_pinned_by_digest() -> None:
    function = {
        "name": "judge",
        "type": "Command",
        "command": {"command": ["judge"]},
        "image": "example.test/judge:1",
    }
    plain_one: Obj = {**function, "name": "plain", "image": None}
    contract = {"scoringFunctions": [function, plain_one]}
    made = await pinned(blueprint(), scenario(scoringContract=contract), **NOP)
    judge, plain = made.scenario.scoring_contract.scoring_functions
    assert (judge.image, plain.image) == ("example.test/judge@sha256:1", None)
    assert made.function_images is not None
    assert {name: image.reference for name, image in made.function_images.items()} == {
        "judge": "example.test/judge@sha256:1"
    }
    plain_one["image"] = NOWHERE
    missing = await refused("ImageNotFound", blueprint(), scenario(scoringContract=contract), **NOP)
    assert isinstance(missing, ReferenceNotReady)
    assert missing.retry


async def test_scorers_are_pinned_with_their_generation() -> None:
    function = {"name": "judge", "type": "Custom", "custom": {"scorerRef": {"name": "judge"}}}
    contract = scenario(scoringContract={"scoringFunctions": [function]})
    await refused("ScorerNotFound", blueprint(), contract, **NOP)
    made = await pinned(blueprint(), contract, SCORER, **NOP)
    assert made.scorers is not None
    assert [(one.function, one.scorer, one.generation) for one in made.scorers] == [("judge", "judge", 4)]
    [resolved] = made.scenario.scoring_contract.scoring_functions
    assert resolved.type == "BashScript"


async def test_the_hash_is_of_what_scores_depend_on() -> None:
    first = await pinned(blueprint(), scenario(), **NOP)
    again = await pinned(blueprint(), scenario(), agent={"type": "Command", "command": ["x"]})
    other = await pinned(blueprint(), scenario(workingDir="/elsewhere"), **NOP)
    assert first.content_hash == again.content_hash != other.content_hash


# --- disks ---


async def test_a_scenario_may_begin_from_a_disk() -> None:
    forked = scenario(environment={"diskSnapshotRef": {"name": "kept"}})
    await refused("DiskSnapshotNotFound", forked, **NOP)
    await refused("DiskSnapshotNotReady", forked, snapshot(ready="False", reason="Creating"), **NOP)
    made = await pinned(forked, snapshot(), **NOP)
    assert (made.disk_snapshot, made.root_filesystem) == ("kept", "Copy")
    assert made.image.reference == "pull.example.test/old@sha256:0"
    assert made.agent is not None


# --- dry runs ---


@pytest.mark.parametrize(
    ("environment", "agent"),
    [
        ({"blueprintRef": {"name": "project"}}, "Nop"),
        ({"image": "example.test/x"}, "Nop"),
        ({"diskSnapshotRef": {"name": "kept"}}, None),
    ],
)
async def test_a_dry_run_needs_no_scenario(environment: Obj, agent: str | None) -> None:
    scorer = {"scorerRef": {"name": "judge"}, "parameters": {"limit": 3}}
    made = await pinned(
        blueprint(), snapshot(), SCORER, dryRun={"scorer": scorer, "environment": environment}
    )
    assert (made.agent and made.agent.type) == agent
    [function] = made.scenario.scoring_contract.scoring_functions
    assert (function.name, function.type) == ("scorer", "BashScript")
    assert function.custom is not None
    assert function.custom.parameters == {"limit": 3}
