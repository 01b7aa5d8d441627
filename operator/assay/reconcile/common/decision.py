"""What a reconcile decides: the new status, what to create, patch and delete, and an Event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, find
from assay.api.meta import Status
from assay.api.object import ApiObject
from assay.api.reasons import AnyReason, ReferenceReason
from assay.kube_object import KubeObject

EventType = Literal["Normal", "Warning"]


@dataclass(slots=True)
class Event:
    """A Kubernetes Event to post once the status that justifies it is written."""

    type: EventType
    reason: AnyReason
    message: str


def news(obj: ApiObject[Any, Any], new: NewCondition, type_: EventType = "Normal") -> Event | None:
    """The Event for a condition that is about to be set, once: None if it has that reason already."""
    before = find(obj.status.conditions, new.type)
    is_told = before is not None and (before.status, before.reason) == (new.status, new.reason)
    return None if is_told else Event(type_, new.reason, new.message)


def waits(obj: ApiObject[Any, Any], new: NewCondition) -> Event | None:
    """The same for what an object waits for: a Warning, unless that is an object which may be on its way."""
    return news(obj, new, "Normal" if isinstance(new.reason, ReferenceReason) else "Warning")


@dataclass(frozen=True, slots=True)
class OptionalChild:
    """A child to create whose rejection delays nothing else; `apply` tries again after a while."""

    manifest: KubeObject
    status: Status
    """The status to write, in place of the decision's, once the child exists."""
    rejected_condition: ConditionType
    """The condition of the decision's status that says why the API server rejects the child."""


@dataclass(slots=True)
class Decision:
    """What `apply` carries out: first the optional child, then the rest in this order."""

    status: Status
    create: Sequence[KubeObject] = ()
    patch: Sequence[tuple[KubeObject, KubeObject]] = ()
    """Objects with a JSON merge patch of their spec or metadata; sent after the status is written."""
    delete: Sequence[KubeObject] = ()
    event: Event | None = None
    requeue: float | None = None
    """Seconds after which to reconcile again even if nothing changes (deadlines)."""
    optional: OptionalChild | None = None
    write: bool = True
    """False holds back a status that may wait (its rate is limited)."""
    on_rejection: Callable[[ChildRejected], Awaitable[Decision | None]] | None = None
    """Decides what to do, other than to create, if the API server rejects a child of `create`. Without it, or if it
    returns None, the condition `blocked_condition` says why."""


class ChildRejected(Exception):
    """The API server rejects a child for a reason that a user can cure."""

    def __init__(self, reason: AnyReason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
