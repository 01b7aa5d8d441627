"""Reasons of the condition Validated of Scenarios."""

from .base import Reason


class ValidationReason(Reason):
    """Whether runs have proved that the scenario measures something."""

    REFERENCE_PASSED = (
        "ReferencePassed",
        "The content as it is now is validated.",
    )
    REFERENCE_FAILED = (
        "ReferenceFailed",
        "The reference output does not apply, or scores below the threshold.",
        "Correct reference or scorer; the message names the runs.",
    )
    NOP_PASSED = (
        "NopPassed",
        "An untouched environment reaches the threshold.",
        "Correct the scorer: it measures nothing.",
    )
    FLAKY = (
        "Flaky",
        "Some repetitions of the reference pass, others do not.",
        "Find what differs between them; the message has the scores.",
    )
    NOT_SCORED = (
        "NotScored",
        "A validation run has no score.",
        "The message says why. Delete that run to repeat it.",
    )
    STALE = (
        "Stale",
        "Something that the scenario uses has changed since it was validated.",
        "It is validated again by itself where `validation.mode` or a Benchmark asks for that.",
    )
    RUNNING = (
        "Running",
        "The validation runs are under way.",
    )
    QUEUED = (
        "Queued",
        "The validation runs wait for a place (`settings.validationParallelism`).",
    )
    FOREIGN_RUNS = (
        "ForeignRuns",
        "ScenarioRuns say that the scenario made them, but are not what it makes. They prove nothing and are deleted.",
        "Find out who made them. The scenario makes its own.",
    )
    NOT_REQUESTED = (
        "NotRequested",
        "`validation.mode` is Never, or it is OnDemand and no Benchmark requires validation.",
        "Set `requireValidated` in a Benchmark, or `mode: Always`.",
    )
    NOT_READY = (
        "NotReady",
        "Something that the scenario uses is missing.",
        "See the condition `Ready`.",
    )
    NO_REFERENCE = (
        "NoReference",
        "The scenario has no `referenceOutput` to validate it with.",
        "Add one.",
    )
