"""What the cluster's nodes can do: a pod on each class of them tries, once, and the result is kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from assay.kube.errors import AlreadyExists, ApiError, NotFound
from assay.kube.resources import CONFIG_MAPS, EVENTS
from assay.kube_object import KubeObject as Obj
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import RETRY_SECONDS, create_all, delete
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import ChildRejected
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs import names, probe_pod
from assay.specs.devbox_pod import Root

from . import node_classes
from .node_classes import NodeClass

log = logging.getLogger(__name__)

RESULTS = "RootFilesystems"  # kind in the store: the ConfigMap, as we read and write it
SILENCE = timedelta(seconds=60)  # after which a pod that only waits is judged by its events
AGAIN = timedelta(hours=1)  # a node may be mended
LOOK_SECONDS = 1.0  # while another devbox's probe runs
REASON_MAX = 1024

# The pod cannot tell yet, or tells of something else than its node.
_UNRELATED = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}


async def choose(ctx: Context, devbox: Obj) -> Root | float:
    """How Auto mounts disks here; or after how many seconds to ask again, while probes run.

    ReferenceNotReady: what keeps a probe from running.
    """
    classes = node_classes.classes(ctx.cache.all("Node"))
    known = await _results(ctx, anew=_is_doubtful(ctx, classes))
    waits: list[float] = []
    for node_class, hosts in classes.items():
        if not _is_current(ctx, known.get(node_class.hash)):
            left = await _probe(ctx, devbox, node_class, hosts)
            waits += [] if left is None else [left]
    # Nothing to recall: meanwhile there is another class of nodes, or somebody has deleted a result.
    return min(waits) if waits else await recall(ctx) or LOOK_SECONDS


async def recall(ctx: Context) -> Root | None:
    """What earlier probes found, where they found all there is to know."""
    known, classes = await _results(ctx), node_classes.classes(ctx.cache.all("Node"))
    return verdict(classes, known) if all(one.hash in known for one in classes) else None


def verdict(classes: Mapping[NodeClass, Any], results: Mapping[str, Mapping[str, Any]]) -> Root:
    """Overlay where every class of nodes can; the reason names one that cannot. Pure."""
    failed = [(one, results[one.hash]["error"]) for one in classes if not results[one.hash]["overlay"]]
    if failed:
        node_class, error = failed[0]
        return Root("Copy", f"nodes with {node_class} cannot mount overlays: {error}"[:REASON_MAX])
    if not classes:
        return Root("Overlay", "no node is known to probe")
    return Root("Overlay", f"a probe of {len(classes)} class(es) of nodes mounted one")


async def _probe(ctx: Context, devbox: Obj, node_class: NodeClass, hosts: list[str]) -> float | None:
    """Try one class; None when its result is there, else the seconds to wait."""
    pod = _find(ctx, node_class)
    if pod is None:
        manifest = probe_pod.pod(devbox, node_class.hash, hosts, ctx.settings)
        try:
            await create_all(ctx, [manifest])
        except ChildRejected as refused:
            if refused.reason == "NameTaken":
                return LOOK_SECONDS  # another devbox was first
            if refused.reason == "Invalid":  # an API server that does not know some field of it
                await _keep(ctx, node_class, refused.message)
                return None
            raise ReferenceNotReady(refused.reason, refused.message, RETRY_SECONDS) from refused
        return SILENCE.total_seconds()
    if pod["metadata"].get("deletionTimestamp"):
        return LOOK_SECONDS
    view = pod_view.view(pod, probe_pod.CONTAINER)
    error = _error(view)
    if error is None:
        # The devbox that owns it is woken by the pod, the others look again.
        mine = any(ref["uid"] == devbox["metadata"]["uid"] for ref in pod["metadata"]["ownerReferences"])
        created = pod_view.timestamp(pod["metadata"].get("creationTimestamp")) or ctx.now()
        left = (created + SILENCE - ctx.now()).total_seconds()
        if left > 0:
            return left if mine else min(left, LOOK_SECONDS)
        if view.trouble:
            reason, message = view.trouble
            raise ReferenceNotReady(
                reason, f"the probe {pod['metadata']['name']} waits: {message}", RETRY_SECONDS
            )
        error = await _last_warning(ctx, pod) or f"the pod did not start within {SILENCE.seconds} s"
    await _keep(ctx, node_class, error)
    await delete(ctx, pod)
    return None


def _find(ctx: Context, node_class: NodeClass) -> Obj | None:
    """A probe of that class that runs already, for whichever devbox."""
    found = (pod for pod in ctx.cache.all("Pod") if names.PROBE in (pod["metadata"].get("labels") or {}))
    return next((pod for pod in found if pod["metadata"]["labels"][names.PROBE] == node_class.hash), None)


def _error(pod: pod_view.PodView) -> str | None:
    """Why the node cannot; empty if it can, None while that is open. Pure."""
    if pod.killed_by:
        return f"{pod.killed_by[0]}: {pod.killed_by[1]}"
    if pod.terminated:
        if pod.terminated.exit_code == 0:
            return ""
        return pod.terminated.message.strip() or f"{pod.terminated.reason}: {pod.terminated.exit_code}"
    if pod.trouble and pod.node and pod.trouble[0] not in _UNRELATED:
        return f"{pod.trouble[0]}: {pod.trouble[1]}"
    return None


async def _last_warning(ctx: Context, pod: Obj) -> str:
    """What the kubelet says of a pod whose sandbox it cannot make."""
    metadata, last = pod["metadata"], ("", "")
    try:
        async for event in ctx.client.list(EVENTS, metadata["namespace"]):
            if (event.get("regarding") or {}).get("uid") != metadata["uid"] or event.get("type") != "Warning":
                continue
            seen = (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
            when = seen or event.get("deprecatedLastTimestamp") or ""
            last = max(last, (when, f"{event.get('reason')}: {event.get('note')}"))
    except ApiError as error:
        log.warning("cannot read the events of %s: %s", metadata["name"], error)
    return last[1]


async def _results(ctx: Context, *, anew: bool = False) -> dict[str, dict[str, Any]]:
    """What is known, by hash of the class; read from the cluster once, or anew."""
    found = None if anew else _remembered(ctx)
    if found is None:
        namespace = ctx.settings.operator_namespace
        try:
            found = await ctx.client.get(CONFIG_MAPS, namespace, probe_pod.CONFIG_MAP)
        except NotFound:
            found = probe_pod.config_map(namespace, {})
        ctx.cache.put(RESULTS, found)
    return _parsed(found)


def _remembered(ctx: Context) -> Obj | None:
    return ctx.cache.get(RESULTS, ctx.settings.operator_namespace, probe_pod.CONFIG_MAP)


def _is_doubtful(ctx: Context, classes: Iterable[NodeClass]) -> bool:
    """Whether a failure decides that is only remembered: somebody may have mended nodes and deleted its key.

    Not while any class is to be probed, for many devboxes look again every second then. Nor what could not be
    written (it has no version of the cluster): there is nothing to delete, and reading would forget it.
    """
    remembered = _remembered(ctx)
    if remembered is None or "resourceVersion" not in remembered["metadata"]:
        return False
    results = _parsed(remembered)
    found = [results.get(one.hash) for one in classes]
    return all(_is_current(ctx, one) for one in found) and any(one and not one["overlay"] for one in found)


def _parsed(config_map: Obj) -> dict[str, dict[str, Any]]:
    parsed = {key: _parse(text) for key, text in (config_map.get("data") or {}).items()}
    return {key: result for key, result in parsed.items() if result is not None}


def _parse(text: str) -> dict[str, Any] | None:
    """A result; None for what is not ours."""
    try:
        result = json.loads(text)
    except ValueError:
        return None
    ours = isinstance(result, dict) and {"overlay", "error", "probedAt"} <= result.keys()
    return result if ours else None


def _is_current(ctx: Context, result: Mapping[str, Any] | None) -> bool:
    if result is None:
        return False
    probed = pod_view.timestamp(result["probedAt"])
    return bool(result["overlay"]) or (probed is not None and ctx.now() < probed + AGAIN)


async def _keep(ctx: Context, node_class: NodeClass, error: str) -> None:
    """Remember a result, here and in the cluster; if it cannot be written, here alone."""
    result = {**node_class.describe(), "overlay": not error, "error": error[:REASON_MAX]}
    entry = {node_class.hash: json.dumps({**result, "probedAt": ctx.now().isoformat()})}
    namespace = ctx.settings.operator_namespace
    known = (_remembered(ctx) or {}).get("data") or {}
    manifest = probe_pod.config_map(namespace, {**known, **entry})
    try:
        try:
            written = await ctx.client.create(manifest)
        except AlreadyExists:
            change = {"data": entry}
            unversioned = {**manifest, "metadata": {"namespace": namespace, "name": probe_pod.CONFIG_MAP}}
            written = await ctx.client.patch(unversioned, change)
    except ApiError as failure:
        log.warning("cannot keep the probe's result in %s/%s: %s", namespace, probe_pod.CONFIG_MAP, failure)
        written = manifest
    ctx.cache.put(RESULTS, written)
