"""The verdict about a scenario from the results of its runs."""

from __future__ import annotations

import pytest

from assay.reconcile.scenario.verdict import Result, result_of, verdict
from assay.reconcile.watch.transforms import TRANSFORMS
from tests.unit.reconcile.caches import owner
from tests.unit.specs.objects import Obj, existing, with_end

NOT_APPLIED = "ReferenceNotApplied"


def reference(score: float | None, number: int = 1, reason: str = "Timeout") -> Result:
    why = (reason, "as told") if score is None else (None, "")
    return Result(f"reference-{number}", "Reference", True, score, *why)


def nop(score: float | None) -> Result:
    return Result("nop", "Nop", True, score, *((None, "") if score is not None else ("OOMKilled", "as told")))


@pytest.mark.parametrize(
    ("results", "threshold", "expected", "parts"),
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
def test_verdicts(
    results: list[Result], threshold: float, expected: tuple[str, str], parts: list[str]
) -> None:
    type_, status, reason, message = verdict(results, threshold)
    assert (type_, status, reason) == ("Validated", *expected)
    for text in parts:
        assert text in message


def test_the_result_of_a_run() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "Timeout", "message": "too slow"}
    run = existing("ScenarioRun", "r", status={"phase": "Failed", "conditions": [failed]})
    assert result_of(run, "Nop") == Result("r", "Nop", True, None, "Timeout", "too slow")
    run["status"] = with_end({"phase": "Complete", "score": 0.0})
    assert result_of(run, "Nop") == Result("r", "Nop", True, 0.0)
    run["status"] = {"phase": "Scoring", "score": 0.5}
    assert result_of(run, "Nop") == Result("r", "Nop")


def test_what_the_reference_lost_is_told() -> None:
    scores: list[Obj] = [
        {
            "name": "tests",
            "score": 0.9,
            "message": "tests: 9 of 10 passed; failed: test_stamp\n--- stdout\nx",
        },
        {"name": "style", "score": 0.5, "message": "--- stdout\nlong"},
        {"name": "size", "score": 0.0},
        {"name": "good", "score": 1.0, "message": "fine"},
        {"name": "broken", "message": "no number"},
    ]
    ended = existing(
        "ScenarioRun",
        "r",
        owner_references=owner("Scenario", "s"),
        spec={},
        status={"phase": "Complete", "score": 0.9, "scores": scores},
    )
    lost = result_of(TRANSFORMS["ScenarioRun"](ended), "Reference")
    told = verdict([lost], 1.0)
    assert told.message == (
        "the reference output does not reach 1: r scored 0.9 "
        "(tests 0.9: tests: 9 of 10 passed; failed: test_stamp; style 0.5; size 0)"
    )
    scores[0]["message"] = "y" * 10_000
    assert len(verdict([result_of(ended, "Reference")], 1.0).message) < 600
