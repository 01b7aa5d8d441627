"""The disk of a run that works in a Job of its own: whether it can be frozen, and what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.api.scenariorun import ScenarioRun
from assay.kube.errors import NotFound
from assay.kube.resources import Resource
from assay.reconcile.common.context import Context
from assay.reconcile.disksnapshot.observed import find_disk
from assay.reconcile.disksnapshot.source import Source, check_flushed
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import run_tries
from tests.unit.reconcile import contexts
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.run_jobs import DONE, agent_ended, agent_pod, claim, own_job
from tests.unit.specs.objects import Obj, existing, pinned

PINNED = pinned().model_dump(by_alias=True, exclude_none=True, mode="json")
BEGAN = {"reason": "Completed", "exitCode": 0, "startTime": "2026-01-02T10:00:00Z"}
OF_RUN: Obj = {"scenarioRunRef": {"name": "r"}}
FROZEN = DiskSnapshot.parse(existing("DiskSnapshot", "frozen", spec=OF_RUN))
KEPT = DiskSnapshot.parse(
    existing("DiskSnapshot", "r", spec=OF_RUN, owner_references=owner("ScenarioRun", "r"))
)
"""The snapshot that the run itself keeps."""


def run(uid: str = "uid-of-r", spec: Obj | None = None, labels: Obj | None = None, **status: Any) -> Obj:
    spec = {"scenarioRef": {"name": "fix-it"}, **(spec or {})}
    made = existing("ScenarioRun", "r", labels=labels or {}, spec=spec, status={"pinned": PINNED, **status})
    return {**made, "metadata": {**made["metadata"], "uid": uid}}


def of_job(pod: Obj, job: str = "r") -> Obj:
    """The pod as a child of the Job."""
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": job, "controller": True}
    return {
        **pod,
        "metadata": {**pod["metadata"], "ownerReferences": [{**reference, "uid": f"uid-of-job-{job}"}]},
    }


class Api:
    """Has the whole run, or none."""

    def __init__(self, whole: Obj | None) -> None:
        self.whole, self.reads = whole, 0

    async def get(self, res: Resource, namespace: str, name: str) -> Obj:
        assert (res.kind, namespace, name) == ("ScenarioRun", "team", "r")
        self.reads += 1
        if self.whole is None:
            raise NotFound(404, "NotFound", name)
        return self.whole


def seeing(*objects: Obj, whole: Obj | None = None) -> tuple[Context, Api]:
    api = Api(whole)
    return replace(contexts.context(*objects), client=cast(Any, api)), api


async def find(*objects: Obj, snapshot: DiskSnapshot = FROZEN, whole: Obj | None = None) -> Source:
    return await find_disk(seeing(*objects, whole=whole)[0], snapshot)


async def refused(
    *objects: Obj, snapshot: DiskSnapshot = FROZEN, whole: Obj | None = None
) -> ReferenceNotReady:
    with pytest.raises(ReferenceNotReady) as caught:
        await find(*objects, snapshot=snapshot, whole=whole)
    return caught.value


# --- whose disk ---


async def test_a_runs_own_disk() -> None:
    found = await find(run(), claim(), own_job(), of_job(agent_pod("running")))
    assert (found.owner, found.claim) == ("ScenarioRun r", "r")
    assert found.disk.root_filesystem == "Overlay"
    assert found.disk.image == pinned().image


@pytest.mark.parametrize("snapshot", [FROZEN, KEPT], ids=["by hand", "the run's"])
@pytest.mark.parametrize("claims", [[], [claim(is_going=True)]], ids=["gone", "going"])
async def test_a_disk_that_is_gone(snapshot: DiskSnapshot, claims: list[Obj]) -> None:
    lost = await refused(run(agent=BEGAN), own_job(), *claims, snapshot=snapshot)
    assert lost.reason == ("DiskLost" if snapshot is KEPT else "DiskNotReady")


async def test_a_runs_snapshot_is_of_no_other_run_of_its_name() -> None:
    """A re-score would score a stranger's work."""
    foreign = claim()
    foreign["metadata"]["ownerReferences"] = [{**foreign["metadata"]["ownerReferences"][0], "uid": "another"}]
    lost = await refused(run(uid="another", agent=BEGAN), foreign, snapshot=KEPT)
    assert lost.reason == "DiskLost"


async def test_a_claim_of_that_name_alone_is_not_the_runs() -> None:
    foreign = claim()
    foreign["metadata"]["ownerReferences"] = owner("ScenarioRun", "another")
    assert (await refused(run(agent=BEGAN), foreign)).reason == "DiskNotReady"


LOST = [{"number": 1, "reason": "NodeLost", "finishTime": "2026-01-02T09:00:00Z"}]


def of_try_2(made: Obj) -> Obj:
    """The same child of the run's second try."""
    name, uid = run_tries.name(ScenarioRun.parse(run(lostTries=LOST))), made["metadata"]["uid"] + "-2"
    return {
        **made,
        "metadata": {**made["metadata"], "name": name, "uid": uid, "labels": {"assay.dev/try": "2"}},
    }


async def test_after_a_lost_try_it_is_the_disk_of_the_next() -> None:
    of_first = (claim(), own_job(), of_job(agent_pod("running")))
    second = of_try_2(claim())
    waits = await refused(run(lostTries=LOST), *of_first, second)
    assert "has not begun" in waits.message, "whatever the lost agent does"
    found = await find(run(lostTries=LOST, agent=BEGAN), *of_first, second)
    assert (found.claim, found.is_in_use) == (second["metadata"]["name"], False)


async def test_what_a_lost_try_wanted_to_keep_is_not_cut_from_the_next() -> None:
    lost = await refused(run(lostTries=LOST, agent=BEGAN), of_try_2(claim()), snapshot=KEPT)
    assert lost.reason == "DiskLost"


async def test_a_run_that_has_a_devbox_has_the_devboxs_disk() -> None:
    status = {
        "startTime": "2026-01-02T10:00:00Z",
        "claimName": "r",
        "image": pinned().image.reference,
        "rootFilesystem": "Copy",
    }
    spec = {"image": pinned().image.reference, "user": "5:6", "workingDir": "/work"}
    box = existing("Devbox", "r", spec=spec, status=status, owner_references=owner("ScenarioRun", "r"))
    found = await find(run(), box)
    assert (found.owner, found.claim) == ("Devbox r", "r")
    assert found.disk.root_filesystem == "Copy"


# --- whether its agent has begun ---


@pytest.mark.parametrize(
    "which", ["unseen", "creating", "unschedulable", "pull-back-off", "evicted-before-it-started"]
)
async def test_before_its_agent_begins_there_is_nothing_to_freeze(which: str) -> None:
    waits = await refused(run(), claim(), own_job(), of_job(agent_pod(which)))
    assert waits.reason == "DiskNotReady"
    assert "has not begun" in waits.message


@pytest.mark.parametrize("objects", [[], [own_job()]], ids=["no job", "no pod"])
async def test_without_a_pod_there_is_nothing_to_freeze(objects: list[Obj]) -> None:
    assert "has not begun" in (await refused(run(), claim(), *objects)).message


async def test_a_run_that_has_pinned_nothing_has_no_disk() -> None:
    unpinned = run()
    del unpinned["status"]["pinned"]
    assert (
        await refused(unpinned, claim(), own_job(), of_job(agent_pod("running")))
    ).reason == "DiskNotReady"


async def test_once_its_agent_is_reported_the_pod_is_not_needed() -> None:
    found = await find(run(agent=BEGAN), claim())
    assert not found.is_in_use


async def test_a_disk_that_could_not_boot_is_not_frozen() -> None:
    failed = {**BEGAN, "reason": "BootFailed", "exitCode": 125}
    assert "could not boot" in (await refused(run(agent=failed), claim(), own_job())).message


# --- whether it is written to ---


@pytest.mark.parametrize(
    ("pod", "is_in_use"),
    [
        (agent_pod("running"), True),
        (agent_ended(DONE), False),
        (agent_ended(DONE, tests=None), False),
        (agent_pod("error"), False),
    ],
    ids=["agent works", "agent has ended", "a function works", "agent has failed"],
)
async def test_only_an_agent_writes_to_the_disk(pod: Obj, is_in_use: bool) -> None:
    ctx, _ = seeing(run(), claim(), own_job(), of_job(pod))
    found = await find_disk(ctx, FROZEN)
    assert found.is_in_use is is_in_use
    snapshot = FROZEN.model_copy(deep=True)
    snapshot.metadata.creation_timestamp = ctx.now() - timedelta(seconds=2)
    if not is_in_use:
        check_flushed(ctx, snapshot, found)
        return
    with pytest.raises(ReferenceNotReady) as waits:
        check_flushed(ctx, snapshot, found)
    assert waits.value.reason == "Flushing"
    assert "ScenarioRun r" in waits.value.message


async def test_the_pods_of_scorer_jobs_only_read() -> None:
    scorer = of_job(agent_ended(DONE, tests=None), "r-score-dca76eb8")
    scorer["metadata"] |= {"name": "r-score-xyz", "uid": "uid-of-scorer-pod"}
    found = await find(run(agent=BEGAN), claim(), own_job(name="r-score-dca76eb8"), scorer)
    assert not found.is_in_use


# --- what is known of it ---


async def test_where_it_comes_from() -> None:
    blueprint = contexts.blueprint()
    blueprint["status"]["image"]["reference"] = pinned().image.reference
    pins = {**PINNED, "diskSnapshot": "before"}
    made = run(agent=BEGAN, pinned=pins)
    made["metadata"]["ownerReferences"] = owner("BenchmarkRun", "all")
    found = await find(made, claim(), blueprint)
    assert found.disk.lineage == Lineage(
        blueprint="project", scenario="fix-it", scenario_run="r", benchmark_run="all", parent="before"
    )


async def test_a_run_without_scenario_blueprint_or_benchmark() -> None:
    dry = {
        "scenarioRef": None,
        "dryRun": {"scorer": {"scorerRef": {"name": "s"}}, "environment": {"image": "x"}},
    }
    found = await find(run(spec=dry, agent=BEGAN), claim())
    assert found.disk.lineage == Lineage(scenario_run="r")


# --- a run that has ended: the cache has little of it ---


async def test_of_a_run_that_has_ended_the_whole_is_read() -> None:
    whole = run(agent=BEGAN, phase="Complete")
    ctx, api = seeing(whole, claim(), whole=whole)
    found = await find_disk(ctx, FROZEN)
    assert found.disk.image == pinned().image
    assert api.reads == 1
    under_way, api = seeing(run(agent=BEGAN), claim())
    await find_disk(under_way, FROZEN)
    assert api.reads == 0


async def test_a_run_that_is_gone_by_then() -> None:
    assert (await refused(run(agent=BEGAN, phase="Complete"), claim(), whole=None)).reason == "DiskNotReady"
