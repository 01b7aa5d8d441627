"""What is known of a disk when it is frozen, what keeps it from being frozen, and whether it is flushed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.reconcile.common.context import Context
from assay.reconcile.disksnapshot.devbox_disk import missing
from assay.reconcile.disksnapshot.observed import find_disk
from assay.reconcile.disksnapshot.source import check_flushed
from assay.reconcile.references.errors import ReferenceNotReady
from tests.unit.reconcile import contexts
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import Obj, existing

IMAGE = "pull.example.test/x@sha256:" + "1" * 64
BEGAN = {"startTime": "2026-01-02T10:00:00Z", "claimName": "box", "image": IMAGE, "rootFilesystem": "Overlay"}


FROZEN = DiskSnapshot.parse(existing("DiskSnapshot", "frozen", spec={"devboxRef": {"name": "box"}}))


def devbox(spec: Obj | None = None, **more: Any) -> Obj:
    return existing("Devbox", "box", **{"spec": spec or {"image": IMAGE}, "status": BEGAN, **more})


def box_pod(which: str, name: str = "box") -> Obj:
    shown = pod(which, name=name)
    shown["metadata"]["ownerReferences"] = owner("Devbox", "box")
    return shown


def seeing(*objects: Obj) -> Context:
    return contexts.context(*objects)


# --- whether there is a disk ---


@pytest.mark.parametrize(
    ("status", "from_snapshot", "why"),
    [
        (BEGAN, False, ""),
        ({**BEGAN, "startTime": None}, True, ""),
        ({**BEGAN, "startTime": None}, False, "it has not started yet"),
        ({**BEGAN, "claimName": None}, False, "it has not started yet"),
        ({**BEGAN, "rootFilesystem": None}, False, "it has not started yet"),
        ({}, False, "it has not started yet"),
        (
            {"conditions": [contexts.condition("Ready", "False", "Unschedulable")]},
            False,
            "Unschedulable: as told",
        ),
        (
            {**BEGAN, "conditions": [contexts.condition("Finished", "True", "BootFailed")]},
            False,
            "it could not boot: as told",
        ),
        ({**BEGAN, "conditions": [contexts.condition("Finished", "True", "OOMKilled")]}, False, ""),
    ],
)
def test_whether_there_is_a_disk(status: Obj, from_snapshot: bool, why: str) -> None:
    spec = {"diskSnapshotRef": {"name": "s"}} if from_snapshot else {"image": IMAGE}
    assert missing(Devbox.parse(devbox(spec, status=status))) == why


async def test_a_devbox_that_is_not_there_or_is_going() -> None:
    going = devbox()
    going["metadata"]["deletionTimestamp"] = "now"
    for ctx in (seeing(), seeing(going)):
        with pytest.raises(ReferenceNotReady) as refused:
            await find_disk(ctx, FROZEN)
        assert refused.value.reason == "DevboxNotFound"


@pytest.mark.parametrize("made_by", [None, "another-run"])
async def test_a_runs_disk_is_that_of_its_own_devbox(made_by: str | None) -> None:
    """Not that of another devbox which has the name by now: a re-score would score a stranger's work."""
    by_a_run = owner("ScenarioRun", "box")
    frozen = DiskSnapshot.parse(
        existing("DiskSnapshot", "box", spec={"devboxRef": {"name": "box"}}, owner_references=by_a_run)
    )
    stranger = devbox(owner_references=owner("ScenarioRun", made_by)) if made_by else devbox()
    for ctx in (seeing(), seeing(stranger)):
        with pytest.raises(ReferenceNotReady) as refused:
            await find_disk(ctx, frozen)
        assert refused.value.reason == "DiskLost"
    found = await find_disk(seeing(devbox(owner_references=owner("ScenarioRun", "box"))), frozen)
    assert (found.claim, found.owner) == ("box", "Devbox box")


async def test_a_disk_with_a_reference_from_a_secret_is_not_frozen() -> None:
    """People who may use the snapshot need not be those who may read the Secret."""
    spec = {"image": IMAGE, "referenceFrom": {"name": "gold", "key": "fix.diff"}}
    with pytest.raises(ReferenceNotReady, match="delete this DiskSnapshot") as refused:
        await find_disk(seeing(devbox(spec)), FROZEN)
    assert refused.value.reason == "HiddenReference"


# --- what it lies on ---


async def test_of_a_blueprint() -> None:
    blueprint = contexts.blueprint()
    reference = blueprint["status"]["image"]["reference"]
    for spec in ({"blueprintRef": {"name": "project"}}, {"image": reference}):
        box = devbox(spec, status={**BEGAN, "image": reference})
        disk = (await find_disk(seeing(box, blueprint), FROZEN)).disk
        assert (disk.image.reference, disk.image.user, disk.image.working_dir) == (reference, "1000", "/src")
        assert disk.lineage == Lineage(devbox="box", blueprint="project")


async def test_of_a_snapshot() -> None:
    parent = contexts.snapshot("before")
    began = {**BEGAN, "image": parent["status"]["image"]["reference"], "rootFilesystem": "Copy"}
    box = devbox({"diskSnapshotRef": {"name": "before"}}, status={**began, "directories": ["etc", "usr"]})
    found = await find_disk(seeing(box, parent), FROZEN)
    disk = found.disk
    assert found.claim == "box"
    assert (disk.image.user, disk.image.working_dir) == ("7", "/old")
    assert (disk.root_filesystem, disk.directories) == ("Copy", ["etc", "usr"])
    assert disk.lineage == Lineage(devbox="box", parent="before")


async def test_of_an_image_that_the_registry_has() -> None:
    disk = (await find_disk(seeing(devbox()), FROZEN)).disk
    assert (disk.image.reference, disk.image.user) == (IMAGE, "1000")


async def test_of_an_image_that_is_gone() -> None:
    box = devbox(status={**BEGAN, "image": contexts.NOWHERE})
    with pytest.raises(ReferenceNotReady) as refused:
        await find_disk(seeing(box), FROZEN)
    assert refused.value.reason == "ImageNotFound"
    assert refused.value.retry


async def test_a_runs_devbox_needs_no_registry() -> None:
    """Its spec has all that a run needs of the image, and a blueprint that was edited since must not matter."""
    spec = {"image": contexts.NOWHERE, "user": "5:6", "workingDir": "/work"}
    status = {**BEGAN, "image": contexts.NOWHERE}
    box = devbox(spec, status=status, owner_references=owner("ScenarioRun", "r"))
    disk = (await find_disk(seeing(box, run(owner("BenchmarkRun", "all"))), FROZEN)).disk
    assert (disk.image.reference, disk.image.user, disk.image.working_dir) == (
        contexts.NOWHERE,
        "5:6",
        "/work",
    )
    assert disk.lineage == Lineage(devbox="box", scenario="fix-it", scenario_run="r", benchmark_run="all")


def run(owners: list[Obj], **labels: str) -> Obj:
    spec = {"scenarioRef": {"name": "fix-it"}, "agent": {"type": "Nop"}}
    return existing("ScenarioRun", "r", owner_references=owners, labels=labels, spec=spec)


LABELS = {"assay.dev/scenario": "easy", "assay.dev/benchmark-run": "all"}


async def test_labels_alone_make_no_run() -> None:
    disk = (await find_disk(seeing(devbox(labels=LABELS)), FROZEN)).disk
    assert disk.lineage == Lineage(devbox="box")


async def test_where_a_runs_disk_comes_from_is_in_no_label() -> None:
    box = devbox(labels=LABELS, owner_references=owner("ScenarioRun", "r"))
    disk = (await find_disk(seeing(box, run([], **LABELS)), FROZEN)).disk
    assert disk.lineage == Lineage(devbox="box", scenario="fix-it", scenario_run="r")


# --- flushing ---


async def flushed(*objects: Obj, age: float) -> float | None:
    """How long a snapshot of this age waits for the disk of the devbox; None: it does not."""
    ctx = seeing(*objects)
    snapshot = FROZEN.model_copy(deep=True)
    snapshot.metadata.creation_timestamp = ctx.now() - timedelta(seconds=age)
    try:
        check_flushed(ctx, snapshot, await find_disk(ctx, snapshot))
    except ReferenceNotReady as waits:
        return waits.retry if waits.reason == "Flushing" else -1.0
    return None


@pytest.mark.parametrize(("age", "left"), [(0, 8.0), (4, 4.0), (8, None), (600, None), (-30, 8.0)])
async def test_a_live_devbox_has_to_have_flushed_its_disk(age: float, left: float | None) -> None:
    waits = await flushed(devbox(), box_pod("running"), age=age)
    assert waits == (pytest.approx(left, abs=0.5) if left else None)


@pytest.mark.parametrize("which", ["completed", "error", "creating"])
async def test_where_nothing_runs_there_is_nothing_to_flush(which: str) -> None:
    assert await flushed(devbox(), box_pod(which), box_pod("running", name="probe"), age=0) is None
