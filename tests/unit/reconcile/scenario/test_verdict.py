"""What runs prove of a scenario."""

from __future__ import annotations

import pytest

from assay.reconcile.scenario.verdict import NOT_APPLIED, Proof, proof, verdict
from tests.unit.specs.objects import existing, with_end


def reference(score: float | None, number: int = 1, reason: str = "Timeout") -> Proof:
    why = (reason, "as told") if score is None else (None, "")
    return Proof(f"reference-{number}", "Reference", True, score, *why)


def nop(score: float | None) -> Proof:
    return Proof("nop", "Nop", True, score, *((None, "") if score is not None else ("OOMKilled", "as told")))


@pytest.mark.parametrize(
    ("proofs", "threshold", "expected", "told"),
    [
        ([reference(1.0), nop(0.0)], 1.0, ("True", "ReferencePassed"), ["reference-1 scored 1", "nop scored 0"]),
        ([reference(0.9), reference(0.95, 2), nop(0.5)], 0.9, ("True", "ReferencePassed"), ["reference-2 scored 0.95"]),
        ([reference(0.3 * 3), nop(0.0)], 0.9, ("True", "ReferencePassed"), []),
        ([reference(0.5), nop(0.0)], 1.0, ("False", "ReferenceFailed"), ["reference-1 scored 0.5", "1"]),
        ([reference(0.5), reference(0.4, 2), nop(0.0)], 1.0, ("False", "ReferenceFailed"), ["scored 0.4"]),
        ([reference(1.0), reference(0.5, 2), nop(0.0)], 1.0, ("False", "Flaky"), ["-1 scored 1", "-2 scored 0.5"]),
        ([reference(1.0), nop(1.0)], 1.0, ("False", "NopPassed"), ["nop scored 1"]),
        ([reference(0.9), nop(0.8)], 0.8, ("False", "NopPassed"), ["0.8"]),
        ([reference(None), nop(0.0)], 1.0, ("False", "NotScored"), ["reference-1", "Timeout", "delete it"]),
        ([reference(1.0), nop(None)], 1.0, ("False", "NotScored"), ["nop", "OOMKilled"]),
        ([reference(None), nop(None)], 1.0, ("False", "NotScored"), ["reference-1", "nop"]),
        ([reference(None, reason=NOT_APPLIED), nop(0.0)], 1.0, ("False", "ReferenceFailed"), ["-1", "as told"]),
        ([reference(None, reason=NOT_APPLIED), nop(None)], 1.0, ("False", "ReferenceFailed"), ["as told"]),
    ],
)  # fmt: skip
def test_verdicts(proofs: list[Proof], threshold: float, expected: tuple[str, str], told: list[str]) -> None:
    status, reason, message = verdict(proofs, threshold)
    assert (status, reason) == expected
    for text in told:
        assert text in message


def test_what_a_stored_run_says() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "Timeout", "message": "too slow"}
    run = existing("ScenarioRun", "r", status={"phase": "Failed", "conditions": [failed]})
    assert proof(run, "Nop") == Proof("r", "Nop", True, None, "Timeout", "too slow")
    run["status"] = with_end({"phase": "Complete", "score": 0.0})
    assert proof(run, "Nop") == Proof("r", "Nop", True, 0.0)
    run["status"] = {"phase": "Scoring", "score": 0.5}
    assert proof(run, "Nop") == Proof("r", "Nop")
