"""Questions about an object as JSON, of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from assay.api import conditions
from assay.api.meta import Status
from assay.engine.cache import Key
from assay.reconcile.common.context import Context

Seen = Mapping[str, Any]
"""An object as the cache has it."""


def set_raw_condition(
    obj: Seen,
    status: Status,
    type_: str,
    value: Literal["True", "False", "Unknown"],
    reason: str,
    message: str,
    now: datetime,
) -> None:
    """Put a condition of the object's present generation into its status."""
    generation = obj["metadata"].get("generation", 1)
    status.conditions = conditions.put(
        status.conditions, type_, value, reason, message, generation=generation, now=now
    )


def is_finished(run: Seen) -> bool:
    """Whether a ScenarioRun, BenchmarkRun or Job has ended: `Complete` or `Failed` is True."""
    return holds(run, "Complete") or holds(run, "Failed")


def find_condition(obj: Seen, type_: str) -> Seen | None:
    """The condition of that type in the object's status."""
    found = (obj.get("status") or {}).get("conditions") or ()
    return next((one for one in found if one["type"] == type_), None)


def holds(obj: Seen, type_: str) -> bool:
    """Whether the object has that condition with status True."""
    condition = find_condition(obj, type_)
    return condition is not None and condition["status"] == "True"


def controller(obj: Seen) -> Seen | None:
    """The owner that made the object. By reference: anyone may write labels."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def is_controlled_by(obj: Seen, uid: str) -> bool:
    """Whether that very owner made the object, and not an earlier or later one of its name."""
    made_by = controller(obj)
    return made_by is not None and made_by["uid"] == uid


def get_live(ctx: Context, key: Key) -> dict[str, Any] | None:
    """The object, unless it is gone or about to go."""
    obj = ctx.cache.get(key.kind, key.namespace, key.name)
    return None if obj is None or obj["metadata"].get("deletionTimestamp") else obj
