"""Scenario: one self-contained test of an agent."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from .blueprint import ImageReference
from .crd import Column, Kind
from .markers import Cel
from .meta import SHORT_NAME, AbsolutePath, Disk, EnvList, LocalRef, Model, Resources, Status
from .scoring import ReferenceOutput, ScoringContract


class Environment(Model):
    """Where the agent works."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.blueprintRef) != has(self.image)", "give exactly one of blueprintRef and image"),
    )
    blueprint_ref: LocalRef | None = None
    image: ImageReference | None = None
    """An image that exists in a registry; runs pin the digest it has when they start."""
    env: EnvList | None = None
    """Set for the agent and for the scorers."""
    resources: Resources | None = None
    """Requests and limits of the devbox."""
    disk: Disk | None = None


class Timeouts(Model):
    """How long each part of a run may take, in seconds."""

    agent_seconds: Annotated[int, Field(ge=1, le=604800)] = 3600
    """Then the agent is stopped, and what it left is scored."""
    scoring_seconds: Annotated[int, Field(ge=1, le=86400)] = 1800
    """For each scoring function that names no timeout of its own; then the run is unscored."""


class ScenarioSpec(Model):
    """Problem statement, environment, scoring contract, reference output."""

    problem_statement: Annotated[str, Field(min_length=1, max_length=65536)]
    """What the agent is asked to do: `$ASSAY_PROBLEM_FILE` and, if short, `$ASSAY_PROBLEM_STATEMENT`."""
    environment: Environment
    working_dir: AbsolutePath | None = None
    """Where agent and scorers start; the image's when absent."""
    scoring_contract: ScoringContract
    reference_output: ReferenceOutput | None = None
    timeouts: Timeouts = Field(default_factory=Timeouts)


class ScenarioStatus(Status):
    """Conditions: Ready (ReferencesResolved; BlueprintNotFound, BlueprintNotReady)."""


SCENARIO = Kind(
    name="Scenario",
    plural="scenarios",
    spec=ScenarioSpec,
    status=ScenarioStatus,
    short_names=("scn",),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Blueprint", "string", ".spec.environment.blueprintRef.name", priority=1),
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME,),
    description="One self-contained test: problem statement, environment, scoring contract, reference output.",
)
