"""Which snapshots are deleted, and what they stay for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotSpec, DiskSnapshotStatus
from assay.reconcile.disksnapshot.retention import (
    needed_by,
    still_needing,
    surplus,
    surplus_beside,
    time_left,
)
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
        [kept(1), kept(2, by="Workflow"), kept(3)],
        [kept(1), kept(2), kept(3, keep=None)],
        [kept(1), kept(2), kept(3, keep=3)],
        [],
    ],
    ids=["enough", "not ready", "going", "by hand", "newest keeps all", "newest keeps more", "none"],
)
def test_all_stay(four: list[Obj]) -> None:
    assert list(surplus(four)) == []


def test_the_surplus_is_that_of_the_scenario_without_what_is_needed() -> None:
    other = kept(9)
    other["status"]["lineage"]["scenario"] = "other"
    scenario = existing(
        "Scenario",
        "s",
        spec={
            "environment": {"diskSnapshotRef": {"name": "r1"}},
            "scoringContract": {"scoringFunctions": []},
        },
    )
    snapshots = [kept(number) for number in (1, 2, 3, 4)]
    ctx = context(*snapshots, other, scenario)
    for one in snapshots:
        assert names(surplus_beside(ctx, DiskSnapshot.parse(one))) == ["r2"], "whichever is reconciled"
    for one in (other, kept(5, ready="False"), kept(5, by="Workflow"), kept(5, keep=None)):
        assert surplus_beside(ctx, DiskSnapshot.parse(one)) == []


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
