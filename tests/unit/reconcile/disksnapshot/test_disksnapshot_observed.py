"""What is read about a DiskSnapshot, and from where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.disksnapshot import DiskSnapshot
from assay.kube.errors import NotFound, Unavailable
from assay.kube.resources import Resource
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.reconcile.disksnapshot.observed import Observed, observe
from assay.reconcile.disksnapshot.volume_snapshot import UNAVAILABLE_RETRY_SECONDS
from tests.unit.reconcile import contexts
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import existing

IMAGE = "pull.example.test/x@sha256:" + "1" * 64
BEGAN = {"startTime": "2026-01-02T10:00:00Z", "claimName": "box", "image": IMAGE, "rootFilesystem": "Overlay"}
BOX = existing("Devbox", "box", spec={"image": IMAGE}, status=BEGAN)
ABSENT = NotFound(404, "NotFound", 'volumesnapshots.snapshot.storage.k8s.io "frozen" not found')
NO_KIND = NotFound(404, "NotFound", "404 page not found")


class Api:
    """Has one VolumeSnapshot, or answers with an error; executes nothing but what is to fail."""

    def __init__(self, answer: KubeObject | Exception = ABSENT) -> None:
        self.answer = answer
        self.reads = 0

    async def get(self, _: Resource, namespace: str, name: str) -> KubeObject:
        self.reads += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def exec(self, *_: Any) -> str:
        raise Unavailable(0, "Timeout", "sync: not done in 60 s")


def frozen(status: Any = None, **spec: Any) -> DiskSnapshot:
    spec = spec if "volumeSnapshotRef" in spec else {"devboxRef": {"name": "box"}, **spec}
    return DiskSnapshot.parse(existing("DiskSnapshot", "frozen", spec=spec, status=status or {}))


def volume_snapshot(of: str = "uid-of-frozen") -> KubeObject:
    metadata = {
        "name": "frozen",
        "namespace": "team",
        "uid": "uid-of-vs",
        "labels": {"assay.dev/disk-snapshot": of},
    }
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": metadata,
        "spec": {},
    }


def seeing(*objects: KubeObject, api: Api | None = None) -> Context:
    ctx = contexts.context(*objects)

    def observe(kind: str, obj: KubeObject) -> None:
        ctx.cache.put(kind, obj)

    return replace(ctx, client=cast(Any, api or Api()), observe=observe)


def problem(observed: Observed) -> tuple[str, float | None]:
    assert observed.problem is not None
    assert observed.source is None
    return observed.problem.reason, observed.problem.retry


async def test_a_disk_to_freeze_is_found_where_there_is_no_volume_snapshot_yet() -> None:
    observed = await observe(seeing(BOX), frozen())
    assert observed.source is not None
    assert (observed.source.claim, observed.volume_snapshot, observed.problem) == ("box", None, None)


async def test_what_keeps_a_disk_from_being_frozen_is_a_problem() -> None:
    assert problem(await observe(seeing(), frozen())) == ("DevboxNotFound", None)


async def test_what_the_watch_shows_is_not_read_again() -> None:
    api = Api()
    observed = await observe(seeing(volume_snapshot(), api=api), frozen())
    assert observed.volume_snapshot is not None
    assert (observed.source, observed.problem, api.reads) == (None, None, 0)


async def test_a_volume_snapshot_that_the_watch_does_not_show_is_read_and_its_disk_is_not_lost() -> None:
    ctx = seeing(api=Api(volume_snapshot()))
    observed = await observe(ctx, frozen(status={"volumeSnapshotName": "frozen"}))
    assert (observed.volume_snapshot, observed.source, observed.problem) == (volume_snapshot(), None, None)
    assert ctx.cache.get("VolumeSnapshot", "team", "frozen"), "it is not read each time"


@pytest.mark.parametrize("found", [[], [volume_snapshot(of="uid-of-another")]], ids=["absent", "another's"])
async def test_a_volume_snapshot_that_is_gone_is_a_lost_disk(found: list[KubeObject]) -> None:
    observed = await observe(seeing(BOX, *found), frozen(status={"volumeSnapshotName": "frozen"}))
    assert problem(observed) == ("DiskLost", None)


async def test_a_volume_snapshot_of_another_is_not_taken_for_its_own() -> None:
    observed = await observe(seeing(BOX, volume_snapshot(of="uid-of-another")), frozen())
    assert observed.volume_snapshot is None
    assert observed.source is not None


async def test_any_volume_snapshot_can_be_imported() -> None:
    imported = frozen(volumeSnapshotRef={"name": "frozen"})
    observed = await observe(seeing(volume_snapshot(of="uid-of-another")), imported)
    assert observed.volume_snapshot is not None
    assert problem(await observe(seeing(), imported)) == ("VolumeSnapshotNotFound", None)


@pytest.mark.parametrize("spec", [{}, {"volumeSnapshotRef": {"name": "frozen"}}], ids=["own", "imported"])
async def test_a_cluster_without_the_kind_is_looked_at_again(spec: Any) -> None:
    observed = await observe(seeing(BOX, api=Api(NO_KIND)), frozen(**spec))
    assert problem(observed) == ("SnapshotsUnavailable", UNAVAILABLE_RETRY_SECONDS)


async def test_the_image_of_an_import_is_asked_for_until_it_is_known() -> None:
    spec = {"volumeSnapshotRef": {"name": "frozen"}, "image": "example.test/x"}
    observed = await observe(seeing(volume_snapshot()), frozen(**spec))
    assert observed.image is not None
    assert observed.image.reference == "example.test/x@sha256:1"
    known = frozen(status={"image": {"reference": "example.test/x@sha256:1"}}, **spec)
    assert (await observe(seeing(volume_snapshot()), known)).image is None


async def test_an_image_that_is_not_there_is_a_problem_of_a_volume_snapshot_that_is() -> None:
    imported = frozen(volumeSnapshotRef={"name": "frozen"}, image=contexts.NOWHERE)
    observed = await observe(seeing(volume_snapshot()), imported)
    assert problem(observed)[0] == "ImageNotFound"
    assert observed.volume_snapshot is not None


@pytest.mark.parametrize("ttl", [None, 60])
async def test_what_needs_it_is_read_only_of_one_whose_time_ends(ttl: int | None) -> None:
    waiting = existing("Devbox", "new", spec={"diskSnapshotRef": {"name": "frozen"}}, status={})
    observed = await observe(seeing(volume_snapshot(), waiting), frozen(ttlSeconds=ttl))
    assert list(observed.needed_by) == (["Devbox new"] if ttl else [])


async def test_a_running_devbox_is_not_frozen_before_it_has_flushed_its_disk() -> None:
    running = pod("running")
    running["metadata"]["ownerReferences"] = owner("Devbox", "box")
    ctx = seeing(BOX, running)
    new = frozen()
    new.metadata.creation_timestamp = ctx.now()
    observed = await observe(ctx, new)
    assert observed.source is None
    assert problem(observed)[0] == "Flushing"
