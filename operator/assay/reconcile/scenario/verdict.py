"""What the runs that were to prove a scenario say of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from assay.api.scenario import ValidationRun
from assay.reconcile.common.objects import is_finished
from assay.reconcile.common.score import reaches
from assay.specs.validation_run import Prover

NOT_APPLIED = "ReferenceNotApplied"


class Proof(NamedTuple):
    """One of these runs."""

    name: str
    agent: Prover
    ended: bool = False
    score: float | None = None
    reason: str | None = None
    """Why it has no score."""
    message: str = ""

    def row(self) -> ValidationRun:
        """As the scenario's status has it."""
        return ValidationRun(name=self.name, agent=self.agent, score=self.score, reason=self.reason)


class Verdict(NamedTuple):
    """Status, reason and message of the condition Validated."""

    status: Literal["True", "False"]
    reason: str
    message: str


def proof(run: Mapping[str, Any], agent: Prover) -> Proof:
    """What a run, as stored, says."""
    name, status = run["metadata"]["name"], run.get("status") or {}
    if not is_finished(run):
        return Proof(name, agent)
    if (score := status.get("score")) is not None:
        return Proof(name, agent, True, score)
    conditions: list[dict[str, Any]] = status.get("conditions") or []
    failed = next((c for c in conditions if c["type"] == "Failed"), {})
    return Proof(name, agent, True, None, failed.get("reason") or "Unknown", failed.get("message") or "")


def verdict(proofs: Sequence[Proof], threshold: float) -> Verdict:
    """The verdict once all of them have ended: the reference must reach the threshold each time, Nop must not."""
    references = [one for one in proofs if one.agent == "Reference"]
    nops = [one for one in proofs if one.agent == "Nop"]
    for one in references:
        if one.reason == NOT_APPLIED:
            return Verdict("False", "ReferenceFailed", f"ScenarioRun {one.name}: {one.message}")
    if unscored := [one for one in proofs if one.score is None]:
        said = "; ".join(
            f"ScenarioRun {one.name} has no score ({one.reason}: {one.message}): delete it to try again"
            for one in unscored
        )
        return Verdict("False", "NotScored", said)
    passed = [one for one in references if reaches(one.score or 0.0, threshold)]
    if not passed:
        why = f"the reference output does not reach {threshold:g}: {_told(references)}"
        return Verdict("False", "ReferenceFailed", why)
    if len(passed) < len(references):
        why = f"the reference output reaches {threshold:g} only sometimes: {_told(references)}"
        return Verdict("False", "Flaky", why)
    if any(reaches(one.score or 0.0, threshold) for one in nops):
        why = f"an untouched environment reaches {threshold:g}: {_told(nops)}; make the scoring functions stricter"
        return Verdict("False", "NopPassed", why)
    return Verdict("True", "ReferencePassed", f"{_told(proofs)}; the threshold is {threshold:g}")


def _told(proofs: Iterable[Proof]) -> str:
    return ", ".join(f"{one.name} scored {one.score:g}" for one in proofs)
