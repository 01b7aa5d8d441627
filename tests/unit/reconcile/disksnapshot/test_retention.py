"""Which snapshots are deleted, and what they stay for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotSpec, DiskSnapshotStatus
from assay.api.scenariorun import ScenarioRun
from assay.reconcile.disksnapshot.retention import (
    needed_by,
    still_needing,
    surplus,
    surplus_beside,
    time_left,
)
from assay.specs import run_tries
from assay.specs.scenario_run import scenario_run
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import condition, context
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)


def kept(number: int, keep: int | None = 2, ready: str = "True", by: str = "ScenarioRun", **meta: str) -> Obj:
    """The snapshot that the run of this number left."""
    name = f"r{number}"
    made = existing(
        "DiskSnapshot",
        name,
        owner_references=owner(by, name),
        spec={"devboxRef": {"name": name}, **({"keepPerScenario": keep} if keep else {})},
        status={
            "conditions": [condition("Ready", ready, "SnapshotReady")],
            "creationTime": f"2026-01-02T10:00:{number:02}Z",
            "lineage": {"scenario": "fix-it", "scenarioRun": name, "benchmarkRun": "all"},
        },
    )
    made["metadata"] |= meta
    return made


def names(snapshots: object) -> list[str]:
    assert isinstance(snapshots, list | tuple)
    return [one["metadata"]["name"] for one in snapshots]


@pytest.mark.parametrize(
    ("ttl", "created", "left"),
    [
        (None, 0, None),
        (600, None, None),
        (600, 0, 600.0),
        (600, 599, 1.0),
        (600, 600, 0.0),
        (600, 10_000, 0.0),
    ],
)
def test_its_time_begins_when_the_disk_was_cut(
    ttl: int | None, created: int | None, left: float | None
) -> None:
    spec = DiskSnapshotSpec.model_validate({"devboxRef": {"name": "box"}, "ttlSeconds": ttl})
    cut = None if created is None else datetime.fromtimestamp(NOW.timestamp() - created, UTC)
    assert time_left(spec, DiskSnapshotStatus(creation_time=cut), NOW) == left


def test_the_oldest_go() -> None:
    assert names(surplus([kept(3), kept(1), kept(4), kept(2)])) == ["r2", "r1"]


@pytest.mark.parametrize(
    "four",
    [
        [kept(1), kept(2)],
        [kept(1), kept(2, ready="False"), kept(3)],
        [kept(1), kept(2, deletionTimestamp="now"), kept(3)],
        [kept(1), kept(2), kept(3, keep=None)],
        [kept(1), kept(2), kept(3, keep=3)],
        [],
    ],
    ids=["enough", "not ready", "going", "newest keeps all", "newest keeps more", "none"],
)
def test_all_stay(four: list[Obj]) -> None:
    assert list(surplus(four)) == []


def all_of(*scenarios: str, name: str = "all") -> Obj:
    """A BenchmarkRun of nine attempts that keeps two disks of each scenario."""
    template = {"snapshotPolicy": "Always", "snapshotRetention": {"perScenario": 2}}
    spec = {"benchmarkRef": {"name": "b"}, "agent": {"type": "Nop"}, "attempts": 9, "template": template}
    return existing("BenchmarkRun", name, spec=spec, status={"phase": "Complete", "scenarios": scenarios})


def left(
    benchmark_run: Obj, attempt: int, scenario: str = "fix-it", lost: int = 0, **changes: object
) -> list[Obj]:
    """An attempt that lost so many tries, and the snapshot that it left; `changes` are to the spec of its run."""
    made = scenario_run(BenchmarkRun.parse(benchmark_run), scenario, attempt)
    name, owners = made["metadata"]["name"], made["metadata"]["ownerReferences"]
    tries = [
        {"number": n, "reason": "NodeLost", "finishTime": "2026-01-02T09:00:00Z"} for n in range(1, lost + 1)
    ]
    spec, status = {**made["spec"], **changes}, {"phase": "Complete", "score": 1.0, "lostTries": tries}
    run = existing("ScenarioRun", name, owner_references=owners, spec=spec, status=status)
    snapshot = kept(attempt)
    snapshot_name = run_tries.name(ScenarioRun.parse(run))
    snapshot["metadata"] |= {"name": snapshot_name, "uid": f"uid-of-snapshot-{name}"}
    snapshot["metadata"]["ownerReferences"] = owner("ScenarioRun", name)
    snapshot["status"]["lineage"] |= {"scenario": scenario, "scenarioRun": name}
    return [run, snapshot]


def surplus_of(snapshot: Obj, *objects: Obj) -> list[str]:
    return names(surplus_beside(context(*objects), DiskSnapshot.parse(snapshot)))


def test_the_surplus_is_that_of_the_scenario_without_what_is_needed() -> None:
    parent = all_of("fix-it", "other")
    four = [left(parent, attempt) for attempt in (1, 2, 3, 4)]
    scenario = existing(
        "Scenario",
        "s",
        spec={
            "environment": {"diskSnapshotRef": {"name": "all-fix-it-1"}},
            "scoringContract": {"scoringFunctions": []},
        },
    )
    other = left(parent, 9, "other")
    there = [parent, scenario, *other, *(one for pair in four for one in pair)]
    for _, snapshot in four:
        assert surplus_of(snapshot, *there) == ["all-fix-it-2"], "whichever is reconciled"
    assert surplus_of(other[1], *there) == []
    four[3][1]["status"]["conditions"] = [condition("Ready", "False", "Creating")]
    assert surplus_of(four[3][1], *there) == []


def test_what_a_later_try_left_counts() -> None:
    parent = all_of("fix-it")
    three = [left(parent, attempt, lost=attempt - 1) for attempt in (1, 2, 3)]
    there = [parent, *(one for pair in three for one in pair)]
    assert surplus_of(three[2][1], *there) == ["all-fix-it-1"]
    assert surplus_of(three[0][1], *there) == ["all-fix-it-1"]
    of_lost = {**three[2][1], "metadata": {**three[2][1]["metadata"], "name": "all-fix-it-3"}}
    assert surplus_of(of_lost, *there) == [], "what a lost try left pushes out nothing"


def test_what_another_benchmark_run_kept_stays() -> None:
    mine, theirs = all_of("fix-it"), all_of("fix-it", name="theirs")
    old = [one for attempt in (1, 2) for one in left(mine, attempt)]
    new = [one for attempt in (3, 4, 5) for one in left(theirs, attempt)]
    assert surplus_of(new[-1], mine, theirs, *old, *new) == ["theirs-fix-it-3"]
    assert surplus_of(old[-1], mine, theirs, *old, *new) == []


@pytest.mark.parametrize("by", ["ScenarioRun", "Workflow"])
def test_runs_that_people_create_and_snapshots_by_hand_push_out_nothing(by: str) -> None:
    parent = all_of("fix-it")
    old = [one for attempt in (1, 2) for one in left(parent, attempt)]
    alone = existing("ScenarioRun", "r8", spec={"scenarioRef": {"name": "fix-it"}, "agent": {"type": "Nop"}})
    mine = kept(8, keep=1, by=by)
    mine["metadata"]["uid"] = "uid-of-mine"
    for one in (mine, old[1]):
        assert surplus_of(one, parent, alone, mine, *old) == []


@pytest.mark.parametrize(
    ("attempt", "changes"),
    [
        (5, {"agent": {"type": "Command", "command": ["true"]}}),
        (5, {"snapshotRetention": {"perScenario": 1}}),
        (10, {}),
    ],
    ids=["another agent", "another template", "an attempt too many"],
)
def test_a_forged_run_of_a_benchmark_run_pushes_out_nothing(attempt: int, changes: Obj) -> None:
    parent = all_of("fix-it")
    old = [one for attempt in (1, 2) for one in left(parent, attempt)]
    forged = left(parent, attempt, **changes)
    forged[1]["spec"]["keepPerScenario"] = 1
    for one in (forged[1], old[1]):
        assert surplus_of(one, parent, *old, *forged) == []


# --- who needs it ---


def run(name: str, kind: str = "ScenarioRun", phase: str | None = None, **spec: object) -> Obj:
    return existing(kind, name, spec=spec, status={"phase": phase} if phase else {})


def devbox(name: str, **status: object) -> Obj:
    return existing("Devbox", name, spec={"diskSnapshotRef": {"name": "r1"}}, status=status)


def test_what_needs_it_is_listed_in_order() -> None:
    going = existing("Scenario", "going")
    going["metadata"]["deletionTimestamp"] = "now"
    runs = [
        *(run("r"), run("over", phase="Complete"), run("lost", phase="Failed")),
        *(run("b", "BenchmarkRun", "Running"), run("done", "BenchmarkRun", "Complete")),
    ]
    assert still_needing(
        [existing("Scenario", "s"), going],
        [devbox("box"), devbox("began", startTime="x"), devbox("ended", finishTime="x")],
        runs,
    ) == ["BenchmarkRun b", "Devbox box", "Scenario s", "ScenarioRun r"]


@pytest.mark.parametrize(
    ("obj", "holds"),
    [
        (devbox("box"), True),
        (run("x", scenarioRef={"name": "s"}, rescore={"diskSnapshotRef": {"name": "r1"}}), True),
        (run("x", scenarioRef={"name": "s"}, rescore={"scenarioRunRef": {"name": "r1"}}), True),
        (run("x", scenarioRef={"name": "s"}, rescore={"scenarioRunRef": {"name": "r2"}}), False),
        (run("x", dryRun={"scorer": {}, "environment": {"diskSnapshotRef": {"name": "r1"}}}), True),
        (run("x", "BenchmarkRun", "Running", rescore={"benchmarkRunRef": {"name": "all"}}), True),
        (run("x", "BenchmarkRun", "Running", rescore={"benchmarkRunRef": {"name": "others"}}), False),
        (run("x", "BenchmarkRun", "Running", benchmarkRef={"name": "all"}), False),
    ],
)
def test_what_refers_to_it_is_found(obj: Obj, holds: bool) -> None:
    snapshot = kept(1)
    found = needed_by(context(snapshot, obj), DiskSnapshot.parse(snapshot))
    assert found == ([f"{obj['kind']} {obj['metadata']['name']}"] if holds else [])
