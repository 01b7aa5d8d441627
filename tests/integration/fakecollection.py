"""A resource of the fake API server: its objects, their history, and its name in messages."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.kube.resources import Resource

Json = dict[str, Any]
Slot = tuple[str, str]

_WITHOUT_STATUS = {"ConfigMap", "Secret", "Event", "Lease", "NetworkPolicy"}
_WITHOUT_GENERATION = {"ConfigMap", "Secret", "Event", "Lease", "PersistentVolumeClaim", "Namespace", "Node"}


class Fault(Exception):
    """An error the server answers with."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message
        self.headers: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the history; `before` lets a watch with a selector tell who left it."""

    version: int
    type: str
    obj: Json
    before: Json | None


@dataclass(slots=True)
class Collection:
    """All objects of one resource."""

    resource: Resource
    objects: dict[Slot, Json] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    listeners: set[Callable[[], object]] = field(default_factory=set)
    lost: int = 0

    @property
    def has_status(self) -> bool:
        """Whether the status is a subresource; the real server then keeps none that is created with the rest."""
        return self.resource.kind not in _WITHOUT_STATUS

    @property
    def has_generation(self) -> bool:
        """Whether changes of the object, its metadata and status apart, are counted."""
        return self.resource.kind not in _WITHOUT_GENERATION

    @property
    def qualified(self) -> str:
        """The resource's name in messages."""
        return f"{self.resource.plural}.{self.resource.group}".rstrip(".")

    def invalid(self, name: str, why: str) -> Fault:
        """The refusal of an object."""
        kind = f"{self.resource.kind}.{self.resource.group}".rstrip(".")
        return Fault(422, "Invalid", f'{kind} "{name}" is invalid: {why}')

    def conflict(self, name: str, why: str) -> Fault:
        """The refusal of a change."""
        return Fault(409, "Conflict", f'Operation cannot be fulfilled on {self.qualified} "{name}": {why}')

    def since(self, version: int) -> list[Change]:
        """What happened after a version."""
        return self.history[bisect_right(self.history, version, key=lambda change: change.version) :]
