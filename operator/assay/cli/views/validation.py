"""Whether scenarios are validated. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from assay.api.condition_types import ConditionType
from assay.api.reasons import ValidationReason
from assay.cli.output import Table
from assay.kube_object import KubeObject

from .attempts import condition

_NOT_YET = (
    ValidationReason.RUNNING,
    ValidationReason.QUEUED,
    ValidationReason.STALE,
    ValidationReason.NOT_REQUESTED,
    ValidationReason.NOT_READY,
    ValidationReason.FOREIGN_RUNS,
)
"""Reasons with which a scenario that somebody asks to validate waits for its verdict."""


def verdict(scenario: KubeObject) -> str | None:
    """The reason of its condition Validated."""
    return condition(scenario, ConditionType.VALIDATED).get("reason")


def is_judged(scenario: KubeObject) -> bool:
    """Whether there is a verdict about the scenario as it is now, or none to wait for."""
    found = condition(scenario, ConditionType.VALIDATED)
    is_current = found.get("observedGeneration") == scenario["metadata"].get("generation")
    return bool(found) and is_current and found.get("reason") not in _NOT_YET


def is_validated(scenario: KubeObject) -> bool:
    """Whether runs have proved it, as it is now."""
    return is_judged(scenario) and condition(scenario, ConditionType.VALIDATED).get("status") == "True"


def table(scenarios: Sequence[KubeObject]) -> Table:
    """A row for each scenario, with what its validation runs scored."""
    rows = []
    for one in scenarios:
        found = condition(one, ConditionType.VALIDATED)
        runs = ((one.get("status") or {}).get("validation") or {}).get("runs") or ()
        scores = {
            agent: [run.get("score", run.get("reason")) for run in runs if run["agent"] == agent]
            for agent in ("Reference", "Nop")
        }
        rows.append(
            (
                one["metadata"]["name"],
                found.get("status"),
                found.get("reason"),
                *(" ".join(map(str, listed)) or None for listed in scores.values()),
                found.get("message"),
            )
        )
    headings = ("SCENARIO", "VALIDATED", "VERDICT", "REFERENCE", "NOP", "MESSAGE")
    return Table(headings, rows, scenarios, wide=1)
