"""What is remembered of probes, and when the cluster is asked whether that still counts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from assay.kube.errors import AlreadyExists, Forbidden, NotFound
from assay.kube.resources import CONFIG_MAPS
from assay.reconcile.common.context import Context
from assay.reconcile.devbox import node_classes, node_probe
from assay.specs import names, probe_pod
from assay.specs.devbox_pod import Root
from tests.unit.reconcile.contexts import context
from tests.unit.reconcile.devbox.test_node_probe import node
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
BOX = existing("Devbox", "box", spec={})
OLD, NEW = node("old", kernelVersion="5.4"), node("new")


def hash_of(one: Obj) -> str:
    return next(iter(node_classes.classes([one]))).hash


def kept(overlay: bool, ago: timedelta = timedelta(minutes=5)) -> str:
    """A result as the ConfigMap holds it."""
    error = "" if overlay else "cannot mount overlayfs"
    return json.dumps({"overlay": overlay, "error": error, "probedAt": (NOW - ago).isoformat()})


class Cluster:
    """An API server with the ConfigMap and probes, and a count of what it is asked."""

    def __init__(self, *found: Obj, read_only: bool = False) -> None:
        self.data: dict[str, str] | None = None
        self.read_only, self.version, self.asked = read_only, 10, Counter[str]()
        ctx = context()
        for one in found:
            ctx.cache.put("Node", {"apiVersion": "v1", "kind": "Node", **one})
        self.ctx: Context = replace(
            ctx,
            client=cast(Any, self),
            now=lambda: NOW,
            observe=cast(Any, ctx.cache.put),
            forget=cast(Any, ctx.cache.remove),
        )

    def config_map(self) -> Obj:
        made = probe_pod.config_map(self.ctx.settings.operator_namespace, self.data or {})
        made["metadata"]["resourceVersion"] = str(self.version)
        return made

    async def get(self, resource: Any, namespace: str, name: str) -> Obj:
        assert (resource, name) == (CONFIG_MAPS, probe_pod.CONFIG_MAP)
        self.asked["get"] += 1
        if self.data is None:
            raise NotFound(404, "NotFound", name)
        return self.config_map()

    async def create(self, manifest: Obj) -> Obj:
        if manifest["kind"] == "Pod":
            self.asked["probe"] += 1
            version = {"uid": f"pod-{self.asked['probe']}", "resourceVersion": "1"}
            return {**manifest, "metadata": {**manifest["metadata"], **version}, "status": {}}
        if self.read_only:
            raise Forbidden(403, "Forbidden", "no")
        if self.data is not None:
            raise AlreadyExists(409, "AlreadyExists", "there")
        self.data, self.version = dict(manifest["data"]), self.version + 1
        return self.config_map()

    async def patch(self, resource: Any, namespace: str, name: str, change: Obj) -> Obj:
        assert self.data is not None
        self.data, self.version = {**self.data, **change["data"]}, self.version + 1
        return self.config_map()

    async def delete(self, resource: Any, namespace: str, name: str, uid: str) -> None:
        return None

    async def choose(self) -> Root | float:
        """A decision; it never asks twice."""
        before = self.asked["get"]
        root = await node_probe.choose(self.ctx, BOX)
        assert self.asked["get"] <= before + 1
        return root

    async def copies(self) -> bool:
        root = await self.choose()
        return isinstance(root, Root) and root.mode == "Copy"

    def end_probe(self, one: Obj, exit_code: int = 125) -> None:
        """Its kubelet says so."""
        pods = self.ctx.cache.all("Pod")
        pod = next(pod for pod in pods if pod["metadata"]["labels"][names.PROBE] == hash_of(one))
        ended = {"exitCode": exit_code, "reason": "Error", "message": "cannot mount overlayfs"}
        state = {"name": probe_pod.CONTAINER, "state": {"terminated": ended}}
        metadata = {**pod["metadata"], "resourceVersion": "2"}
        status = {"phase": "Failed", "containerStatuses": [state]}
        self.ctx.cache.put("Pod", {**pod, "metadata": metadata, "status": status})


async def test_a_success_is_not_asked_for_again() -> None:
    cluster = Cluster(NEW)
    cluster.data = {hash_of(NEW): kept(True)}
    for _ in range(3):
        root = await cluster.choose()
        assert isinstance(root, Root)
        assert root.mode == "Overlay"
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
    assert isinstance(await cluster.choose(), float)
    assert cluster.asked == {"get": 3, "probe": 1}
    cluster.end_probe(OLD, 0)
    root = await cluster.choose()
    assert isinstance(root, Root)
    assert root.mode == "Overlay"
    assert cluster.asked == {"get": 3, "probe": 1}


async def test_the_whole_config_map_may_be_deleted() -> None:
    cluster = Cluster(OLD)
    cluster.data = {hash_of(OLD): kept(False)}
    assert await cluster.copies()
    cluster.data = None
    assert isinstance(await cluster.choose(), float)
    cluster.end_probe(OLD)
    assert await cluster.copies()
    assert cluster.data is not None, "kept again"


@pytest.mark.parametrize("failed", [timedelta(minutes=5), timedelta(hours=2)])
async def test_who_waits_for_a_probe_does_not_ask_meanwhile(failed: timedelta) -> None:
    """Hundreds of devboxes may look every second."""
    cluster = Cluster(OLD, NEW)
    cluster.data = {hash_of(OLD): kept(False, failed)}
    for _ in range(3):
        assert isinstance(await cluster.choose(), float)
    assert cluster.asked["get"] == 1


async def test_what_could_not_be_written_is_remembered() -> None:
    cluster = Cluster(OLD, NEW, read_only=True)
    assert isinstance(await cluster.choose(), float)
    cluster.end_probe(OLD)
    assert isinstance(await cluster.choose(), float)
    cluster.end_probe(NEW)
    assert await cluster.copies()
    assert await cluster.copies()
    assert cluster.asked == {"get": 1, "probe": 2}


async def test_a_result_that_is_deleted_during_a_decision_is_found_again() -> None:
    cluster = Cluster(OLD, NEW)
    cluster.data = {hash_of(OLD): kept(False)}
    assert isinstance(await cluster.choose(), float)
    cluster.data.clear()  # the answer to writing the other class's result shows it
    cluster.end_probe(NEW, 0)
    assert isinstance(await cluster.choose(), float), "looks again"
    assert isinstance(await cluster.choose(), float)
    assert cluster.asked == {"get": 1, "probe": 2}


async def test_to_tell_what_was_found_asks_nothing() -> None:
    cluster = Cluster(OLD)
    cluster.data = {hash_of(OLD): kept(False)}
    for _ in range(2):
        root = await node_probe.recall(cluster.ctx)
        assert root is not None
        assert root.mode == "Copy"
    assert cluster.asked == {"get": 1}
