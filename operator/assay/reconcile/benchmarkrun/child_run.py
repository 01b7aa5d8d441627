"""A ScenarioRun of a BenchmarkRun, as far as it counts: thousands of them are read in each reconcile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from assay.api.condition_types import ConditionType
from assay.kube_object import KubeObject
from assay.reconcile.common.objects import find_condition, holds


@dataclass(frozen=True, slots=True)
class ChildRun:
    """One attempt at one scenario. It is scored, unscored or not finished."""

    name: str
    scenario: str
    attempt: int = 1
    score: float | None = None
    """Set if it is scored."""
    passed: bool = False
    unscored_reason: str | None = None
    """Set if it ended without a score."""

    @classmethod
    def of(cls, run: KubeObject, scenario: str, attempt: int) -> Self:
        """The record of a run as the cache has it."""
        name = run["metadata"]["name"]
        if holds(run, ConditionType.COMPLETE):
            return cls(name, scenario, attempt, run["status"]["score"], run["status"].get("passed", False))
        failed = find_condition(run, ConditionType.FAILED)
        if failed and failed["status"] == "True":
            return cls(name, scenario, attempt, unscored_reason=failed["reason"])
        return cls(name, scenario, attempt)

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended, with a score or without."""
        return self.score is not None or self.unscored_reason is not None
