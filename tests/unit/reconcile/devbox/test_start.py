"""A devbox gets its disk and its pod: what is decided before, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox.start import start
from assay.specs import devbox_pod, names
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import NOWHERE, blueprint, context, snapshot
from tests.unit.reconcile.devbox.boxes import observed, reported, status_of
from tests.unit.specs.commands import flags
from tests.unit.specs.objects import Obj

DIGEST = "example.test/x@sha256:" + "0" * 64
GIVEN = {"user": "1000", "workingDir": "/src", "rootFilesystem": "Overlay"}


async def decide(spec: Obj, *objects: Obj, status: DevboxStatus | None = None, **metadata: Any) -> Decision:
    seen = observed(None, status, DevboxSpec.model_validate(spec), **metadata)
    before = seen.devbox.model_copy(deep=True)
    decision = await start(context(*objects), seen)
    assert seen.devbox == before, "what was observed is not changed"
    return decision


def kinds(decision: Decision) -> list[str]:
    return [one["kind"] for one in decision.create]


def pod_of(decision: Decision) -> Obj:
    [pod] = [one for one in decision.create if one["kind"] == "Pod"]
    return pod


async def test_where_the_pod_shows_all_the_status_waits_until_it_runs() -> None:
    decision = await decide({"image": DIGEST, **GIVEN})
    assert not decision.write
    assert kinds(decision) == ["NetworkPolicy"] * 3 + ["PersistentVolumeClaim", "Pod"]
    assert devbox_pod.mount_of(pod_of(decision)).reason == "spec.rootFilesystem asks for it"


@pytest.mark.parametrize(
    "spec",
    [
        {"image": "example.test/x:1", **GIVEN},
        {"blueprintRef": {"name": "project"}, **GIVEN},
        {"image": DIGEST, **GIVEN, "rootFilesystem": "Copy"},
    ],
)
async def test_elsewhere_image_and_mount_are_written_before_anything_is_created(spec: Obj) -> None:
    first = await decide(spec, blueprint())
    assert first.write
    assert (first.create, first.patch, first.requeue) == ((), (), 0)
    status = status_of(first)
    assert status.image
    assert "@sha256:" in status.image
    assert status.root_filesystem == spec["rootFilesystem"]
    then = await decide(spec, status=status)  # the blueprint is gone by now
    assert not then.write, "or a rejected child would be a second status write"
    assert kinds(then)[-2:] == ["PersistentVolumeClaim", "Pod"]
    pod = pod_of(then)
    assert pod["spec"]["containers"][0]["image"] == status.image
    assert names.ROOT_FILESYSTEM_REASON not in pod["metadata"]["annotations"], "the status has it"
    role = "prepare" if spec["rootFilesystem"] == "Copy" else "run"
    assert devbox_pod.role_of(pod) == role


async def test_an_edit_of_the_blueprint_does_not_reach_a_disk() -> None:
    status = DevboxStatus(image="example.test/before@sha256:2", root_filesystem="Overlay", claim_name="box")
    decision = await decide({"blueprintRef": {"name": "project"}, **GIVEN}, blueprint(), status=status)
    assert pod_of(decision)["spec"]["containers"][0]["image"] == status.image
    assert "PersistentVolumeClaim" not in kinds(decision)


async def test_a_registry_is_asked_once_for_a_tag() -> None:
    spec = {"image": "example.test/x:1", "rootFilesystem": "Overlay"}
    ctx, asked = context(), []
    resolve = ctx.images.resolve

    async def counted(reference: str) -> Any:
        asked.append(reference)
        return await resolve(reference)

    ctx.images.resolve = counted  # type: ignore[method-assign]
    first = await start(ctx, observed(None, None, DevboxSpec.model_validate(spec)))
    then = await start(ctx, observed(None, status_of(first), DevboxSpec.model_validate(spec)))
    given = flags(pod_of(then)["spec"]["containers"][0])
    assert (given["user"], given["working-dir"]) == (["1000"], ["/src"])
    assert asked == ["example.test/x:1"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"image": NOWHERE}, "ImageNotFound"),
        ({"blueprintRef": {"name": "project"}}, "BlueprintNotFound"),
        ({"diskSnapshotRef": {"name": "kept"}}, "DiskSnapshotNotFound"),
    ],
)
async def test_what_is_missing_is_reported_and_waited_for(spec: Obj, reason: str) -> None:
    decision = await decide({**spec, "rootFilesystem": "Overlay"})
    assert reported(decision.status, "Ready") == ("False", reason)
    assert decision.status.phase == "Pending"
    assert decision.create == ()
    assert decision.event
    assert (decision.event.type, decision.event.reason) == ("Normal", reason)
    assert reported(decision.status, "Finished") is None


async def test_a_suspended_devbox_has_the_disk_of_its_snapshot_and_no_pod() -> None:
    spec = {"diskSnapshotRef": {"name": "kept"}, "operatingMode": "Suspended"}
    kept = snapshot(volumeSnapshotName="kept-1", directories=["etc"])
    decision = await decide(spec, kept)
    assert kinds(decision) == ["PersistentVolumeClaim"]
    status = status_of(decision)
    assert reported(status, "Suspended") == ("True", "DiskKept")
    assert (status.root_filesystem, status.directories) == ("Copy", ["etc"])
    assert (status.image, status.claim_name) == ("pull.example.test/old@sha256:0", "box")
    assert "DiskSnapshot kept" in (status.root_filesystem_reason or "")


# --- a user that no pod can run as ---

NAMED = {"blueprintRef": {"name": "project"}, "rootFilesystem": "Copy", "user": "other"}


@pytest.mark.parametrize("owned", [False, True])
async def test_a_name_as_user_of_a_copy_is_an_end(owned: bool) -> None:
    decision = await decide(NAMED, blueprint(), owner_references=owner("ScenarioRun", "r") if owned else [])
    assert reported(decision.status, "Finished") == ("True", "UserNotNumeric")
    assert reported(decision.status, "Ready") == ("False", "Finished")
    assert (decision.create, decision.requeue) == ((), None), "nothing comes of waiting"
    status = status_of(decision)
    assert (status.phase, status.pod_name, status.claim_name) == ("Finished", None, None)
    assert status.finish_time, "from then on its time to live counts"
    assert (decision.event is None) is owned
    if decision.event:
        assert "uid[:gid]" in decision.event.message


async def test_it_is_reported_once() -> None:
    """An idle devbox is started whenever it is reconciled, until it has its pod."""
    idle = {**NAMED, "operatingMode": "Idle"}
    first = await decide(idle, blueprint())
    again = await decide(idle, blueprint(), status=status_of(first))
    assert first.event
    assert again.event is None
    assert again.status == first.status


@pytest.mark.parametrize("spec", [{"user": "1000:7"}, {"user": None}, {"rootFilesystem": "Overlay"}])
async def test_numbers_the_images_user_and_overlays_are_fine(spec: Obj) -> None:
    decision = await decide({**NAMED, **spec}, blueprint())
    assert reported(decision.status, "Finished") is None
