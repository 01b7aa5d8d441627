"""The result of a decision, and how it is carried out: creates, one status write, deletes, then Events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.api.meta import Status
from assay.build import names
from assay.cluster.errors import AlreadyExists, ApiError, Forbidden, Invalid
from assay.cluster.resources import PODS, Resource, resource_of

from .context import Context
from .objects import say

S = TypeVar("S", bound=Status)
RETRY_SECONDS = 15.0
CREATES_AT_ONCE = 50
_FIRST = ("NetworkPolicy", "PersistentVolumeClaim")


@dataclass(slots=True)
class Note:
    """An Event to post once the status that justifies it is written."""

    type: str
    reason: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What a decision wants of the world."""

    status: Status
    create: Sequence[dict[str, Any]] = ()
    patch: Sequence[tuple[dict[str, Any], dict[str, Any]]] = ()
    """Objects with a JSON merge patch of their spec or metadata; done once the status is written."""
    delete: Sequence[dict[str, Any]] = ()
    note: Note | None = None
    requeue: float | None = None
    """Seconds after which to look again even if nothing changes (deadlines)."""
    write: bool = True
    """False holds back a status that may wait (it is rate-limited)."""


class Refused(Exception):
    """A child was refused for a reason that a user can cure."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


async def act(ctx: Context, obj: dict[str, Any], outcome: Outcome, *, gate: str) -> float | None:
    """Carry out an outcome for an object; returns after how many seconds to look again.

    `gate` is the condition that says why when a child is refused (quota, Pod Security, a taken name).
    """
    status, requeue = outcome.status, outcome.requeue
    try:
        await create_all(ctx, outcome.create)
    except Refused as refused:
        status = _blocked(ctx, obj, gate, refused)
        requeue = RETRY_SECONDS
        outcome = Outcome(status)
    if outcome.write:
        await write_status(ctx, obj, status)
    for child, change in outcome.patch:
        await patch(ctx, child, change)
    for child in outcome.delete:
        await delete(ctx, child)
    if outcome.note:
        note = outcome.note
        await ctx.recorder.emit(obj, note.type, note.reason, note.message, "Reconcile")
    return requeue


async def create_all(ctx: Context, manifests: Sequence[dict[str, Any]]) -> None:
    """Create children, some at a time; those that exist and are ours are fine."""
    slots = asyncio.Semaphore(CREATES_AT_ONCE)

    async def one(manifest: dict[str, Any]) -> None:
        async with slots:
            await _create(ctx, manifest)

    # Claims before the pods that mount them: a pod without its claim would look as if all were created. Network
    # policies before the pods they hold for.
    first = [manifest for manifest in manifests if manifest["kind"] in _FIRST]
    for manifest in first:
        await one(manifest)
    rest = [manifest for manifest in manifests if manifest not in first]
    results = await asyncio.gather(*(one(manifest) for manifest in rest), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _create(ctx: Context, manifest: dict[str, Any]) -> None:
    kind, metadata = manifest["kind"], manifest["metadata"]
    try:
        created = await ctx.client.create(manifest)
    except AlreadyExists:
        created = await ctx.client.get(resource_of(manifest), metadata["namespace"], metadata["name"])
        if not _is_same(manifest, created):
            raise Refused(
                "NameTaken",
                f"{kind} {metadata['name']} exists and belongs to something else: delete it, or use other names",
            ) from None
    except Forbidden as error:
        raise _refused(kind, error) from error
    except Invalid as error:
        raise Refused("Invalid", f"the API server refuses the {kind}: {error.message}") from error
    ctx.observe(kind, created)


def _is_same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether what has the name is what we wanted to create: it is our owner's, or marked as ours."""
    owners = {owner["uid"] for owner in found["metadata"].get("ownerReferences") or ()}
    if wanted["metadata"].get("ownerReferences"):
        return wanted["metadata"]["ownerReferences"][0]["uid"] in owners
    labels = found["metadata"].get("labels") or {}
    ours = wanted["metadata"]["labels"]
    return all(labels.get(key) == ours.get(key) for key in (names.MANAGED_BY, names.DISK_SNAPSHOT))


def _refused(kind: str, error: ApiError) -> Refused:
    message = error.message
    if "violates PodSecurity" in message:
        cure = (
            "the namespace's Pod Security level refuses overlay devboxes; label it "
            "pod-security.kubernetes.io/enforce=privileged (what they add holds in their own user namespace only)"
        )
        return Refused("PodSecurityForbidden", f"{cure}: {message}")
    if "exceeded quota" in message:
        return Refused("QuotaExceeded", f"waiting for quota: {message}")
    if "is being terminated" in message:
        return Refused("NamespaceTerminating", message)
    return Refused("Forbidden", f"the API server refuses the {kind}: {message}")


def _blocked(ctx: Context, obj: dict[str, Any], gate: str, refused: Refused) -> Status:
    status = _Raw.model_validate(obj.get("status") or {})
    say(obj, status, gate, "False", refused.reason, refused.message, ctx.now())
    return status


class _Raw(Status):
    """Any kind's status, with all it holds."""

    model_config = {**Status.model_config, "extra": "allow"}


async def write_status(ctx: Context, obj: dict[str, Any], status: Status) -> None:
    """Write the status if it differs from what the object has."""
    metadata = obj["metadata"]
    wanted = status.model_dump(by_alias=True, exclude_none=True, mode="json")
    wanted["observedGeneration"] = metadata.get("generation", 1)
    written = await ctx.client.patch_status(
        resource_of(obj),
        metadata["namespace"],
        metadata["name"],
        wanted,
        metadata["resourceVersion"],
        old=obj.get("status") or {},
    )
    if written is not None:
        ctx.observe(obj["kind"], written)


async def patch(ctx: Context, obj: dict[str, Any], change: dict[str, Any]) -> None:
    """Merge-patch what was observed, if it is still as it was observed (else Conflict)."""
    metadata = obj["metadata"]
    patched = await ctx.client.patch(
        resource_of(obj), metadata["namespace"], metadata["name"], change, metadata["resourceVersion"]
    )
    ctx.observe(obj["kind"], patched)


async def delete(ctx: Context, obj: dict[str, Any]) -> None:
    """Delete what was observed, and nothing else of that name."""
    resource: Resource = resource_of(obj)
    metadata = obj["metadata"]
    leaving = await ctx.client.delete(resource, metadata["namespace"], metadata["name"], uid=metadata["uid"])
    if leaving is not None:
        ctx.observe(obj["kind"], leaving)
    elif resource != PODS and not metadata.get("finalizers"):
        ctx.forget(obj["kind"], obj)  # gone by now, whereas a pod has its time to stop
