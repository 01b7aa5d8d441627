"""Which kept disk a run scores again, and why it cannot."""

from __future__ import annotations

import pytest

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.scenariorun import Rescore, ScenarioRun
from assay.reconcile.references.errors import InvalidReference
from assay.reconcile.scenariorun import rescore
from assay.reconcile.scenariorun.pinning import pin
from assay.specs.scenario_run import scenario_run
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import blueprint, condition, context, scenario, snapshot
from tests.unit.reconcile.pins import NOP, pinned, refused
from tests.unit.specs.objects import Obj, existing

RESCORE = {"rescore": {"scenarioRunRef": {"name": "old"}}}


def by_run(obj: Obj, run: str = "old") -> Obj:
    """Left by a run."""
    obj["metadata"]["ownerReferences"] = owner("ScenarioRun", run)
    return obj


KEPT = by_run(snapshot())
CREATING = by_run(snapshot(ready="False", reason="Creating"))
VOLUME_SNAPSHOT = existing(
    "VolumeSnapshot",
    "kept",
    owner_references=[
        {
            "apiVersion": "assay.dev/v1alpha1",
            "kind": "DiskSnapshot",
            "uid": CREATING["metadata"]["uid"],
            "controller": True,
        }
    ],
)


def old(kept: str | None = "kept", phase: str = "Complete") -> Obj:
    """A run that may be scored again."""
    scores = [{"name": "tests", "weight": 1.0, "state": "Complete", "score": 0.5, "seconds": 3.0}]
    status = {"phase": phase, "score": 0.5, "passed": False, "scores": scores}
    status["conditions"] = [condition("Complete", "True" if phase == "Complete" else "False", "Scored")]
    if kept:
        status["diskSnapshot"] = kept
    return existing("ScenarioRun", "old", spec={"scenarioRef": {"name": "fix-it"}, **NOP}, status=status)


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


MONDAY = existing(
    "BenchmarkRun", "monday", spec={"benchmarkRef": {"name": "b"}, **NOP}, status={"scenarios": ["fix-it"]}
)
AGAIN = existing("BenchmarkRun", "again", spec={"rescore": {"benchmarkRunRef": {"name": "monday"}}})
RAN = "monday-fix-it-1"


async def disk_of_monday(earlier: Obj, *benchmark_runs: Obj) -> str | None:
    """The disk that a run of `again` scores, where `earlier` has the name of monday's run."""
    spec = {"scenarioRef": {"name": "fix-it"}, "rescore": {"scenarioRunRef": {"name": RAN}}}
    ours = existing("ScenarioRun", "r", owner_references=owner("BenchmarkRun", "again"), spec=spec)
    kept = by_run(snapshot(), RAN)
    known = context(scenario(), kept, VOLUME_SNAPSHOT, AGAIN, *benchmark_runs, earlier)
    return (await pin(known, ScenarioRun.parse(ours))).disk_snapshot


def of_monday(owners: list[Obj], **changes: Obj) -> Obj:
    """A run of that name; `changes` are to the spec of monday's run."""
    spec = scenario_run(BenchmarkRun.parse(MONDAY), "fix-it", 1)["spec"] | changes
    return existing("ScenarioRun", RAN, owner_references=owners, spec=spec, status=old()["status"])


async def test_a_benchmark_run_scores_again_what_the_earlier_one_ran() -> None:
    assert await disk_of_monday(of_monday(owner("BenchmarkRun", "monday")), MONDAY) == "kept"


@pytest.mark.parametrize(
    ("earlier", "benchmark_runs"),
    [
        (of_monday([]), [MONDAY]),
        (of_monday([]), []),
        (of_monday(owner("BenchmarkRun", "monday")), []),
        (of_monday(owner("BenchmarkRun", "tuesday")), [MONDAY]),
        (of_monday(owner("BenchmarkRun", "monday"), agent={"type": "Command", "command": ["x"]}), [MONDAY]),
    ],
    ids=["by hand", "by hand, monday gone", "monday gone", "another's", "forged"],
)
async def test_a_benchmark_run_scores_again_no_other_run_of_that_name(
    earlier: Obj, benchmark_runs: list[Obj]
) -> None:
    with pytest.raises(InvalidReference, match="NoDiskKept"):
        await disk_of_monday(earlier, *benchmark_runs)


def test_what_a_rescore_remembers_of_the_earlier_run() -> None:
    given = Rescore.model_validate(RESCORE["rescore"])
    earlier = rescore.earlier_score(context(old()), "team", given)
    assert earlier is not None
    assert (earlier.scenario_run, earlier.score, earlier.passed) == ("old", 0.5, False)
    assert [(one.name, one.score) for one in earlier.scores or ()] == [("tests", 0.5)]


async def test_a_disk_that_was_hidden_is_not_scored_again() -> None:
    hidden = old(None)
    hidden["status"]["conditions"].append(condition("DiskKept", "False", "HiddenReference"))
    invalid = await refused("NoDiskKept", scenario(), hidden, **RESCORE)
    assert "reference output on this disk is from a Secret" in invalid.message
