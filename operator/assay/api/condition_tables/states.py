"""What a condition can be, as data. The tables of the docs and of the schemas are made from it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..condition_types import ConditionType
from ..reasons import InternalReason, PodReason, Reason, ReferenceReason, RejectionReason

# Anchors of docs/troubleshooting.md.
_PODS = "#pods-and-what-keeps-them-from-starting"


class Elsewhere(NamedTuple):
    """One row of a table for reasons that another table explains."""

    which: str
    """Which reasons, in Markdown."""
    meaning: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A condition of a kind with one status, and the reasons it can have then."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reasons: Iterable[Reason]
    """Empty where all of them are of others: ForeignReason."""
    elsewhere: Elsewhere | None = None
    """Set if another table explains the reasons."""


POD = Elsewhere(
    f"any of [pods]({_PODS})",
    "Something keeps a pod, or what it needs, from being created or from starting.",
    "Cure it; the object goes on by itself.",
)
REJECTED = Elsewhere(
    f"any that [Kubernetes rejects]({_PODS})",
    "The API server rejects what the operator creates for the object.",
    "Cure it; the object goes on by itself.",
)

# Reasons that several kinds share.
IMAGE = (ReferenceReason.IMAGE_NOT_FOUND, ReferenceReason.REGISTRY_UNAVAILABLE)

ENVIRONMENT = (
    ReferenceReason.BLUEPRINT_NOT_FOUND,
    ReferenceReason.BLUEPRINT_NOT_READY,
    ReferenceReason.DISK_SNAPSHOT_NOT_FOUND,
    ReferenceReason.DISK_SNAPSHOT_NOT_READY,
    *IMAGE,
)

SCORERS = (ReferenceReason.SCORER_NOT_FOUND, ReferenceReason.SCORER_NOT_READY)

CONTRACT_FAULTS = (ReferenceReason.PARAMETERS_INVALID, ReferenceReason.ROOT_CONFLICT)

ONLY_IN_EVENTS = Elsewhere(
    "any other",
    "That of an Event about a pod, its Job or its claim that does not start: `FailedMount`, `ProvisioningFailed`, "
    "`FailedCreatePodSandBox`, `FailedAttachVolume`, ….",
    "The message has the words of who refuses, and which Secret or ConfigMap the volume is. Cure it; the object goes "
    "on by itself.",
)

CHILDREN = (*RejectionReason, *PodReason)

INTERNAL = State(ConditionType.INTERNAL_ERROR, "True", tuple(InternalReason))
"""Of every kind."""
