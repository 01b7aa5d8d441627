"""ScenarioRun: one agent's attempt at one scenario, and its score."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from .agent import AgentSpec, RunAgent
from .blueprint import BlueprintImage
from .crd import Column, Kind
from .markers import PRESERVE_UNKNOWN, ListMap
from .meta import IMMUTABLE_SPEC, SHORT_NAME, LocalRef, Model, ParameterList, Status
from .scenario import ScenarioSpec

# A copy of specs that were validated already: their schemas need not stand here a second time.
_OPAQUE = WithJsonSchema({"type": "object", PRESERVE_UNKNOWN: True})


class ScenarioRunSpec(Model):
    """Which agent, at which scenario."""

    scenario_ref: LocalRef
    agent: RunAgent
    parameters: ParameterList | None = None
    """Reach the agent as ASSAY_PARAM_<NAME>."""
    attempt: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Which of several attempts this is."""


class PinnedRun(Model):
    """What the run uses, as it was when the run started: later edits do not reach it."""

    scenario_generation: int
    scenario_hash: str
    """Hash of the scenario's spec and of the image: equal hash, comparable scores."""
    scenario: ScenarioSpec
    image: BlueprintImage
    agent_name: str | None = None
    agent_generation: int | None = None
    agent: AgentSpec


class FunctionScore(Model):
    """What one scoring function said."""

    name: str
    weight: float
    state: Literal["Complete", "Error"]
    """Error: it gave no score, and the run is unscored."""
    score: float | None = None
    """0.0 to 1.0; absent when state is Error."""
    reason: Annotated[str, Field(max_length=64)] | None = None
    """Why it gave no score: NoScore, ScoreOutOfRange, Timeout, OOMKilled, ScorerFailed, …"""
    exit_code: int | None = None
    seconds: float | None = None
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of its output."""


class AgentResult(Model):
    """How the agent ended."""

    exit_code: int | None = None
    reason: str | None = None
    """Completed, Error, DeadlineExceeded, OOMKilled, …"""
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of the output of an agent that failed. Written by the agent: never trusted."""
    start_time: datetime | None = None
    finish_time: datetime | None = None


class ScenarioRunStatus(Status):
    """Conditions: ReferencesResolved, AgentFinished, Complete (Scored) and Failed (why there is no score)."""

    pinned: Annotated[PinnedRun, _OPAQUE] | None = None
    """What the run uses, as it was when it started: later edits do not reach it."""
    devbox: str | None = None
    scorer_job: str | None = None
    agent: AgentResult | None = None
    score: float | None = None
    """Σ weight·score / Σ weight, 0.0 to 1.0; absent when the run is not scored."""
    passed: bool | None = None
    """Whether the score reaches the contract's passThreshold."""
    scores: Annotated[list[FunctionScore], Field(max_length=32), ListMap("name")] | None = None
    start_time: datetime | None = None
    scoring_start_time: datetime | None = None
    completion_time: datetime | None = None


SCENARIO_RUN = Kind(
    name="ScenarioRun",
    plural="scenarioruns",
    spec=ScenarioRunSpec,
    status=ScenarioRunStatus,
    short_names=("srun",),
    columns=(
        Column("Scenario", "string", ".spec.scenarioRef.name"),
        Column("Phase", "string", ".status.phase"),
        Column("Score", "number", ".status.score"),
        Column("Passed", "boolean", ".status.passed"),
        Column("Reason", "string", '.status.conditions[?(@.type=="Failed")].reason'),
        Column("Agent", "string", ".status.agent.reason", priority=1),
    ),
    selectable_fields=(".spec.scenarioRef.name", ".status.phase"),
    rules=(SHORT_NAME, IMMUTABLE_SPEC),
    description="One agent's attempt at one scenario, and its score.",
)
