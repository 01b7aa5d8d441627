"""BenchmarkRun: an agent's attempts at all scenarios of a benchmark."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, ListMap

from .agent import RunAgent, only_commands_take
from .attempts import PASS_AT_K_MAX, Estimate, PassAtK, Solved
from .baseline import Baseline, Comparison
from .benchmark import SCENARIOS_MAX
from .blame import Blame
from .condition_tables import summary
from .lifecycle import STEERED, ActiveDeadlineSeconds, Lifecycle
from .meta import ERROR_COLUMN, SHORT_NAME, LocalRef, Model, Name, ParameterList, Status, fixed_spec, one_of
from .object import ApiObject
from .runtemplate import RunTemplate
from .scenariorun import REASON

_FIXED = "only parallelism, suspend and cancel of a run may be changed: create another run"

_OTHER_BASELINE = Cel(
    "!has(self.spec.baseline) || self.spec.baseline.benchmarkRunRef.name != self.metadata.name",
    "baseline is another run: name one that this is to be compared with",
)

_REGRESSED = '.status.conditions[?(@.type=="Regressed")].status'
_AGENT_END = '.status.agentEnds[?(@.reason!="Completed")].reason'


class BenchmarkRescore(Model):
    """Which earlier runs to score again."""

    benchmark_run_ref: LocalRef
    """A BenchmarkRun whose runs kept their disks."""


class BenchmarkRunSpec(Lifecycle):
    """Which agent, at which benchmark, how often and how much at once."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("benchmarkRef", "rescore"),
        Cel(
            "has(self.agent) == has(self.benchmarkRef)",
            "agent goes with benchmarkRef: a re-score runs none",
        ),
        Cel(
            "!has(self.rescore) || (!has(self.parameters) && self.attempts == 1)",
            "parameters and attempts of a re-score are those of the run it scores again",
        ),
        only_commands_take("parameters", "template.network"),
    )
    benchmark_ref: LocalRef | None = None
    rescore: BenchmarkRescore | None = None
    """A BenchmarkRun whose runs kept their disks: each is scored again by today's contracts."""
    agent: RunAgent | None = None
    parameters: ParameterList | None = None
    attempts: Annotated[int, Field(ge=1, le=100)] = 1
    """How often each scenario is run."""
    parallelism: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many ScenarioRuns may be unfinished at once; may be changed while the run goes on."""
    active_deadline_seconds: ActiveDeadlineSeconds | None = None
    """How long the whole may take; then its unfinished ScenarioRuns are canceled. It begins anew when it is resumed."""
    template: RunTemplate | None = None
    """What each ScenarioRun gets."""
    baseline: Baseline | None = None
    """An earlier BenchmarkRun: once both have ended, the condition Regressed says whether this one scores lower."""


class RunCounts(Model):
    """ScenarioRuns by what became of them. total = pending + active + scored + unscored."""

    total: int = 0
    pending: int = 0
    active: int = 0
    scored: int = 0
    passed: int = 0
    unscored: int = 0
    left_out: int = 0
    """Of the unscored, those that no agent can have brought about: they are no part of score and passRate."""
    lost_tries: int = 0
    """Tries that the infrastructure ended and that were begun anew; `status.lostTries` of the runs has their causes."""
    restarts: int = 0
    """How often runs were suspended while agent or functions could work, and so had them begin again."""
    agents_failed: int = 0
    """Agents that ended otherwise than Completed: by an error, at their deadline, killed, lost."""


class UnscoredCause(Model):
    """How many runs have no score for one reason."""

    reason: str
    count: int
    blame: Blame | None = None
    """Who can have brought it about. Agent: these runs count as 0. Author, Infrastructure: they are left out. Absent in
    statuses of earlier versions."""


class AgentEndCount(Model):
    """How many agents ended in one way."""

    reason: str
    """Completed, Error, DeadlineExceeded, OOMKilled, …"""
    exit_code: int | None = None
    """Of an Error: 127 means that there is no such program."""
    count: int


class WaitingCause(Model):
    """How many unfinished runs wait for one thing."""

    reason: str
    """That of their condition Complete: Unschedulable, FailedMount, BlueprintNotReady, …"""
    count: int


class WorstRun(Model):
    """One of the runs worth a look."""

    name: str
    scenario: str
    score: float | None = None
    reason: str | None = None


class PreviousScore(Model):
    """The run that a re-score compares with."""

    benchmark_run: str
    attempts: int
    score: float | None = None
    pass_rate: float | None = None
    changed: int = 0
    """How many scores differ now."""


class BenchmarkRunStatus(Status):
    __doc__ = summary("BenchmarkRun")

    scenarios: Annotated[list[Name], Field(max_length=SCENARIOS_MAX)] | None = None
    """The scenarios of the benchmark when this run started: later edits do not reach it."""
    previous_score: PreviousScore | None = None
    """A re-score: the run it scores again."""
    counts: RunCounts | None = None
    score: float | None = None
    """Mean of the runs that have ended, 0.0 to 1.0. An unscored run counts as 0 if an agent can have brought that
    about, else it is left out (`counts.leftOut`)."""
    scored_only: float | None = None
    """Mean of the scored runs alone. An agent can raise it by making itself unscored."""
    pass_rate: float | None = None
    """Passed / all that are part of score, 0.0 to 1.0."""
    estimate: Estimate | None = None
    """The score with its error, once the run has ended. Its mean differs from `score` where scenarios have different
    numbers of attempts that count."""
    solved: Solved | None = None
    """The shares of scenarios that were solved in every attempt, in some, in none; once the run has ended."""
    pass_at_k: Annotated[list[PassAtK], Field(max_length=PASS_AT_K_MAX), ListMap("k")] | None = None
    """pass@k and pass^k once the run has ended, for k of 1, 2, 3, 4, 5, 8, 10, 16, 32, 50, 64, 100 up to the number of
    attempts, and for that number."""
    baseline: Comparison | None = None
    """This run beside `spec.baseline`, once both have ended."""
    agent_ends: Annotated[list[AgentEndCount], Field(max_length=32)] | None = None
    """How agents ended, in the runs that have ended; the most frequent end first."""
    waiting: Annotated[list[WaitingCause], Field(max_length=32), ListMap("reason")] | None = None
    """What unfinished runs wait for; the most frequent cause first."""
    unscored: Annotated[list[UnscoredCause], Field(max_length=32), ListMap("reason")] | None = None
    worst: Annotated[list[WorstRun], Field(max_length=10), ListMap("name")] | None = None
    """Up to ten runs that did not pass, unscored first."""
    start_time: datetime | None = None
    """When it began, or was last resumed; absent while it is suspended."""
    completion_time: datetime | None = None


class BenchmarkRun(ApiObject[BenchmarkRunSpec, BenchmarkRunStatus]):
    """A BenchmarkRun as observed."""


BENCHMARK_RUN = Kind(
    name="BenchmarkRun",
    plural="benchmarkruns",
    spec=BenchmarkRunSpec,
    status=BenchmarkRunStatus,
    short_names=("brun",),
    columns=(
        Column("Benchmark", "string", ".spec.benchmarkRef.name"),
        Column("Phase", "string", ".status.phase"),
        Column("Reason", "string", REASON, "What it does or waits for, or how it ended"),
        Column("Total", "integer", ".status.counts.total"),
        Column("Scored", "integer", ".status.counts.scored"),
        Column("Passed", "integer", ".status.counts.passed"),
        Column("Score", "number", ".status.score"),
        Column("LeftOut", "integer", ".status.counts.leftOut", "Runs that are no part of the score"),
        Column("AgentsFailed", "integer", ".status.counts.agentsFailed", "Agents that did not complete"),
        Column("AgentEnd", "string", _AGENT_END, "How most agents ended of those that did not complete"),
        Column(
            "WaitsFor", "string", ".status.waiting[0].reason", "What most runs wait for of those that wait"
        ),
        Column(
            "StdErr", "number", ".status.estimate.standardError", "Standard error of the score", priority=1
        ),
        Column("Regressed", "string", _REGRESSED, "Whether it scores lower than its baseline", priority=1),
        Column("Was", "number", ".status.previousScore.score", "The score before, of a re-score", priority=1),
        Column("Unscored", "integer", ".status.counts.unscored", priority=1),
        Column("Active", "integer", ".status.counts.active", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".spec.benchmarkRef.name", ".status.phase"),
    rules=(SHORT_NAME, fixed_spec(_FIXED, BenchmarkRunSpec, "parallelism", *STEERED), _OTHER_BASELINE),
    description="An agent's attempts at all scenarios of a benchmark, with the mean of their scores.",
)
