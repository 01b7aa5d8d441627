"""A Blueprint that others need is not deleted: a finalizer keeps it, and a condition reports which objects need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay.api import conditions
from assay.api.blueprint import Blueprint, BlueprintStatus
from assay.api.condition_types import ConditionType
from assay.api.reasons import BlueprintReason
from assay.kube_object import KubeObject
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.text import listed
from assay.specs.names import IN_USE


def needed_by(ctx: Context, blueprint: Blueprint) -> list[str]:
    """What needs a blueprint, as `Kind name`: scenarios that refer to it, DiskSnapshots that lie on its image.

    An object that is being deleted needs nothing, so that a whole namespace can be deleted.
    """
    scenarios = ctx.cache.find("Scenario", "blueprint", (blueprint.namespace, blueprint.name))
    snapshots: Sequence[KubeObject] = ()
    if image := blueprint.status.image:
        snapshots = ctx.cache.find("DiskSnapshot", "image", (blueprint.namespace, image.reference))
    return [
        f"{one['kind']} {one['metadata']['name']}"
        for found in (scenarios, snapshots)
        for one in sorted(found, key=lambda one: str(one["metadata"]["name"]))
        if not one["metadata"].get("deletionTimestamp")
    ]


def guard(blueprint: Blueprint, needed: Sequence[str]) -> Decision | None:
    """The decision to add or remove our finalizer; None if it is right as it is."""
    wanted = finalizers(blueprint, bool(needed))
    if wanted is None:
        return None
    change = {"metadata": {"finalizers": wanted}}
    return Decision(blueprint.status, patch=[(blueprint.identity(), change)], write=False)


def finalizers(blueprint: Blueprint, needed: bool) -> list[str] | None:
    """The finalizers that it should have, those of others included; None if it has them.

    No finalizer can be added to an object that is being deleted.
    """
    present = blueprint.metadata.finalizers
    if needed and IN_USE not in present and not blueprint.is_deleting:
        return [*present, IN_USE]
    if not needed and IN_USE in present:
        return [one for one in present if one != IN_USE]
    return None


def carried_over(blueprint: Blueprint) -> BlueprintStatus:
    """A copy of the status. A deletion is a new generation of the same spec: the blueprint stays as ready as it was."""
    status = blueprint.status.model_copy()
    ready = conditions.find(status.conditions, ConditionType.READY)
    is_new = blueprint.is_deleting and not conditions.find(status.conditions, ConditionType.DELETION_BLOCKED)
    if ready and is_new and ready.observed_generation == blueprint.generation - 1:
        carried = ready.model_copy(update={"observed_generation": blueprint.generation})
        status.conditions = [carried if one is ready else one for one in status.conditions]
    return status


def reported(blueprint: Blueprint, needed: Sequence[str], now: datetime) -> BlueprintStatus:
    """The status to go on from: if the blueprint is being deleted, it reports what still needs it."""
    status = carried_over(blueprint)
    if blueprint.is_deleting and needed:
        message = f"needed by {listed(needed)}: delete them first"
        blocked = conditions.true(ConditionType.DELETION_BLOCKED, BlueprintReason.IN_USE, message)
        conditions.set_condition(blueprint, status, blocked, now)
    elif blueprint.is_deleting and conditions.find(status.conditions, ConditionType.DELETION_BLOCKED):
        free = conditions.false(ConditionType.DELETION_BLOCKED, BlueprintReason.NOT_IN_USE)
        conditions.set_condition(blueprint, status, free, now)
    return status
