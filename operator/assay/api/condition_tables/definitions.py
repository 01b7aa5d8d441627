"""The conditions of kinds that define what is run: Agent, Scorer, Scenario, Benchmark."""

from __future__ import annotations

from ..condition_types import ConditionType
from ..reasons import DefinitionReason, ReferenceReason, RejectionReason, ValidationReason
from .states import CONTRACT_FAULTS, ENVIRONMENT, REJECTED, SCORERS, State

AGENT = (State(ConditionType.READY, "True", (DefinitionReason.ACCEPTED,)),)

SCORER = (
    State(ConditionType.READY, "True", (DefinitionReason.ACCEPTED,)),
    State(ConditionType.READY, "False", (DefinitionReason.SCHEMA_INVALID,)),
)

SCENARIO = (
    State(ConditionType.READY, "True", (DefinitionReason.REFERENCES_RESOLVED,)),
    State(ConditionType.READY, "False", (*ENVIRONMENT, *SCORERS, *CONTRACT_FAULTS)),
    State(ConditionType.VALIDATED, "True", (ValidationReason.REFERENCE_PASSED,)),
    State(
        ConditionType.VALIDATED,
        "False",
        (
            ValidationReason.REFERENCE_FAILED,
            ValidationReason.NOP_PASSED,
            ValidationReason.FLAKY,
            ValidationReason.NOT_SCORED,
            ValidationReason.STALE,
        ),
    ),
    State(ConditionType.VALIDATED, "False", RejectionReason, REJECTED),
    State(
        ConditionType.VALIDATED,
        "Unknown",
        (
            ValidationReason.RUNNING,
            ValidationReason.QUEUED,
            ValidationReason.FOREIGN_RUNS,
            ValidationReason.NOT_REQUESTED,
            ValidationReason.NOT_READY,
            ValidationReason.NO_REFERENCE,
        ),
    ),
)

BENCHMARK = (
    State(ConditionType.READY, "True", (DefinitionReason.SCENARIOS_READY,)),
    State(
        ConditionType.READY,
        "False",
        (
            DefinitionReason.EMPTY,
            ReferenceReason.SCENARIO_NOT_FOUND,
            DefinitionReason.SCENARIO_NOT_READY,
            DefinitionReason.SCENARIO_NOT_VALIDATED,
        ),
    ),
)
