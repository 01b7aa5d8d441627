"""The types of the conditions of all kinds."""

from .reasons.base import Explained


class ConditionType(Explained):
    """The type of a condition. What its reasons are depends on the kind: module condition_tables."""

    READY = "Ready", "The object can be used, or does what its spec asks for."
    SUSPENDED = "Suspended", "The Devbox or run has no pods; disks stay."
    FINISHED = "Finished", "The command of the Devbox has ended, or will never run."
    DELETION_BLOCKED = "DeletionBlocked", "The Blueprint is to be deleted, and others still need it."
    VALIDATED = (
        "Validated",
        "Runs have proved that the Scenario measures something, for its content as it is now.",
    )
    REFERENCES_RESOLVED = (
        "ReferencesResolved",
        "All that the run refers to exists; the run uses it as it was then.",
    )
    AGENT_FINISHED = "AgentFinished", "The agent of the run has ended."
    DISK_KEPT = "DiskKept", "A DiskSnapshot keeps the disk that the agent left."
    COMPLETE = "Complete", "The run has ended with a score."
    FAILED = "Failed", "The run has ended without a score, or a BenchmarkRun before all its runs had."
    REGRESSED = "Regressed", "The BenchmarkRun scores lower than its baseline, by more than the tolerance."
    INTERNAL_ERROR = (
        "InternalError",
        "The operator gets no further with the object. The condition is gone once it does.",
    )
