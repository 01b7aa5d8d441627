"""An object of one of our kinds: metadata, spec and status together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from pydantic import Field, model_validator

from assay.kube_object import KubeObject

from .meta import Model, Status

SpecT = TypeVar("SpecT", bound=Model)
StatusT = TypeVar("StatusT", bound=Status)


class OwnerReference(Model):
    """Whose child an object is (metav1.OwnerReference)."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    """Whether this owner manages the object; at most one does."""


class ObjectMeta(Model):
    """What we read of metav1.ObjectMeta."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 1
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: list[str] = Field(default_factory=list)
    owner_references: list[OwnerReference] = Field(default_factory=list)
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class ApiObject(Model, Generic[SpecT, StatusT]):
    """An object as it was observed. Decisions do not change it: they return a new status."""

    api_version: str
    kind: str
    metadata: ObjectMeta
    spec: SpecT
    status: StatusT

    @model_validator(mode="before")
    @classmethod
    def _with_status(cls, data: Any) -> Any:
        """The API server leaves `status` out until the first write."""
        return {**data, "status": data.get("status") or {}} if isinstance(data, Mapping) else data

    @classmethod
    def parse(cls, obj: KubeObject) -> Self:
        """The model of an object that the API server sent; ValidationError if it does not fit the schema."""
        return cls.model_validate(obj)

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """`metadata.namespace`."""
        return self.metadata.namespace

    @property
    def uid(self) -> str:
        """`metadata.uid`."""
        return self.metadata.uid

    @property
    def generation(self) -> int:
        """`metadata.generation`: which version of the spec this is."""
        return self.metadata.generation

    @property
    def is_changed(self) -> bool:
        """Whether its status speaks of an earlier version of the spec."""
        return self.status.observed_generation not in (None, self.generation)

    @property
    def is_deleting(self) -> bool:
        """Whether it was deleted, and only waits for its finalizers or children."""
        return self.metadata.deletion_timestamp is not None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages it. Labels are no proof: anybody may write them."""
        return next((owner for owner in self.metadata.owner_references if owner.controller), None)

    def is_controlled_by(self, uid: str) -> bool:
        """Whether the owner with this uid manages it, and not an earlier or later one of that name."""
        return self.controller is not None and self.controller.uid == uid

    def identity(self) -> KubeObject:
        """apiVersion, kind and metadata: what a write, a deletion or an Event needs to name it."""
        metadata = self.metadata.model_dump(by_alias=True, mode="json", exclude_none=True)
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata}
