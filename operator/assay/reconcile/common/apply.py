"""Carries out a decision: creates, one status write, patches, deletions, then the Event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.meta import Status
from assay.api.object import ApiObject
from assay.api.reasons import RejectionReason
from assay.api.unparsed import controller, is_controlled_by
from assay.kube.errors import AlreadyExists, ApiError, Forbidden, Invalid, NotFound
from assay.kube.resources import resource_of
from assay.kube_object import KubeObject
from assay.logs import about
from assay.reconcile.common.decision import ChildRejected, Decision, waits
from assay.specs import names

from .context import Context

S = TypeVar("S", bound=Status)
RETRY_SECONDS = 15.0
CREATES_AT_ONCE = 50
_FIRST = ("NetworkPolicy", "PersistentVolumeClaim", "ConfigMap")
_TELLING = (
    ConditionType.FAILED,
    ConditionType.COMPLETE,
    ConditionType.FINISHED,
    ConditionType.READY,
)  # the conditions that a log line names

_WEBHOOK = "webhook"
"""In what the API server says of an admission webhook that denies with a code of its own, or cannot be called."""

log = logging.getLogger(__name__)


async def apply(
    ctx: Context, obj: ApiObject[Any, Any], decision: Decision, *, blocked_condition: ConditionType
) -> float | None:
    """Carry out a decision about an object; returns after how many seconds to reconcile it again.

    `blocked_condition` is the condition that says why when the API server rejects a child (quota, Pod Security, a
    taken name). Nothing else of the decision is carried out then. `on_rejection` may decide otherwise.
    """
    status, requeue = await _try_optional(ctx, obj, decision)
    try:
        await create_all(ctx, decision.create)
    except ChildRejected as rejected:
        anew = await decision.on_rejection(rejected) if decision.on_rejection else None
        blocked = conditions.false(blocked_condition, rejected.reason, rejected.message)
        decision = anew or _waiting(ctx, obj, blocked)
        status, requeue = decision.status, decision.requeue
    if decision.write:
        await write_status(ctx, obj, status)
    for child, change in decision.patch:
        await patch(ctx, child, change)
    for child in decision.delete:
        await delete(ctx, child)
    if event := decision.event:
        await ctx.recorder.emit(obj.identity(), event.type, event.reason, event.message, "Reconcile")
    return requeue


def _waiting(ctx: Context, obj: ApiObject[Any, Any], blocked: conditions.NewCondition) -> Decision:
    status = obj.status.model_copy()
    status.phase = status.phase or "Pending"
    conditions.set_condition(obj, status, blocked, ctx.now())
    return Decision(status, event=waits(obj, blocked), requeue=RETRY_SECONDS)


async def _try_optional(
    ctx: Context, obj: ApiObject[Any, Any], decision: Decision
) -> tuple[Status, float | None]:
    """Create the optional child, if there is one; returns the status to write, and the requeue."""
    child, requeue = decision.optional, decision.requeue
    if child is None:
        return decision.status, requeue
    try:
        await create_all(ctx, [child.manifest])
    except ChildRejected as rejected:
        status = decision.status.model_copy()
        why = conditions.false(child.rejected_condition, rejected.reason, rejected.message)
        conditions.set_condition(obj, status, why, ctx.now())
        return status, RETRY_SECONDS if requeue is None else min(requeue, RETRY_SECONDS)
    return child.status, requeue


async def create_all(ctx: Context, manifests: Sequence[KubeObject]) -> None:
    """Create children, some at a time; those that exist and are ours are fine."""
    slots = asyncio.Semaphore(CREATES_AT_ONCE)

    async def one(manifest: KubeObject) -> None:
        async with slots:
            await _create(ctx, manifest)

    # Claims and ConfigMaps before the pods that mount them: a pod without its claim would look as if all were created.
    # Network policies before the pods they hold for.
    first = [manifest for manifest in manifests if manifest["kind"] in _FIRST]
    for manifest in first:
        await one(manifest)
    rest = [manifest for manifest in manifests if manifest not in first]
    results = await asyncio.gather(*(one(manifest) for manifest in rest), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _create(ctx: Context, manifest: KubeObject) -> None:
    kind, metadata = manifest["kind"], manifest["metadata"]
    try:
        created = await ctx.client.create(manifest)
    except AlreadyExists:
        created = await ctx.client.get(resource_of(manifest), metadata["namespace"], metadata["name"])
        if not _is_same(manifest, created):
            is_leaving = bool(created["metadata"].get("deletionTimestamp"))
            cure = "it is being deleted: wait" if is_leaving else "delete it, or use other names"
            message = f"{kind} {metadata['name']} exists and belongs to something else: {cure}"
            raise ChildRejected(RejectionReason.NAME_TAKEN, message) from None
    except Forbidden as error:
        raise refusal_of(kind, error.message) from error
    except ApiError as error:
        if not isinstance(error, Invalid) and _WEBHOOK not in error.message:
            raise
        reason = RejectionReason.INVALID if isinstance(error, Invalid) else RejectionReason.FORBIDDEN
        raise ChildRejected(reason, f"the API server refuses the {kind}: {error.message}") from error
    _log("created", created)
    ctx.observe(kind, created)


def _is_same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether what has the name is what we wanted to create: our owner controls it, or it is marked as ours."""
    if made_by := controller(wanted):
        return is_controlled_by(found, made_by["uid"])
    labels = found["metadata"].get("labels") or {}
    ours = wanted["metadata"]["labels"]
    return all(labels.get(key) == ours.get(key) for key in (names.MANAGED_BY, names.DISK_SNAPSHOT))


def refusal_of(kind: str, message: str) -> ChildRejected:
    """What the API server's message of a refusal means."""
    if "violates PodSecurity" in message:
        cure = (
            "the namespace's Pod Security level refuses overlay devboxes; label it "
            "pod-security.kubernetes.io/enforce=privileged (what they add holds in their own user namespace only)"
        )
        return ChildRejected(RejectionReason.POD_SECURITY_FORBIDDEN, f"{cure}: {message}")
    if "exceeded quota" in message:
        return ChildRejected(RejectionReason.QUOTA_EXCEEDED, f"waiting for quota: {message}")
    if "is being terminated" in message:
        return ChildRejected(RejectionReason.NAMESPACE_TERMINATING, message)
    return ChildRejected(RejectionReason.FORBIDDEN, f"the API server refuses the {kind}: {message}")


async def write_status(ctx: Context, obj: ApiObject[Any, Any], status: Status) -> None:
    """Write the status if it differs from the obj one."""
    wanted = _json(status.derived())
    wanted["observedGeneration"] = obj.generation
    written = await ctx.client.patch_status({**obj.identity(), "status": _json(obj.status)}, wanted)
    if written is not None:
        ready = next((c for c in status.conditions if c.type in _TELLING), None)
        _log("wrote status", written, f"{ready.type}={ready.status} {ready.reason}" if ready else "")
        ctx.observe(obj.kind, written)


def _json(status: Status) -> KubeObject:
    return status.model_dump(by_alias=True, exclude_none=True, mode="json")


async def patch(ctx: Context, obj: KubeObject, change: KubeObject) -> None:
    """Merge-patch what was obj, if it is still as it was obj (else Conflict); nothing if it is gone."""
    try:
        patched = await ctx.client.patch(obj, change)
    except NotFound:
        return  # the watch is about to show that
    _log("patched", patched, ", ".join(sorted({*change, *(change.get("metadata") or {})} - {"metadata"})))
    metadata = patched["metadata"]
    if obj["kind"] != "Pod" and metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
        ctx.forget(obj["kind"], patched)  # it was the last finalizer that kept it
    else:
        ctx.observe(obj["kind"], patched)


async def delete(ctx: Context, obj: KubeObject) -> None:
    """Delete what was obj, and nothing else of that name."""
    leaving = await ctx.client.delete(obj)
    _log("deleted", obj)
    if leaving is None:
        ctx.forget(obj["kind"], obj)
    else:
        ctx.observe(obj["kind"], leaving)


def _log(what: str, obj: KubeObject, reason: str = "") -> None:
    metadata = obj["metadata"]
    log.info(what, extra=about(obj["kind"], metadata.get("namespace", ""), metadata["name"], reason))
