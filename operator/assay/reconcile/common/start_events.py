"""Why something has not started, in the words of who refuses: the kubelet, the Job controller and provisioners say so
in Events alone.

Events are read of what has waited for a while and waits still, and never otherwise.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple

from assay.api.reasons import ForeignReason, PodReason
from assay.kube.errors import Forbidden, NotFound
from assay.kube.resources import EVENTS, PODS
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import refusal_of
from assay.reconcile.common.context import Context
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold
from assay.reconcile.common.text import printable

# After how many seconds the Events of a kind are worth a look. A Job gets its pod within a fraction of that.
_PATIENCE = {"Job": 3.0, "Pod": 10.0, "PersistentVolumeClaim": 10.0}
SLOW_SECONDS = 30.0
"""After which a pod that nobody complains about is said to be slow to start."""
LOOK_SECONDS, LOOK_SECONDS_MAX = 15.0, 60.0
"""How often to look: the longer something waits, the more seldom."""

_WARNING = "Warning"
_NO_POD = "FailedCreate"  # the Job controller's reason
_OF_SCHEDULER = "FailedScheduling"  # the pod's condition has that
_PULLS = ("Pulling", "Pulled")  # the kubelet pulls images once volumes and sandbox are there
_VOLUME = re.compile(r'for volume "([^"]+)"')


class _Said(NamedTuple):
    """What an Event says."""

    time: str
    type: str
    reason: str
    note: str


async def hold(ctx: Context, waiting: Iterable[KubeObject]) -> Hold:
    """What keeps these Jobs, pods and claims from starting: the first that has a cause, and when to look again."""
    holds = [await _hold(ctx, one) for one in waiting]
    cause = next((one.cause for one in holds if one.cause), None)
    return Hold(cause, min((one.look_again for one in holds if one.look_again is not None), default=None))


def waiting(pod: KubeObject | None, job: KubeObject | None, claim: KubeObject | None) -> list[KubeObject]:
    """Of a pod, its Job and its claim those that something may hold up. No I/O."""
    if pod is None:
        return [job] if job else []
    if pod["metadata"].get("deletionTimestamp") or pod_view.has_begun(pod) or pod_view.is_stuck(pod):
        return []  # the pod's own status says more
    if (pod.get("spec") or {}).get("nodeName"):
        return [pod]
    is_unbound = claim is not None and (claim.get("status") or {}).get("phase") != "Bound"
    return [claim] if claim and is_unbound else []


async def newest_warning(ctx: Context, obj: KubeObject) -> str:
    """Reason and note of the newest warning about an object; empty if there is none. ApiError."""
    warnings = [one async for one in _events(ctx, obj) if one.type == _WARNING]
    newest = max(warnings, default=None)
    return f"{newest.reason}: {newest.note}" if newest else ""


async def _hold(ctx: Context, obj: KubeObject) -> Hold:
    uid, age = obj["metadata"]["uid"], _age(ctx, obj)
    if (early := _PATIENCE[obj["kind"]] - age) > 0:
        return Hold(None, early)
    if known := ctx.start_looks.recent(uid):
        return known
    interval = min(LOOK_SECONDS_MAX, max(LOOK_SECONDS, age / 4))
    return ctx.start_looks.keep(uid, Hold(await _cause(ctx, obj, age), interval))


async def _cause(ctx: Context, obj: KubeObject, age: float) -> Cause | None:
    try:
        said = [one async for one in _events(ctx, obj)]
    except Forbidden as error:
        kind, name = obj["kind"], obj["metadata"]["name"]
        why = refusal_of("Event", error.message)
        return Cause(why.reason, f"cannot read why {kind} {name} does not start: {error.message}")
    if obj["kind"] == "Pod":
        return await _of_pod(ctx, obj, said, age)
    warnings = [one for one in said if one.type == _WARNING]
    if obj["kind"] == "Job":
        refused = max((one for one in warnings if one.reason == _NO_POD), default=None)
        return _rejection(refused.note) if refused else None
    newest = max(warnings, default=None)
    return Cause(ForeignReason(newest.reason), newest.note) if newest else None


def _rejection(note: str) -> Cause:
    rejected = refusal_of("pod", note)
    return Cause(rejected.reason, rejected.message)


async def _of_pod(ctx: Context, pod: KubeObject, said: list[_Said], age: float) -> Cause | None:
    """The newest warning, unless the pod has come further since."""
    warning = max((one for one in said if one.type == _WARNING and one.reason != _OF_SCHEDULER), default=None)
    pulled = max((one.time for one in said if one.reason in _PULLS), default="")
    if warning and warning.time >= pulled:
        return Cause(ForeignReason(warning.reason), warning.note + await _volume(ctx, pod, warning.note))
    if age < SLOW_SECONDS:
        return None
    newest = max(said, default=None)
    message = f"{newest.reason}: {newest.note}" if newest else "its node says nothing of it yet"
    return Cause(PodReason.POD_STARTING, f"the pod has not started yet; {message}")


async def _volume(ctx: Context, pod: KubeObject, note: str) -> str:
    """What the volume is that the kubelet names: of a missing key it does not name the Secret."""
    named = _VOLUME.search(note)
    if named is None:
        return ""
    try:
        whole = await ctx.client.get(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
    except NotFound:
        return ""
    volume: KubeObject = next(
        (one for one in whole["spec"].get("volumes") or () if one["name"] == named[1]), {}
    )
    sources = (volume.get("projected") or {}).get("sources") or [volume]
    described = ", ".join(text for source in sources for text in _files_of(source))
    return f" (volume {named[1]}: {described})" if described else ""


def _files_of(source: Mapping[str, Any]) -> list[str]:
    """Each Secret and ConfigMap of a volume's source, with the keys that it needs."""
    found = []
    for kind, field in (("Secret", "secret"), ("ConfigMap", "configMap")):
        if one := source.get(field):
            keys = ", ".join(item["key"] for item in one.get("items") or ())
            name = one.get("name") or one.get("secretName")
            found.append(f"{kind} {name}" + (f", keys {keys}" if keys else ""))
    return found


async def _events(ctx: Context, obj: KubeObject) -> AsyncIterator[_Said]:
    metadata = obj["metadata"]
    selector = f"regarding.uid={metadata['uid']}"
    async for event in ctx.client.list(EVENTS, metadata["namespace"], field_selector=selector):
        time = (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
        yield _Said(
            str(time or event.get("deprecatedLastTimestamp") or ""),
            str(event.get("type") or ""),
            str(event.get("reason") or _WARNING),
            printable(str(event.get("note") or "")),
        )


def _age(ctx: Context, obj: KubeObject) -> float:
    created = pod_view.timestamp(obj["metadata"].get("creationTimestamp"))
    return max(0.0, (ctx.now() - created).total_seconds()) if created else LOOK_SECONDS
