"""The condition Ready of kinds that only have to be usable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, find, set_condition
from assay.api.meta import Status
from assay.api.object import ApiObject

READY = ConditionType.READY


def set_ready(obj: ApiObject[Any, Any], status: Status, new: NewCondition, now: datetime) -> None:
    """Set the condition Ready, and the phase that is derived from it."""
    status.phase = "Ready" if new.status == "True" else "NotReady"
    set_condition(obj, status, new, now)


def is_news(old: Status, new: Status) -> bool:
    """Whether the condition Ready has changed; if not, only counts have."""
    return _ready(old) != _ready(new)


def _ready(status: Status) -> tuple[str, str, int | None] | None:
    found = find(status.conditions, READY)
    return (found.status, found.reason, found.observed_generation) if found else None
