"""Conditions per the Kubernetes API conventions: pure functions over a status's list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from .meta import Condition

MESSAGE_MAX = 4096


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """The condition of that type."""
    return next((c for c in conditions if c.type == type_), None)


def is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Whether there is such a condition with status True."""
    condition = find(conditions, type_)
    return condition is not None and condition.status == "True"


def put(
    conditions: list[Condition],
    type_: str,
    status: Literal["True", "False", "Unknown"],
    reason: str,
    message: str,
    *,
    generation: int,
    now: datetime,
) -> list[Condition]:
    """The list with that condition set; `lastTransitionTime` moves only when the status does."""
    old = find(conditions, type_)
    since = old.last_transition_time if old is not None and old.status == status else now
    new = Condition(
        type=type_,
        status=status,
        reason=reason,
        message=message[:MESSAGE_MAX],
        observed_generation=generation,
        last_transition_time=since,
    )
    if old is None:
        return [*conditions, new]
    return [new if c.type == type_ else c for c in conditions]
