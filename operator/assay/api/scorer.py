"""Scorer: a reusable scoring function with parameters."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, PreserveUnknown

from .condition_tables import summary
from .meta import ERROR_COLUMN, SHORT_NAME, ObjectName, Status
from .object import ApiObject
from .scoring import MEMBERS, ScorerFields, union


class ScorerSpec(ScorerFields):
    """One member of the union that scoring functions have, and what its users may pass."""

    __cel__: ClassVar[tuple[Cel, ...]] = union(MEMBERS)
    type: Literal["BashScript", "Command", "PythonScript", "TestFiles", "AstGrep"]
    parameters_schema: Annotated[dict[str, Any], PreserveUnknown()] | None = None
    """JSON Schema (2020-12) of the parameters; anything goes when absent."""


class ScorerStatus(Status):
    __doc__ = summary("Scorer")

    used_by: Annotated[list[ObjectName], Field(max_length=100)] | None = None
    """Scenarios that use it, the first hundred."""
    users: int | None = None
    """How many scenarios use it."""


class Scorer(ApiObject[ScorerSpec, ScorerStatus]):
    """A Scorer as observed."""


SCORER = Kind(
    name="Scorer",
    plural="scorers",
    spec=ScorerSpec,
    status=ScorerStatus,
    columns=(
        Column("Type", "string", ".spec.type"),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Users", "integer", ".status.users"),
        ERROR_COLUMN,
    ),
    rules=(SHORT_NAME,),
    description="A reusable scoring function with parameters.",
)
