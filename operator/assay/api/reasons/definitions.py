"""Reasons of kinds that only define something: Agent, Scorer, Scenario and Benchmark."""

from .base import Reason


class DefinitionReason(Reason):
    """Whether a definition can be used."""

    ACCEPTED = (
        "Accepted",
        "The object is valid and can be used.",
    )
    SCHEMA_INVALID = (
        "SchemaInvalid",
        "`parametersSchema` is no JSON Schema that can be used.",
        "Correct it; the message says where.",
    )
    REFERENCES_RESOLVED = (
        "ReferencesResolved",
        "The environment and all Scorers can be used.",
    )
    SCENARIOS_READY = (
        "ScenariosReady",
        "All scenarios of the Benchmark are ready.",
    )
    EMPTY = (
        "Empty",
        "The Benchmark names no scenarios.",
        "Add some to `spec.scenarios`.",
    )
    SCENARIO_NOT_READY = (
        "ScenarioNotReady",
        "Some scenarios are not ready.",
        "Look at the scenarios in the message.",
    )
    SCENARIO_NOT_VALIDATED = (
        "ScenarioNotValidated",
        "The Benchmark has `requireValidated`, and some scenarios are not validated.",
        "Look at the condition `Validated` of the scenarios in the message.",
    )
