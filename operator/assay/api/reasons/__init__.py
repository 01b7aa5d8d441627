"""Every reason that the operator puts into conditions, Events and scores: an enum for each topic. No I/O."""

from .base import AnyReason, Explained, ForeignReason, Reason
from .benchmarkrun import BenchmarkRunReason
from .blueprint import BlueprintReason
from .definitions import DefinitionReason
from .devbox import DevboxReason, EndReason
from .disksnapshot import DiskSnapshotReason
from .internal import InternalReason
from .pods import PodReason, RejectionReason
from .references import ReferenceReason
from .scenariorun import ScenarioRunReason, ScoreReason
from .validation import ValidationReason

REASONS: tuple[type[Reason], ...] = (
    ReferenceReason,
    RejectionReason,
    PodReason,
    BlueprintReason,
    DevboxReason,
    EndReason,
    DiskSnapshotReason,
    DefinitionReason,
    ValidationReason,
    ScenarioRunReason,
    ScoreReason,
    BenchmarkRunReason,
    InternalReason,
)

__all__ = [
    "REASONS",
    "AnyReason",
    "BenchmarkRunReason",
    "BlueprintReason",
    "DefinitionReason",
    "DevboxReason",
    "DiskSnapshotReason",
    "EndReason",
    "Explained",
    "ForeignReason",
    "InternalReason",
    "PodReason",
    "Reason",
    "ReferenceReason",
    "RejectionReason",
    "ScenarioRunReason",
    "ScoreReason",
    "ValidationReason",
]
