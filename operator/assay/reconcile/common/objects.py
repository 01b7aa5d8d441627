"""Objects in the cache."""

from __future__ import annotations

from typing import Any

from assay.api.object import ApiObject
from assay.api.unparsed import is_controlled_by, is_live
from assay.engine.cache import Cache, Key
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context


def child(cache: Cache, kind: str, owner: ApiObject[Any, Any], name: str) -> KubeObject | None:
    """The child of that name: where the owner makes one, it is that, and others are not ours."""
    found = cache.get(kind, owner.namespace, name)
    return found if found and is_controlled_by(found, owner.uid) else None


def get_live(ctx: Context, key: Key) -> dict[str, Any] | None:
    """The object, unless it is gone or about to go."""
    obj = ctx.cache.get(key.kind, key.namespace, key.name)
    return obj if obj and is_live(obj) else None
