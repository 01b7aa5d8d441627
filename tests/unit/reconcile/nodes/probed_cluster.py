"""A cluster whose nodes are probed: as much of the API server as that takes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from assay.api.condition_types import ConditionType
from assay.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound
from assay.kube.resources import CONFIG_MAPS, PODS
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.nodes import node_classes, node_probe
from assay.reconcile.nodes.node_probe import Probing
from assay.specs import names, probe_pod
from assay.specs.pod_plan import MountPlan
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import context
from tests.unit.reconcile.devbox.boxes import observed
from tests.unit.reconcile.nodes.nodes import node
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
BOX = observed(None, now=NOW)
OLD, NEW = node("old", kernelVersion="5.4"), node("new")


def hash_of(one: Obj) -> str:
    """The key of a node's result."""
    return next(iter(node_classes.classes([one]))).hash


def kept(overlay: bool, ago: timedelta = timedelta(minutes=5)) -> str:
    """A result as the ConfigMap holds it."""
    error = "" if overlay else "cannot mount overlayfs"
    return json.dumps({"overlay": overlay, "error": error, "probedAt": (NOW - ago).isoformat()})


class Cluster:
    """An API server with the ConfigMap and probes, and a count of the requests to it."""

    def __init__(self, *found: Obj, read_only: bool = False, refusal: ApiError | None = None) -> None:
        self.data: dict[str, str] | None = None
        self.read_only, self.version, self.asked = read_only, 10, Counter[str]()
        self.refusal, self.status = refusal, Obj()
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
        if resource == PODS:
            return {"metadata": {"name": name, "ownerReferences": owner("Devbox", "another")}}
        assert (resource, name) == (CONFIG_MAPS, probe_pod.CONFIG_MAP)
        self.asked["get"] += 1
        if self.data is None:
            raise NotFound(404, "NotFound", name)
        return self.config_map()

    async def create(self, manifest: Obj) -> Obj:
        if manifest["kind"] == "Pod":
            self.asked["probe"] += 1
            if self.refusal:
                raise self.refusal
            version = {"uid": f"pod-{self.asked['probe']}", "resourceVersion": "1"}
            return {**manifest, "metadata": {**manifest["metadata"], **version}, "status": {}}
        if self.read_only:
            raise Forbidden(403, "Forbidden", "no")
        if self.data is not None:
            raise AlreadyExists(409, "AlreadyExists", "there")
        self.data, self.version = dict(manifest["data"]), self.version + 1
        return self.config_map()

    async def patch(self, obj: Obj, change: Obj) -> Obj:
        assert "resourceVersion" not in obj["metadata"], "others may have written other results"
        assert self.data is not None
        self.data, self.version = {**self.data, **change["data"]}, self.version + 1
        return self.config_map()

    async def patch_status(self, obj: Obj, status: Obj) -> Obj:
        written = {**obj, "status": status}
        self.status = status
        return written

    async def delete(self, obj: Obj) -> None:
        self.ctx.cache.remove(obj["kind"], obj)

    async def choose(self) -> MountPlan | Probing:
        """What there is to do once the devbox was reconciled until it waits. No step reads twice."""
        while True:
            before = self.asked["get"]
            step = await node_probe.choose(self.ctx, BOX.devbox)
            assert self.asked["get"] <= before + 1
            if isinstance(step, MountPlan) or not (step.create or step.delete):
                return step
            wait = await apply(
                self.ctx,
                BOX.devbox,
                node_probe.decision(self.ctx, BOX.devbox.status, step),
                blocked_condition=ConditionType.READY,
            )
            if self.refusal and wait:
                return Probing(wait)

    async def copies(self) -> bool:
        mount = await self.choose()
        return isinstance(mount, MountPlan) and mount.root_filesystem == "Copy"

    async def waits(self) -> bool:
        return isinstance(await self.choose(), Probing)

    def end_probe(self, one: Obj, exit_code: int = 125) -> None:
        """The kubelet reports how its container ended."""
        pods = self.ctx.cache.all("Pod")
        pod = next(pod for pod in pods if pod["metadata"]["labels"][names.PROBE] == hash_of(one))
        ended = {"exitCode": exit_code, "reason": "Error", "message": "cannot mount overlayfs"}
        state = {"name": probe_pod.CONTAINER, "state": {"terminated": ended}}
        metadata = {**pod["metadata"], "resourceVersion": "2"}
        status = {"phase": "Failed", "containerStatuses": [state]}
        self.ctx.cache.put("Pod", {**pod, "metadata": metadata, "status": status})
