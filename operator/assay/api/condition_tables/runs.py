"""The conditions of ScenarioRun and BenchmarkRun."""

from __future__ import annotations

from ..condition_types import ConditionType
from ..reasons import (
    BenchmarkRunReason,
    DevboxReason,
    DiskSnapshotReason,
    EndReason,
    ReferenceReason,
    RejectionReason,
    ScenarioRunReason,
    ScoreReason,
)
from .environments import DISK_SNAPSHOT
from .states import (
    CHILDREN,
    CONTRACT_FAULTS,
    ENVIRONMENT,
    ONLY_IN_EVENTS,
    POD,
    REJECTED,
    SCORERS,
    Elsewhere,
    State,
)

_SCORED_ENDS = (EndReason.COMPLETED, EndReason.ERROR, EndReason.DEADLINE_EXCEEDED)

_UNRESOLVED = (
    ReferenceReason.SCENARIO_NOT_FOUND,
    ReferenceReason.AGENT_NOT_FOUND,
    *ENVIRONMENT,
    *SCORERS,
    ReferenceReason.CONFIG_MAP_NOT_FOUND,
    ReferenceReason.SCENARIO_RUN_NOT_FOUND,
    ReferenceReason.SCENARIO_RUN_NOT_FINISHED,
)

_UNRESOLVABLE = (
    *CONTRACT_FAULTS,
    ScenarioRunReason.NO_REFERENCE_OUTPUT,
    ScenarioRunReason.NO_DISK_KEPT,
)

_RUN_FAILED = (
    *_UNRESOLVABLE,
    ScenarioRunReason.REFERENCE_NOT_APPLIED,
    *ScoreReason,
    ScenarioRunReason.SCORING_DEADLINE_EXCEEDED,
    ScenarioRunReason.SCORER_NOT_STARTED,
    ScenarioRunReason.DEVBOX_LOST,
    ScenarioRunReason.CANCELED,
    ScenarioRunReason.RUN_DEADLINE_EXCEEDED,
    ScenarioRunReason.PROVISIONING_DEADLINE_EXCEEDED,
    *(reason for reason in EndReason if reason not in _SCORED_ENDS),
)

_BENCHMARK_RUN_FAILED = (
    BenchmarkRunReason.BENCHMARK_EMPTY,
    BenchmarkRunReason.NOTHING_TO_RESCORE,
    BenchmarkRunReason.NOTHING_SCORED,
    BenchmarkRunReason.CANCELED,
    BenchmarkRunReason.RUN_DEADLINE_EXCEEDED,
)

_WAITS = "The run waits, without limit."
_WAITS_FOR_PODS = "The run waits, at most `settings.provisioningSeconds`."
_PAUSED = Elsewhere("that of `Suspended=True`", "The run does nothing as long as it is suspended.")
_ENDED = Elsewhere("that of `Failed=True`", "The run has ended without a score.")

SCENARIO_RUN = (
    State(ConditionType.REFERENCES_RESOLVED, "True", (ScenarioRunReason.PINNED,)),
    State(ConditionType.REFERENCES_RESOLVED, "False", _UNRESOLVED),
    State(
        ConditionType.REFERENCES_RESOLVED,
        "False",
        _UNRESOLVABLE,
        Elsewhere("that of `Failed=True`", "What the run refers to exists, and the run can never work."),
    ),
    State(
        ConditionType.COMPLETE,
        "False",
        (
            ScenarioRunReason.AGENT_WORKING,
            ScenarioRunReason.RESTORING_DISK,
            ScenarioRunReason.SCORING,
            ScenarioRunReason.RETRYING,
            ScenarioRunReason.JOB_SUSPENDED,
        ),
    ),
    State(ConditionType.COMPLETE, "False", (ScenarioRunReason.SUSPENDED,), _PAUSED),
    State(
        ConditionType.COMPLETE, "False", _UNRESOLVED, Elsewhere("that of `ReferencesResolved=False`", _WAITS)
    ),
    State(
        ConditionType.COMPLETE, "False", CHILDREN, POD._replace(meaning=f"{POD.meaning} {_WAITS_FOR_PODS}")
    ),
    State(
        ConditionType.COMPLETE,
        "False",
        (*DevboxReason, *EndReason),
        Elsewhere(
            "that of `Ready=False` of the [Devbox](#devbox)", "The pod of the agent boots, or is going."
        ),
    ),
    State(ConditionType.COMPLETE, "False", (), ONLY_IN_EVENTS),
    State(ConditionType.COMPLETE, "False", _RUN_FAILED, _ENDED),
    State(ConditionType.COMPLETE, "True", (ScenarioRunReason.SCORED,)),
    State(
        ConditionType.AGENT_FINISHED,
        "True",
        EndReason,
        Elsewhere("that of `Finished=True` of the [Devbox](#devbox)", "The agent has ended."),
    ),
    State(
        ConditionType.DISK_KEPT,
        "True",
        (DiskSnapshotReason.SNAPSHOT_READY,),
        Elsewhere("that of the [DiskSnapshot](#disksnapshot)", "The disk is kept."),
    ),
    State(ConditionType.DISK_KEPT, "False", (ScenarioRunReason.DISK_SNAPSHOT_DELETED,)),
    State(
        ConditionType.DISK_KEPT,
        "False",
        (*(reason for state in DISK_SNAPSHOT for reason in state.reasons),),
        Elsewhere("that of the [DiskSnapshot](#disksnapshot)", "The disk is not kept, or not yet."),
    ),
    State(ConditionType.DISK_KEPT, "False", RejectionReason, REJECTED),
    State(ConditionType.SUSPENDED, "True", (ScenarioRunReason.SUSPENDED,)),
    State(ConditionType.SUSPENDED, "False", (ScenarioRunReason.RESUMED,)),
    State(ConditionType.FAILED, "True", _RUN_FAILED),
)

BENCHMARK_RUN = (
    State(
        ConditionType.COMPLETE,
        "False",
        (
            ReferenceReason.BENCHMARK_NOT_FOUND,
            ReferenceReason.AGENT_NOT_FOUND,
            ReferenceReason.SCENARIO_NOT_FOUND,
            BenchmarkRunReason.SCENARIOS_NOT_VALIDATED,
            ReferenceReason.BENCHMARK_RUN_NOT_FOUND,
            ReferenceReason.BENCHMARK_RUN_NOT_FINISHED,
            BenchmarkRunReason.RUNNING,
            BenchmarkRunReason.FOREIGN_RUNS,
        ),
    ),
    State(ConditionType.COMPLETE, "False", RejectionReason, REJECTED),
    State(
        ConditionType.COMPLETE,
        "False",
        (),
        Elsewhere(
            "that of `Complete=False` of the [ScenarioRuns](#scenariorun)",
            "All unfinished runs wait, most of them for this.",
            "`status.waiting` counts the causes.",
        ),
    ),
    State(ConditionType.COMPLETE, "False", (BenchmarkRunReason.SUSPENDED,), _PAUSED),
    State(
        ConditionType.COMPLETE,
        "False",
        _BENCHMARK_RUN_FAILED,
        Elsewhere("that of `Failed=True`", "The run has ended before it was through, or is about to."),
    ),
    State(ConditionType.SUSPENDED, "True", (BenchmarkRunReason.SUSPENDED,)),
    State(ConditionType.SUSPENDED, "False", (BenchmarkRunReason.RESUMED,)),
    State(ConditionType.COMPLETE, "True", (BenchmarkRunReason.ALL_SCORED, BenchmarkRunReason.SOME_UNSCORED)),
    State(ConditionType.FAILED, "True", _BENCHMARK_RUN_FAILED),
    State(ConditionType.REGRESSED, "True", (BenchmarkRunReason.SCORE_DROPPED,)),
    State(ConditionType.REGRESSED, "False", (BenchmarkRunReason.WITHIN_TOLERANCE,)),
    State(
        ConditionType.REGRESSED,
        "Unknown",
        (
            BenchmarkRunReason.BASELINE_NOT_FOUND,
            BenchmarkRunReason.BASELINE_NOT_FINISHED,
            BenchmarkRunReason.NOTHING_COMPARABLE,
        ),
    ),
)
