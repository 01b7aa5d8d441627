"""From termination messages to scores: tests and their reports."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.scoring import ScoringFunction
from assay.reconcile.scenariorun import function_score
from tests.unit.reconcile.terminations import BASH, COMMAND, ended, message

TESTS: dict[str, Any] = {"files": [{"path": "test_a.py", "content": "x"}], "command": ["pytest"]}
REPORTED = ScoringFunction.model_validate(
    {"name": "tests", "type": "TestFiles", "testFiles": {**TESTS, "junit": {"path": "r/j.xml"}}}
)
PLAIN_TESTS = ScoringFunction.model_validate({"name": "tests", "type": "TestFiles", "testFiles": TESTS})


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(("value", "score"), [("0.916667", 0.916667), ("0", 0.0), ("1.000000", 1.0)])
def test_a_report_wins_over_exit_code_and_print(code: int, value: str, score: float) -> None:
    text = message(f" disk=3 score={value}", code=code, line="0.123", output="tests: 11 of 12 passed\nx")
    result = function_score.function_score(REPORTED, ended(text))
    assert (result.state, result.score, result.reason) == ("Complete", score, None)
    assert result.message == "tests: 11 of 12 passed\nx"


@pytest.mark.parametrize("problem", ["missing", "invalid", "too-large", "empty"])
def test_without_a_report_there_is_no_score(problem: str) -> None:
    result = function_score.function_score(
        REPORTED, ended(message(f" junit={problem}", line="1.0", output="log"))
    )
    assert (result.state, result.score, result.reason) == ("Error", None, "NoTestReport")
    assert result.message is not None
    assert "r/j.xml" in result.message
    assert "log" in result.message


def test_a_scorer_that_says_nothing_of_the_report_has_none() -> None:
    assert function_score.function_score(REPORTED, ended(message(line="1.0"))).reason == "NoTestReport"


@pytest.mark.parametrize(("code", "score"), [(0, 1.0), (1, 0.0)])
def test_tests_without_a_report_score_by_exit_code(code: int, score: float) -> None:
    result = function_score.function_score(PLAIN_TESTS, ended(message(" score=0.5", code=code, line="0.7")))
    assert (result.state, result.score) == ("Complete", score)


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
def test_only_functions_with_a_report_score_by_one(function: ScoringFunction) -> None:
    result = function_score.function_score(function, ended(message(" score=0.5", line="0.25", code=1)))
    assert result.score == (0.25 if function is BASH else 0.0)


def test_long_messages_keep_the_tests_and_the_end() -> None:
    text = message(" junit=missing", output="tests: none ran\n" + "x" * 4000 + "end")
    text_ = function_score.function_score(REPORTED, ended(text)).message
    assert text_ is not None
    assert len(text_) <= 2048
    assert "tests: none ran" in text_
    assert text_.endswith("xend")
