"""Who can have brought about that a run has no score, and so what the run counts as in a BenchmarkRun. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from .reasons import EndReason, Reason, ReferenceReason, ScenarioRunReason, ScoreReason

Blame: TypeAlias = Literal["Agent", "Author", "Infrastructure"]
"""Agent: the run counts as 0. Author (of scenario or run) and Infrastructure: the run is left out."""

# Where a reason does not tell whose doing it was, it is the agent's: no agent may choose to be left out.
CAUSES: Mapping[Blame, tuple[Reason, ...]] = {
    "Agent": (
        EndReason.OOM_KILLED,
        EndReason.EVICTED,
        EndReason.DISK_FULL,
        *ScoreReason,
        ScenarioRunReason.SCORING_DEADLINE_EXCEEDED,
        ScenarioRunReason.RUN_DEADLINE_EXCEEDED,
    ),
    "Author": (
        ReferenceReason.PARAMETERS_INVALID,
        ReferenceReason.ROOT_CONFLICT,
        ScenarioRunReason.CANCELED,
        ScenarioRunReason.NO_REFERENCE_OUTPUT,
        ScenarioRunReason.REFERENCE_NOT_APPLIED,
        EndReason.LAUNCH_FAILED,
        EndReason.USER_NOT_NUMERIC,
    ),
    "Infrastructure": (
        EndReason.NETWORK_OPEN,
        EndReason.BOOT_FAILED,
        EndReason.POD_LOST,
        EndReason.PREEMPTED,
        EndReason.DRAINED,
        EndReason.NODE_LOST,
        EndReason.NODE_REFUSED,
        ScenarioRunReason.SCORER_NOT_STARTED,
        ScenarioRunReason.PROVISIONING_DEADLINE_EXCEEDED,
        ScenarioRunReason.DEVBOX_LOST,
        ScenarioRunReason.NO_DISK_KEPT,
    ),
}
"""All reasons of ours that a ScenarioRun can fail with."""

_BLAME: Mapping[str, Blame] = {reason: blame for blame, reasons in CAUSES.items() for reason in reasons}


def blame(reason: str) -> Blame:
    """Who is to blame for a run that failed with this reason. One that is not in `CAUSES` is a word of the kubelet, in
    a status that an earlier version wrote: Infrastructure."""
    return _BLAME.get(reason, "Infrastructure")
