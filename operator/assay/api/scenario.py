"""Scenario: one self-contained test of an agent."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, ListMap

from .blueprint import ImageReference
from .condition_tables import summary
from .devbox import LaunchCommands
from .disk import Disk, RootFilesystem
from .meta import (
    ERROR_COLUMN,
    SHORT_NAME,
    AbsolutePath,
    EnvList,
    LocalRef,
    Model,
    Network,
    Resources,
    Status,
    one_of,
)
from .object import ApiObject
from .scoring import ReferenceOutput, ScoringContract


class Environment(Model):
    """Where the agent works."""

    __cel__: ClassVar[tuple[Cel, ...]] = (one_of("blueprintRef", "diskSnapshotRef", "image"),)
    blueprint_ref: LocalRef | None = None
    disk_snapshot_ref: LocalRef | None = None
    """A frozen disk: every run begins from a copy of its own."""
    image: ImageReference | None = None
    """An image that exists in a registry; runs pin the digest it has when they start."""
    env: EnvList | None = None
    """Set for the agent and for the scorers."""
    resources: Resources | None = None
    """Requests and limits of the devbox."""
    disk: Disk | None = None
    root_filesystem: RootFilesystem = "Auto"
    launch_commands: LaunchCommands | None = None
    """Shell commands that run in the devbox before the agent, as its user; if one fails the run has no score."""
    network: Network | None = None
    """What the devbox may reach; the operator's default (Internet) when absent."""


class Timeouts(Model):
    """How long each part of a run may take, in seconds."""

    agent_seconds: Annotated[int, Field(ge=1, le=604800)] = 3600
    """Then the agent is stopped, and what it left is scored."""
    scoring_seconds: Annotated[int, Field(ge=1, le=86400)] = 1800
    """For each scoring function that names no timeout of its own; then the run is unscored."""


class Validation(Model):
    """How the scenario is proved: its reference output must pass, an untouched environment must not."""

    mode: Literal["Always", "OnDemand", "Never"] = "OnDemand"
    """Always: as soon as anything it rests on changes. OnDemand: when a Benchmark asks for validated scenarios."""
    reference_threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    """What the reference must reach and the untouched environment must not; the contract's passThreshold when
    absent."""
    repetitions: Annotated[int, Field(ge=1, le=20)] = 1
    """How often the reference must reach it."""


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
    validation: Validation = Field(default_factory=Validation)


class ValidationRun(Model):
    """A run that validation rests on."""

    name: str
    agent: Literal["Reference", "Nop"]
    score: float | None = None
    reason: Annotated[str, Field(max_length=64)] | None = None
    """Why it has no score."""


class ValidationStatus(Model):
    """What validation found."""

    content_hash: str
    runs: Annotated[list[ValidationRun], Field(max_length=32), ListMap("name")] = Field(default_factory=list)


class ScenarioStatus(Status):
    __doc__ = summary("Scenario")

    content_hash: str | None = None
    """Hash of the spec, the Scorers it uses, the image, its functions' own images and the way disks are mounted:
    equal hash, comparable scores."""
    validation: ValidationStatus | None = None


class Scenario(ApiObject[ScenarioSpec, ScenarioStatus]):
    """A Scenario as observed."""


SCENARIO = Kind(
    name="Scenario",
    plural="scenarios",
    spec=ScenarioSpec,
    status=ScenarioStatus,
    short_names=("scn",),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Validated", "string", '.status.conditions[?(@.type=="Validated")].status'),
        Column("Verdict", "string", '.status.conditions[?(@.type=="Validated")].reason'),
        Column("Blueprint", "string", ".spec.environment.blueprintRef.name", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME,),
    description="One self-contained test: problem statement, environment, scoring contract, reference output.",
)
