"""Questions about an object as JSON, of any kind. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .condition_types import ConditionType

Seen = Mapping[str, Any]
"""An object as the cache has it."""


def is_finished(run: Seen) -> bool:
    """Whether a ScenarioRun, BenchmarkRun or Job has ended: `Complete` or `Failed` is True."""
    return holds(run, ConditionType.COMPLETE) or holds(run, ConditionType.FAILED)


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


def is_of_kind(obj: Seen, kind: str) -> bool:
    """Whether an owner of that kind of ours made the object. The cache keeps no controller of another group."""
    made_by = controller(obj)
    return made_by is not None and made_by["kind"] == kind


def is_controlled_by(obj: Seen, uid: str) -> bool:
    """Whether that very owner made the object, and not an earlier or later one of its name."""
    made_by = controller(obj)
    return made_by is not None and made_by["uid"] == uid


def is_live(obj: Seen) -> bool:
    """Whether nobody has deleted the object."""
    return not obj["metadata"].get("deletionTimestamp")
