"""What a run pins, and why it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.scenariorun import rescore
from assay.reconcile.scenariorun.pinning import pin
from tests.unit.reconcile.contexts import NOWHERE, blueprint, condition, context, scenario, snapshot
from tests.unit.specs.objects import Obj, existing

NOP = {"agent": {"type": "Nop"}}
RESCORE = {"rescore": {"scenarioRunRef": {"name": "old"}}}
SCORER = existing(
    "Scorer", "judge", generation=4, spec={"type": "BashScript", "bashScript": {"script": "echo 1.0"}}
)


async def pinned(*objects: Obj, **spec: Any) -> PinnedRun:
    wanted = {} if "dryRun" in spec else {"scenarioRef": {"name": "fix-it"}}
    given = ScenarioRunSpec.model_validate({**wanted, **spec})
    return await pin(context(*objects), existing("ScenarioRun", "r"), given)


async def refused(reason: str, *objects: Obj, **spec: Any) -> ReferenceNotReady | InvalidReference:
    with pytest.raises((ReferenceNotReady, InvalidReference)) as caught:
        await pinned(*objects, **spec)
    assert isinstance(caught.value, ReferenceNotReady | InvalidReference)
    assert caught.value.reason == reason
    return caught.value


def by_run(obj: Obj, run: str = "old") -> Obj:
    """Left by a run."""
    made_by = {"kind": "ScenarioRun", "name": run, "uid": f"uid-of-{run}", "controller": True}
    obj["metadata"]["ownerReferences"] = [made_by]
    return obj


KEPT = by_run(snapshot())
CREATING = by_run(snapshot(ready="False", reason="Creating"))
VOLUME_SNAPSHOT = existing(
    "VolumeSnapshot",
    "kept",
    owner_references=[{"kind": "DiskSnapshot", "uid": CREATING["metadata"]["uid"], "controller": True}],
)


def old(kept: str | None = "kept", phase: str = "Complete") -> Obj:
    """A run that may be scored again."""
    scores = [{"name": "tests", "weight": 1.0, "state": "Complete", "score": 0.5, "seconds": 3.0}]
    status = {"phase": phase, "score": 0.5, "passed": False, "scores": scores}
    status["conditions"] = [condition("Complete", "True" if phase == "Complete" else "False", "Scored")]
    if kept:
        status["diskSnapshot"] = kept
    return existing("ScenarioRun", "old", spec={"scenarioRef": {"name": "fix-it"}, **NOP}, status=status)


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


async def test_a_rescore_takes_todays_contract_and_yesterdays_disk() -> None:
    made = await pinned(blueprint(), scenario(), old(), KEPT, VOLUME_SNAPSHOT, **RESCORE)
    assert (made.disk_snapshot, made.agent) == ("kept", None)
    assert made.image.reference == "pull.example.test/old@sha256:0", "not what the blueprint has today"
    assert made.scenario_generation == 3


async def test_a_rescore_may_name_the_disk_itself() -> None:
    made = await pinned(scenario(), snapshot(), rescore={"diskSnapshotRef": {"name": "kept"}})
    assert (made.disk_snapshot, made.agent) == ("kept", None)


@pytest.mark.parametrize(
    ("objects", "reason", "for_ever"),
    [
        ([], "ScenarioRunNotFound", False),
        ([old(phase="Scoring")], "ScenarioRunNotFinished", False),
        ([old(kept=None)], "NoDiskKept", True),
        ([old()], "NoDiskKept", True),
        ([old(), CREATING, by_run(existing("Devbox", "kept", spec={}))], "DiskSnapshotNotReady", False),
        ([old(), CREATING, existing("Devbox", "kept", spec={})], "NoDiskKept", True),
        ([old(), snapshot(), VOLUME_SNAPSHOT], "NoDiskKept", True),
        ([old(), by_run(snapshot(), "another"), VOLUME_SNAPSHOT], "NoDiskKept", True),
        ([old(), CREATING, VOLUME_SNAPSHOT], "DiskSnapshotNotReady", False),
        ([old(), CREATING], "NoDiskKept", True),
    ],
)
async def test_why_a_run_cannot_be_scored_again(objects: list[Obj], reason: str, for_ever: bool) -> None:
    why = await refused(reason, scenario(), *objects, **RESCORE)
    assert isinstance(why, InvalidReference) is for_ever
    assert "old" in why.message or "kept" in why.message


async def test_a_benchmark_run_scores_again_what_the_earlier_one_ran_and_no_other_of_its_name() -> None:
    made_by = {"kind": "BenchmarkRun", "controller": True}
    ours = existing(
        "ScenarioRun", "r", owner_references=[{**made_by, "name": "again", "uid": "uid-of-again"}]
    )
    again = existing("BenchmarkRun", "again", spec={"rescore": {"benchmarkRunRef": {"name": "monday"}}})
    monday = existing("BenchmarkRun", "monday", spec={})
    spec = ScenarioRunSpec.model_validate({"scenarioRef": {"name": "fix-it"}, **RESCORE})

    async def disk(earlier: Obj) -> str | None:
        known = context(scenario(), KEPT, VOLUME_SNAPSHOT, again, monday, earlier)
        return (await pin(known, ours, spec)).disk_snapshot

    ran = old()
    ran["metadata"]["ownerReferences"] = [{**made_by, "name": "monday", "uid": "uid-of-monday"}]
    assert await disk(ran) == "kept"
    with pytest.raises(InvalidReference, match="NoDiskKept"):
        await disk(old())


def test_what_a_rescore_remembers_of_the_earlier_run() -> None:
    spec = ScenarioRunSpec.model_validate({"scenarioRef": {"name": "fix-it"}, **RESCORE})
    assert spec.rescore is not None
    earlier = rescore.earlier_score(context(old()), "team", spec.rescore)
    assert earlier is not None
    assert (earlier.scenario_run, earlier.score, earlier.passed) == ("old", 0.5, False)
    assert [(one.name, one.score) for one in earlier.scores or ()] == [("tests", 0.5)]


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
