"""The verdict about a scenario from the results of its validation runs. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, true
from assay.api.reasons import ScenarioRunReason, ValidationReason
from assay.api.scenario import ValidationRun
from assay.api.unparsed import find_condition, holds
from assay.kube_object import KubeObject
from assay.reconcile.common.score import reaches
from assay.specs.validation_run import ValidationAgent

OUTPUT_MARK = "--- "
"""Begins the line above what a function printed (operator/runner/internal/output)."""
LOST_MAX = 500


class Result(NamedTuple):
    """What became of a validation run."""

    name: str
    agent: ValidationAgent
    is_finished: bool = False
    score: float | None = None
    reason: str | None = None
    """Why a finished run has no score."""
    message: str = ""
    lost: str = ""
    """Which functions took away from the score, and what they say of it."""

    def row(self) -> ValidationRun:
        """Its row in `status.validation` of the scenario."""
        return ValidationRun(name=self.name, agent=self.agent, score=self.score, reason=self.reason)


def result_of(run: KubeObject, agent: ValidationAgent) -> Result:
    """The result of a run as the cache has it."""
    name = run["metadata"]["name"]
    if holds(run, ConditionType.COMPLETE):
        return Result(name, agent, True, run["status"]["score"], lost=_lost(run))
    failed = find_condition(run, ConditionType.FAILED)
    if failed is None or failed["status"] != "True":
        return Result(name, agent)
    return Result(name, agent, True, None, failed["reason"], failed.get("message") or "")


def verdict(results: Sequence[Result], threshold: float) -> NewCondition:
    """The condition Validated once all runs are finished.

    Every run of the reference must reach the threshold; the untouched environment must not.
    """
    references = [one for one in results if one.agent == "Reference"]
    for one in references:
        if one.reason == ScenarioRunReason.REFERENCE_NOT_APPLIED:
            return _rejected(ValidationReason.REFERENCE_FAILED, f"ScenarioRun {one.name}: {one.message}")
    if unscored := [one for one in results if one.score is None]:
        return _rejected(ValidationReason.NOT_SCORED, "; ".join(map(_why_unscored, unscored)))
    passed = [one for one in references if _passes(one, threshold)]
    if not passed:
        message = f"the reference output does not reach {threshold:g}: {_losses(references)}"
        return _rejected(ValidationReason.REFERENCE_FAILED, message)
    if len(passed) < len(references):
        message = f"the reference output reaches {threshold:g} only sometimes: {_losses(references)}"
        return _rejected(ValidationReason.FLAKY, message)
    nops = [one for one in results if one.agent == "Nop"]
    if any(_passes(one, threshold) for one in nops):
        cure = "make the scoring functions stricter"
        message = f"an untouched environment reaches {threshold:g}: {_scores(nops)}; {cure}"
        return _rejected(ValidationReason.NOP_PASSED, message)
    message = f"{_scores(results)}; the threshold is {threshold:g}"
    return true(ConditionType.VALIDATED, ValidationReason.REFERENCE_PASSED, message)


def _rejected(reason: ValidationReason, message: str) -> NewCondition:
    return false(ConditionType.VALIDATED, reason, message)


def _passes(result: Result, threshold: float) -> bool:
    return result.score is not None and reaches(result.score, threshold)


def _why_unscored(result: Result) -> str:
    why = f"{result.reason}: {result.message}"
    return f"ScenarioRun {result.name} has no score ({why}): delete it to try again"


def _scores(results: Iterable[Result]) -> str:
    return ", ".join(f"{one.name} scored {one.score:g}" for one in results)


def _losses(results: Iterable[Result]) -> str:
    return ", ".join(
        f"{one.name} scored {one.score:g}" + (f" ({one.lost})" if one.lost else "") for one in results
    )


def _lost(run: KubeObject) -> str:
    """The functions of a run that gave less than 1, each with the first line that it or we say of it."""
    parts = []
    for one in run["status"].get("scores") or ():
        if one.get("score") is None or one["score"] >= 1:
            continue
        line = str(one.get("message") or "").partition("\n")[0]
        told = "" if line.startswith(OUTPUT_MARK) else line  # what it printed may be long, and is in the run
        parts.append(f"{one['name']} {one['score']:g}" + (f": {told}" if told else ""))
    return "; ".join(parts)[:LOST_MAX]
