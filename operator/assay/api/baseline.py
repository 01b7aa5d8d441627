"""What a BenchmarkRun is compared with, and what came of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay.crdgen.markers import ListMap

from .attempts import Estimate
from .meta import LocalRef, Model

SCENARIOS_LISTED_MAX = 20

Incomparable = Literal["NotInBaseline", "NotInRun", "NothingCounted", "ContentDiffers"]
"""Why a scenario is no part of a comparison."""


class Baseline(Model):
    """An earlier BenchmarkRun, and how much lower the score may be."""

    benchmark_run_ref: LocalRef
    """The BenchmarkRun to compare with. It may still run, or not exist yet: it is looked at once it has ended."""
    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How much lower the mean over the compared scenarios may be, in points of score (0.05 is five of a hundred). A
    scenario whose mean differs by more is listed as changed."""


class ChangedScenario(Model):
    """A scenario whose mean score differs from the baseline's by more than the tolerance."""

    scenario: str
    before: float
    after: float


class IncomparableScenario(Model):
    """A scenario that is no part of the comparison."""

    scenario: str
    reason: Incomparable
    """NothingCounted: one of the two runs has no attempt that is part of its score, or its ScenarioRuns are gone.
    ContentDiffers: `contentHash` is not one and the same in all attempts of both."""


class Comparison(Model):
    """This run beside its baseline, over the scenarios that both have with equal contentHash."""

    benchmark_run: str
    compared: int
    """How many scenarios are compared."""
    worse: int = 0
    """How many of them are lower by more than the tolerance,"""
    better: int = 0
    """and how many are higher by more."""
    incomparable: int = 0
    """How many scenarios of either run are not compared."""
    before: float | None = None
    """The baseline's mean over the compared scenarios,"""
    after: float | None = None
    """and that of this run."""
    difference: Estimate | None = None
    """after - before, scenario by scenario."""
    changed_scenarios: (
        Annotated[list[ChangedScenario], Field(max_length=SCENARIOS_LISTED_MAX), ListMap("scenario")] | None
    ) = None
    """The first of those that changed, the largest drop first."""
    incomparable_scenarios: (
        Annotated[list[IncomparableScenario], Field(max_length=SCENARIOS_LISTED_MAX), ListMap("scenario")]
        | None
    ) = None
    """The first of those that are not compared, by name."""
