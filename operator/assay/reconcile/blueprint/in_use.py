"""A Blueprint that others need is not deleted: a finalizer keeps it, and a condition says for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.blueprint import BlueprintStatus
from assay.kube.errors import NotFound
from assay.reconcile.common.apply import patch
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import set_raw_condition
from assay.reconcile.common.text import listed
from assay.specs.names import IN_USE

Obj = dict[str, Any]
BLOCKED = "DeletionBlocked"


def needed_by(blueprint: Obj, scenarios: Iterable[Obj], disk_snapshots: Iterable[Obj]) -> list[str]:
    """Who needs a blueprint, as `Kind name`: scenarios that name it, disks that lie on its image. Pure.

    What is itself about to go needs nothing, so deleting a whole namespace comes to an end.
    """
    metadata, image = blueprint["metadata"], _image(blueprint)
    namers = [
        one
        for one in scenarios
        if (one["spec"]["environment"].get("blueprintRef") or {}).get("name") == metadata["name"]
    ]
    liers = [one for one in disk_snapshots if image and _image(one) == image]
    return [
        f"{one['kind']} {one['metadata']['name']}"
        for found in (namers, liers)
        for one in sorted(found, key=lambda one: str(one["metadata"]["name"]))
        if one["metadata"]["namespace"] == metadata["namespace"]
        and not one["metadata"].get("deletionTimestamp")
    ]


def finalizers(blueprint: Obj, needed: bool) -> list[str] | None:
    """The finalizers it should have, others' included; None: those it has. Pure.

    None can be added to what is being deleted.
    """
    metadata = blueprint["metadata"]
    present: list[str] = metadata.get("finalizers") or []
    if needed and IN_USE not in present and not metadata.get("deletionTimestamp"):
        return [*present, IN_USE]
    if not needed and IN_USE in present:
        return [one for one in present if one != IN_USE]
    return None


def tell(blueprint: Obj, status: BlueprintStatus, needed: Sequence[str], now: datetime) -> None:
    """Say of a blueprint that is being deleted who still needs it; it stays as ready as it was. Pure."""
    generation = blueprint["metadata"].get("generation", 1)
    said = conditions.find(status.conditions, BLOCKED)
    ready = conditions.find(status.conditions, "Ready")
    if said is None and ready and ready.observed_generation == generation - 1:
        ready.observed_generation = generation  # deletion counts as a generation, of the same spec
    if needed:
        why = f"needed by {listed(needed)}: delete them first"
        set_raw_condition(blueprint, status, BLOCKED, "True", "InUse", why, now)
    elif said:
        set_raw_condition(blueprint, status, BLOCKED, "False", "NotInUse", "", now)


def dependants(ctx: Context, blueprint: Obj) -> list[str]:
    """Who needs a blueprint now, as `Kind name`."""
    metadata, image = blueprint["metadata"], _image(blueprint)
    namespace = metadata["namespace"]
    snapshots = ctx.cache.find("DiskSnapshot", "image", (namespace, image)) if image else ()
    scenarios = ctx.cache.find("Scenario", "blueprint", (namespace, metadata["name"]))
    return needed_by(blueprint, scenarios, snapshots)


async def guard(ctx: Context, blueprint: Obj, needed: Sequence[str]) -> Obj | None:
    """Give or take the finalizer, by at most one write; returns the blueprint as it then is, None: it is gone."""
    wanted = finalizers(blueprint, bool(needed))
    if wanted is None:
        return blueprint
    metadata = blueprint["metadata"]
    try:
        await patch(ctx, blueprint, {"metadata": {"finalizers": wanted}})
    except NotFound:
        return None
    if metadata.get("deletionTimestamp") and not wanted:
        ctx.forget("Blueprint", blueprint)
        return None
    return ctx.cache.get("Blueprint", metadata["namespace"], metadata["name"])


def _image(obj: Mapping[str, Any]) -> str | None:
    image = (obj.get("status") or {}).get("image") or {}
    reference: str | None = image.get("reference")
    return reference
