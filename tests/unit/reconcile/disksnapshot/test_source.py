"""What is known of a disk when it is frozen, and what keeps it from being frozen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.api.disksnapshot import Lineage
from assay.kube.errors import Unavailable
from assay.reconcile.common.context import Context
from assay.reconcile.disksnapshot.source import describe, missing
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import pod_parts
from tests.unit.reconcile import contexts
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import Obj, existing

IMAGE = "pull.example.test/x@sha256:" + "1" * 64
BEGAN = {"startTime": "2026-01-02T10:00:00Z", "claimName": "box", "image": IMAGE, "rootFilesystem": "Overlay"}


FROZEN = existing("DiskSnapshot", "frozen", spec={"devboxRef": {"name": "box"}})


def devbox(spec: Obj | None = None, **more: Any) -> Obj:
    return existing("Devbox", "box", **{"spec": spec or {"image": IMAGE}, "status": BEGAN, **more})


def box_pod(which: str, name: str = "box") -> Obj:
    shown = pod(which, name=name)
    shown["metadata"]["ownerReferences"] = owner("Devbox", "box")
    return shown


class Executing:
    """Keeps what it is told to execute; fails with that error if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.commands: list[tuple[str, ...]] = []

    async def exec(self, namespace: str, pod: str, container: str, command: list[str], _: float) -> str:
        self.commands.append((namespace, pod, container, *command))
        if self.error:
            raise self.error
        return ""


def seeing(*objects: Obj, client: Executing | None = None) -> Context:
    return replace(contexts.context(*objects), client=cast(Any, client))


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
    assert missing(DevboxSpec.model_validate(spec), DevboxStatus.model_validate(status)) == why


async def test_a_devbox_that_is_not_there_or_is_going() -> None:
    going = devbox()
    going["metadata"]["deletionTimestamp"] = "now"
    for ctx in (seeing(), seeing(going)):
        with pytest.raises(ReferenceNotReady) as refused:
            await describe(ctx, FROZEN)
        assert refused.value.reason == "DevboxNotFound"


@pytest.mark.parametrize("made_by", [None, "another-run"])
async def test_a_runs_disk_is_that_of_its_own_devbox(made_by: str | None) -> None:
    """Not of whichever has the name by now: a re-score would score a stranger's work."""
    frozen = existing(
        "DiskSnapshot",
        "box",
        spec={"devboxRef": {"name": "box"}},
        owner_references=owner("ScenarioRun", "box"),
    )
    stranger = devbox(owner_references=owner("ScenarioRun", made_by)) if made_by else devbox()
    for ctx in (seeing(), seeing(stranger)):
        with pytest.raises(ReferenceNotReady) as refused:
            await describe(ctx, frozen)
        assert refused.value.reason == "DiskLost"
    claim, _ = await describe(seeing(devbox(owner_references=owner("ScenarioRun", "box"))), frozen)
    assert claim == "box"


# --- what it lies on ---


async def test_of_a_blueprint() -> None:
    blueprint = contexts.blueprint()
    reference = blueprint["status"]["image"]["reference"]
    for spec in ({"blueprintRef": {"name": "project"}}, {"image": reference}):
        box = devbox(spec, status={**BEGAN, "image": reference})
        _, disk = await describe(seeing(box, blueprint), FROZEN)
        assert (disk.image.reference, disk.image.user, disk.image.working_dir) == (reference, "1000", "/src")
        assert disk.lineage == Lineage(devbox="box", blueprint="project")


async def test_of_a_snapshot() -> None:
    parent = contexts.snapshot("before")
    began = {**BEGAN, "image": parent["status"]["image"]["reference"], "rootFilesystem": "Copy"}
    box = devbox({"diskSnapshotRef": {"name": "before"}}, status={**began, "directories": ["etc", "usr"]})
    claim, disk = await describe(seeing(box, parent), FROZEN)
    assert claim == "box"
    assert (disk.image.user, disk.image.working_dir) == ("7", "/old")
    assert (disk.root_filesystem, disk.directories) == ("Copy", ["etc", "usr"])
    assert disk.lineage == Lineage(devbox="box", parent="before")


async def test_of_an_image_the_registry_tells() -> None:
    _, disk = await describe(seeing(devbox()), FROZEN)
    assert (disk.image.reference, disk.image.user) == (IMAGE, "1000")


async def test_of_an_image_that_is_gone() -> None:
    box = devbox(status={**BEGAN, "image": contexts.NOWHERE})
    with pytest.raises(ReferenceNotReady) as refused:
        await describe(seeing(box), FROZEN)
    assert refused.value.reason == "ImageNotFound"
    assert refused.value.retry


async def test_a_runs_devbox_needs_no_registry() -> None:
    """Its run told it all that its image says, and a blueprint that was edited since must not matter."""
    labels = {"assay.dev/scenario": "fix-it", "assay.dev/benchmark-run": "all"}
    spec = {"image": contexts.NOWHERE, "user": "5:6", "workingDir": "/work"}
    status = {**BEGAN, "image": contexts.NOWHERE}
    box = devbox(spec, status=status, labels=labels, owner_references=owner("ScenarioRun", "r"))
    _, disk = await describe(seeing(box), FROZEN)
    assert (disk.image.reference, disk.image.user, disk.image.working_dir) == (
        contexts.NOWHERE,
        "5:6",
        "/work",
    )
    assert disk.lineage == Lineage(devbox="box", scenario="fix-it", scenario_run="r", benchmark_run="all")


async def test_labels_alone_make_no_run() -> None:
    _, disk = await describe(seeing(devbox(labels={"assay.dev/scenario": "fix-it"})), FROZEN)
    assert disk.lineage == Lineage(devbox="box")


# --- flushing ---


@pytest.mark.parametrize(
    ("more", "path"),
    [({}, "/"), ({"rootFilesystem": "Copy", "directories": ["etc", "usr"]}, "/etc")],
    ids=["Overlay", "Copy"],
)
async def test_a_live_devbox_is_flushed(more: Obj, path: str) -> None:
    client = Executing()
    box = devbox(status={**BEGAN, **more})
    await describe(seeing(box, box_pod("running"), client=client), FROZEN)
    assert client.commands == [("team", "box", "devbox", pod_parts.BUSYBOX, "sync", "-f", path)]


@pytest.mark.parametrize("which", ["completed", "error", "creating"])
async def test_where_nothing_runs_there_is_nothing_to_flush(which: str) -> None:
    client = Executing()
    ctx = seeing(devbox(), box_pod(which), box_pod("running", name="probe"), client=client)
    await describe(ctx, FROZEN)
    assert client.commands == []


async def test_a_disk_that_cannot_be_flushed_is_not_frozen() -> None:
    client = Executing(Unavailable(0, "Timeout", "sync: not done in 60 s"))
    with pytest.raises(ReferenceNotReady) as refused:
        await describe(seeing(devbox(), box_pod("running"), client=client), FROZEN)
    assert refused.value.reason == "DevboxNotReady"
    assert "not done in 60 s" in refused.value.message
    assert refused.value.retry
