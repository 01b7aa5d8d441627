"""Benchmark: a set of scenarios, editable at any time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import ListMap

from .condition_tables import summary
from .meta import ERROR_COLUMN, SHORT_NAME, LocalRef, Model, Status
from .object import ApiObject

SCENARIOS_MAX = 1000


class BenchmarkSpec(Model):
    """Which scenarios."""

    scenarios: Annotated[list[LocalRef], Field(max_length=SCENARIOS_MAX), ListMap("name")] = Field(
        default_factory=list
    )
    """By name, in this namespace."""
    require_validated: bool = False
    """Runs start only when every scenario is Validated."""


class BenchmarkStatus(Status):
    __doc__ = summary("Benchmark")

    scenarios: int | None = None
    """How many it names."""
    missing: int | None = None
    """How many of them do not exist."""
    ready: int | None = None
    """How many of them are Ready."""
    validated: int | None = None
    """How many of them are Validated."""


class Benchmark(ApiObject[BenchmarkSpec, BenchmarkStatus]):
    """A Benchmark as observed."""


BENCHMARK = Kind(
    name="Benchmark",
    plural="benchmarks",
    spec=BenchmarkSpec,
    status=BenchmarkStatus,
    short_names=("bench",),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Scenarios", "integer", ".status.scenarios"),
        Column("Validated", "integer", ".status.validated"),
        Column("Missing", "integer", ".status.missing", priority=1),
        ERROR_COLUMN,
    ),
    rules=(SHORT_NAME,),
    description="A set of scenarios, run again and again with other agents and parameters.",
)
