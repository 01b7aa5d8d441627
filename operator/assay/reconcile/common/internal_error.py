"""The condition InternalError: what keeps the operator from working on an object reaches the object's status.

It works on the object as JSON, read anew: the cache may hold less of it, and that it fits no model may be the error.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.reasons import InternalReason
from assay.api.unparsed import find_condition
from assay.engine.cache import Key
from assay.engine.events import shorten
from assay.kube.errors import NotFound
from assay.kube.resources import Resource
from assay.kube_object import KubeObject
from assay.logs import about
from assay.reconcile.common.context import Context
from assay.reconcile.common.text import printable

log = logging.getLogger(__name__)

TYPE = ConditionType.INTERNAL_ERROR
MESSAGE_BYTES = 1024


async def failed(ctx: Context, resource: Resource, key: Key, error: Exception) -> None:
    """Report that reconciles of an object fail, by the type and the text of the last error."""
    await _report(ctx, resource, key, (InternalReason.RECONCILE_FAILED, f"{type(error).__name__}: {error}"))


async def unusable(ctx: Context, resource: Resource, key: Key, fault: str) -> None:
    """Report why an object cannot be used."""
    await _report(ctx, resource, key, (InternalReason.OBJECT_UNUSABLE, fault))


async def clear(ctx: Context, resource: Resource, key: Key) -> None:
    """Remove the condition, if the object has it."""
    cached = ctx.cache.get(key.kind, key.namespace, key.name)
    if cached is None or find_condition(cached, TYPE) is None:
        return
    found = await _read(ctx, resource, key)
    if found is not None and find_condition(found, TYPE) is not None:
        await _write(ctx, found, [])


async def _report(ctx: Context, resource: Resource, key: Key, why: tuple[InternalReason, str]) -> None:
    """Write the condition, with the message made printable and short, unless the object has it or is gone."""
    reason, message = why
    found = await _read(ctx, resource, key)
    if found is None:
        return
    old = find_condition(found, TYPE) or {}
    text = message.encode(errors="replace").decode()  # an exception may quote what is no Unicode
    message = shorten(printable(text), MESSAGE_BYTES)
    if (old.get("reason"), old.get("message")) == (reason.value, message):
        return
    condition = {
        "type": TYPE.value,
        "status": "True",
        "reason": reason.value,
        "message": message,
        "observedGeneration": found["metadata"].get("generation", 1),
        "lastTransitionTime": old.get("lastTransitionTime") or _time(ctx.now()),
    }
    await _write(ctx, found, [condition])
    log.info("wrote status", extra=about(key.kind, key.namespace, key.name, f"{TYPE}=True {reason}"))


async def _read(ctx: Context, resource: Resource, key: Key) -> KubeObject | None:
    try:
        return await ctx.client.get(resource, key.namespace, key.name)
    except NotFound:
        return None


async def _write(ctx: Context, found: KubeObject, new: list[dict[str, Any]]) -> None:
    conditions = (found.get("status") or {}).get("conditions") or ()
    others = [one for one in conditions if one["type"] != TYPE]
    change = {"status": {"conditions": [*others, *new]}}
    try:
        written = await ctx.client.patch(found, change, subresource="status")
    except NotFound:
        return
    ctx.observe(found["kind"], written)


def _time(now: datetime) -> str:
    return now.isoformat().replace("+00:00", "Z")
