"""Conditions per the Kubernetes API conventions: reading and setting them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from .condition_types import ConditionType
from .meta import Condition, Status
from .object import ApiObject
from .reasons import AnyReason

MESSAGE_MAX = 4096
Truth = Literal["True", "False", "Unknown"]


class NewCondition(NamedTuple):
    """A condition to set."""

    type: ConditionType
    status: Truth
    reason: AnyReason
    message: str = ""


def true(type_: ConditionType, reason: AnyReason, message: str = "") -> NewCondition:
    """A condition that holds."""
    return NewCondition(type_, "True", reason, message)


def false(type_: ConditionType, reason: AnyReason, message: str = "") -> NewCondition:
    """A condition that does not hold."""
    return NewCondition(type_, "False", reason, message)


def unknown(type_: ConditionType, reason: AnyReason, message: str = "") -> NewCondition:
    """A condition of which nothing is known yet."""
    return NewCondition(type_, "Unknown", reason, message)


def set_condition(obj: ApiObject[Any, Any], status: Status, new: NewCondition, now: datetime) -> None:
    """Set a condition in `status`, the new status of `obj`, for its present generation."""
    status.conditions = put(status.conditions, new, obj.generation, now)


def is_finished(conditions: Iterable[Condition]) -> bool:
    """Whether a run has ended: `Complete` or `Failed` is True. `phase` is never read."""
    return any(
        c.type in (ConditionType.COMPLETE, ConditionType.FAILED) and c.status == "True" for c in conditions
    )


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """The condition of that type."""
    return next((c for c in conditions if c.type == type_), None)


def is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Whether there is such a condition with status True."""
    condition = find(conditions, type_)
    return condition is not None and condition.status == "True"


def put(conditions: list[Condition], new: NewCondition, generation: int, now: datetime) -> list[Condition]:
    """The list with that condition set; `lastTransitionTime` moves only when the status does."""
    old = find(conditions, new.type)
    since = old.last_transition_time if old is not None and old.status == new.status else now
    condition = Condition(
        type=new.type,
        status=new.status,
        reason=new.reason,
        message=new.message[:MESSAGE_MAX],
        observed_generation=generation,
        last_transition_time=since,
    )
    if old is None:
        return [*conditions, condition]
    return [condition if c.type == new.type else c for c in conditions]
