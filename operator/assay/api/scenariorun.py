"""ScenarioRun: one agent's attempt at one scenario, and its score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, field_validator

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import PRESERVE_UNKNOWN, Cel, ListMap

from .agent import AgentSpec, RunAgent, only_commands_take
from .blueprint import BlueprintImage
from .condition_tables import summary
from .disk import RootFilesystem
from .lifecycle import STEERED, Lifecycle
from .meta import ERROR_COLUMN, SHORT_NAME, LocalRef, Model, ParameterList, Status, fixed_spec, one_of
from .object import ApiObject
from .runrecord import LOST_TRIES_MAX, LostTry, RunDurations, RunEnvironment
from .runtemplate import RunTemplate
from .scenario import Environment, ScenarioSpec
from .scoring import CustomScorer, Placement

REASON = '.status.conditions[?(@.type=="Complete")].reason'
"""Where the reason of a run is printed from: a run that has failed has the reason of `Failed` there as well."""
_FIXED = "only suspend and cancel of a run may be changed: create another run"
# A copy of specs that were validated already: their schemas need not stand here a second time.
_OPAQUE = WithJsonSchema({"type": "object", PRESERVE_UNKNOWN: True})


class Rescore(Model):
    """Which kept disk to score again."""

    __cel__: ClassVar[tuple[Cel, ...]] = (one_of("scenarioRunRef", "diskSnapshotRef"),)
    scenario_run_ref: LocalRef | None = None
    """A run that kept its disk."""
    disk_snapshot_ref: LocalRef | None = None


class DryRun(Model):
    """A Scorer to try, without a scenario and without an agent."""

    scorer: CustomScorer
    environment: Environment
    """What to score: a kept disk as it is, or an untouched environment."""


class ScenarioRunSpec(RunTemplate, Lifecycle):
    """Which agent, at which scenario."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("scenarioRef", "dryRun"),
        Cel(
            "has(self.agent) != (has(self.rescore) || has(self.dryRun))",
            "give agent, or rescore or dryRun, which have none",
        ),
        Cel(
            "!has(self.rescore) || has(self.scenarioRef)",
            "rescore needs scenarioRef: the contract to score by",
        ),
        only_commands_take("parameters", "network"),
    )
    scenario_ref: LocalRef | None = None
    agent: RunAgent | None = None
    rescore: Rescore | None = None
    """Score what an earlier run left by today's contract; no agent runs."""
    dry_run: DryRun | None = None
    parameters: ParameterList | None = None
    """Reach an agent of type Command as ASSAY_PARAM_<NAME>."""
    attempt: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Which of several attempts this is."""


class PinnedScorer(Model):
    """A Scorer that a function uses; its fields are in the pinned function already."""

    function: str
    scorer: str
    generation: int


class PinnedRun(Model):
    """What the run uses, as it was when the run started: later edits do not reach it."""

    scenario_generation: int
    content_hash: str
    """Hash of the scenario's spec and of the image: equal hash, comparable scores."""
    scenario: ScenarioSpec
    image: BlueprintImage
    function_images: dict[str, BlueprintImage] | None = None
    """Images of scoring functions that bring their own."""
    scorers: list[PinnedScorer] | None = None
    disk_snapshot: str | None = None
    """The DiskSnapshot the devbox begins from."""
    root_filesystem: RootFilesystem = "Auto"
    same_pod: list[str] | None = None
    """The functions that work in the agent's pod. Absent: none, and the agent works in a devbox."""
    agent_name: str | None = None
    agent_generation: int | None = None
    agent: AgentSpec | None = None
    """Absent where an existing disk is scored."""

    @property
    def hides_reference(self) -> bool:
        """Whether a reference output that people who may read the scenario may not read is applied to the disk."""
        reference = self.scenario.reference_output
        is_applied = self.agent is not None and self.agent.type == "Reference"
        return is_applied and reference is not None and reference.secret_key_ref is not None


class FunctionScore(Model):
    """The score of one function, or the reason why it has none."""

    name: str
    weight: float
    placement: Placement | None = None
    """Where it worked."""
    state: Literal["Complete", "Error"]
    """Error: it gave no score, and the run is unscored."""
    score: float | None = None
    """0.0 to 1.0; absent when state is Error."""
    reason: Annotated[str, Field(max_length=64)] | None = None
    """Why it gave no score: NoScore, ScoreOutOfRange, Timeout, OOMKilled, ScorerFailed, …"""
    exit_code: int | None = None
    seconds: float | None = None
    subscores: Annotated[dict[str, float], Field(max_length=32)] | None = None
    """Named parts of the score, as the function reported them; for people, they count nowhere."""
    comment: Annotated[str, Field(max_length=1024)] | None = None
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of its output."""


class NamedScore(Model):
    """A function's score in short."""

    name: str
    score: float | None = None


class AgentResult(Model):
    """How the agent ended."""

    exit_code: int | None = None
    reason: str | None = None
    """Completed, Error, DeadlineExceeded, OOMKilled, …"""
    message: Annotated[str, Field(max_length=4096)] | None = None
    """The end of the output of an agent that failed. Written by the agent: never trusted."""
    start_time: datetime | None = None
    finish_time: datetime | None = None


class EarlierScore(Model):
    """What was scored before on the same disk."""

    scenario_run: str
    score: float | None = None
    passed: bool | None = None
    scores: Annotated[list[NamedScore], Field(max_length=32), ListMap("name")] | None = None


class LaterScore(Model):
    """What was scored later on the same disk."""

    scenario_run: str
    score: float | None = None
    passed: bool | None = None


class ScenarioRunStatus(Status):
    __doc__ = summary("ScenarioRun")

    pinned: Annotated[PinnedRun, _OPAQUE] | None = None
    """What the run uses, as it was when it started: later edits do not reach it."""
    devbox: str | None = None
    """The devbox in which the agent works, or the disk is restored; absent if the agent works in the run's own Job."""
    scorer_jobs: Annotated[list[str], Field(max_length=8)] | None = None
    """The Jobs whose pods score; the one with the run's name is that of the agent."""
    disk_snapshot: str | None = None
    """The DiskSnapshot of what the agent left."""
    disk_used_percent: int | None = None
    """How full the agent left its volume."""
    previous_score: EarlierScore | None = None
    """A re-score: what the run it scores again had."""
    rescore_runs: Annotated[list[LaterScore], Field(max_length=32), ListMap("scenarioRun")] | None = None
    """Runs that scored this one's disk again, the latest 32."""
    agent: AgentResult | None = None
    score: float | None = None
    """Σ weight·score / Σ weight, 0.0 to 1.0; absent when the run is not scored."""
    passed: bool | None = None
    """Whether the score reaches the contract's passThreshold."""
    scores: Annotated[list[FunctionScore], Field(max_length=32), ListMap("name")] | None = None
    environment: RunEnvironment | None = None
    durations: RunDurations | None = None
    lost_tries: Annotated[list[LostTry], Field(max_length=LOST_TRIES_MAX), ListMap("number")] | None = None
    """Tries that the infrastructure ended, and that were begun anew; the present one is not among them."""
    restarts: Annotated[int, Field(ge=1)] | None = None
    """How often it was suspended while its agent or its functions could work: these began again, with the same pins."""
    start_time: datetime | None = None
    """When it began, or was last resumed; absent while it is suspended."""
    scoring_start_time: datetime | None = None
    completion_time: datetime | None = None

    @field_validator("pinned", mode="before")
    @classmethod
    def _trimmed_is_absent(cls, pinned: Any) -> Any:
        """The operator's cache keeps no more than `contentHash` of a run that has ended: read it as absent.

        Read the run from the API server before writing its status.
        """
        is_trimmed = isinstance(pinned, Mapping) and pinned.keys() == {"contentHash"}
        return None if is_trimmed else pinned


class ScenarioRun(ApiObject[ScenarioRunSpec, ScenarioRunStatus]):
    """A ScenarioRun as observed."""


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
        Column("Reason", "string", REASON, "What it does or waits for, or why it ended"),
        Column("Was", "number", ".status.previousScore.score", "The score before, of a re-score", priority=1),
        Column("Agent", "string", ".status.agent.reason", priority=1),
        Column("Disk", "string", ".status.diskSnapshot", priority=1),
        Column("Node", "string", ".status.environment.node", priority=1),
        Column("Lost", "string", ".status.lostTries[-1:].reason", "What ended the last lost try", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".spec.scenarioRef.name", ".status.phase"),
    rules=(SHORT_NAME, fixed_spec(_FIXED, ScenarioRunSpec, *STEERED)),
    description="One agent's attempt at one scenario, and its score.",
)
