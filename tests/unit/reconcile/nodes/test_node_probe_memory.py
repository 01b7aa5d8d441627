"""What is remembered of probes, and when the cluster is asked whether that still counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assay.kube.errors import AlreadyExists, Forbidden, Invalid
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.nodes import node_probe
from assay.reconcile.nodes.node_probe import Probing
from assay.specs.pod_plan import MountPlan
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.nodes.probed_cluster import NEW, OLD, Cluster, hash_of, kept
from tests.unit.specs.objects import Obj, existing


async def test_a_success_is_not_asked_for_again() -> None:
    cluster = Cluster(NEW)
    cluster.data = {hash_of(NEW): kept(True)}
    for _ in range(3):
        mount = await cluster.choose()
        assert isinstance(mount, MountPlan)
        assert mount.root_filesystem == "Overlay"
    assert cluster.asked == {"get": 1}


async def test_a_failure_counts_as_long_as_it_is_not_deleted() -> None:
    cluster = Cluster(OLD, NEW)
    cluster.data = {hash_of(OLD): kept(False), hash_of(NEW): kept(True)}
    assert await cluster.copies()
    assert cluster.asked == {"get": 1}, "read a moment ago"
    assert await cluster.copies()
    assert cluster.asked == {"get": 2}
    del cluster.data[hash_of(OLD)]
    cluster.version += 1
    assert await cluster.waits()
    assert cluster.asked == {"get": 3, "probe": 1}
    cluster.end_probe(OLD, 0)
    mount = await cluster.choose()
    assert isinstance(mount, MountPlan)
    assert mount.root_filesystem == "Overlay"
    assert cluster.asked == {"get": 3, "probe": 1}


async def test_the_whole_config_map_may_be_deleted() -> None:
    cluster = Cluster(OLD)
    cluster.data = {hash_of(OLD): kept(False)}
    assert await cluster.copies()
    cluster.data = None
    assert await cluster.waits()
    cluster.end_probe(OLD)
    assert await cluster.copies()
    assert cluster.data is not None, "kept again"


@pytest.mark.parametrize("failed", [timedelta(minutes=5), timedelta(hours=2)])
async def test_a_devbox_that_waits_for_a_probe_does_not_ask_meanwhile(failed: timedelta) -> None:
    """Hundreds of devboxes may look every second."""
    cluster = Cluster(OLD, NEW)
    cluster.data = {hash_of(OLD): kept(False, failed)}
    for _ in range(3):
        assert await cluster.waits()
    assert cluster.asked["get"] == 1


async def test_what_could_not_be_written_is_remembered() -> None:
    cluster = Cluster(OLD, NEW, read_only=True)
    assert await cluster.waits()
    cluster.end_probe(OLD)
    assert await cluster.waits()
    cluster.end_probe(NEW)
    assert await cluster.copies()
    assert await cluster.copies()
    assert cluster.asked == {"get": 1, "probe": 2}


async def test_a_result_that_is_deleted_during_a_decision_is_found_again() -> None:
    cluster = Cluster(OLD, NEW)
    cluster.data = {hash_of(OLD): kept(False)}
    assert await cluster.waits()
    cluster.data.clear()  # the answer to writing the other class's result shows it
    cluster.end_probe(NEW, 0)
    assert await cluster.waits(), "looks again"
    assert await cluster.waits()
    assert cluster.asked == {"get": 1, "probe": 2}


async def test_a_probe_that_another_devbox_has_created_is_looked_at_again_soon() -> None:
    cluster = Cluster(NEW, refusal=AlreadyExists(409, "AlreadyExists", "there"))
    assert await cluster.choose() == Probing(node_probe.LOOK_SECONDS)
    assert cluster.status == {}, "the devbox waits, and nothing is wrong"
    assert cluster.data is None


@pytest.mark.parametrize("owners", [[], owner("Scenario", "s")], ids=["nobody's", "of another kind"])
async def test_a_pod_that_a_label_makes_a_probe_decides_nothing(owners: list[Obj]) -> None:
    """Its result would hold for all namespaces."""
    cluster = Cluster(OLD)
    labels = {"assay.dev/probe": hash_of(OLD)}
    pod = existing("Pod", "mine", labels=labels, owner_references=owners)
    cluster.ctx.cache.put("Pod", {**pod, "apiVersion": "v1", "status": {"phase": "Pending"}})
    cluster.end_probe(OLD, 0)
    assert isinstance(await cluster.choose(), Probing)
    assert (cluster.data, cluster.asked["probe"]) == (None, 1)


async def test_a_pod_that_only_has_the_name_of_the_probe_is_named() -> None:
    cluster = Cluster(NEW, refusal=AlreadyExists(409, "AlreadyExists", "there"))
    pod = existing("Pod", f"assay-probe-{hash_of(NEW)}")
    cluster.ctx.cache.put("Pod", {**pod, "apiVersion": "v1", "status": {}})
    assert await cluster.choose() == Probing(RETRY_SECONDS)
    [ready] = cluster.status["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "NameTaken")
    assert f"assay-probe-{hash_of(NEW)}" in ready["message"]


async def test_an_api_server_that_knows_no_overlays_decides_for_copies() -> None:
    cluster = Cluster(NEW, refusal=Invalid(422, "Invalid", "must specify a volume type"))
    assert await cluster.copies()
    assert cluster.data is not None
    assert "must specify a volume type" in cluster.data[hash_of(NEW)]
    assert cluster.asked["probe"] == 1


async def test_another_rejection_says_nothing_of_the_nodes() -> None:
    cluster = Cluster(NEW, refusal=Forbidden(403, "Forbidden", "exceeded quota: pods"))
    assert await cluster.choose() == Probing(RETRY_SECONDS)
    [ready] = cluster.status["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "QuotaExceeded")
    assert cluster.status["phase"] == "Pending"
    assert cluster.data is None
