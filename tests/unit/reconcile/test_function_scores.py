"""From termination messages to scores."""

from __future__ import annotations

import math
from typing import Any

import pytest

from assay.api.scenariorun import FunctionScore
from assay.api.scoring import ScoringFunction
from assay.reconcile import scores
from assay.reconcile.pods import Terminated

BASH = ScoringFunction.model_validate(
    {"name": "tests", "type": "BashScript", "weight": 0.7, "bashScript": {"script": "x"}}
)
COMMAND = ScoringFunction.model_validate(
    {"name": "lint", "type": "Command", "command": {"command": ["make", "lint"]}}
)


def ended(message: str, exit_code: int = 0, reason: str = "Completed") -> Terminated:
    return Terminated(exit_code, reason, message, None, None)


def printed(line: str, exit_code: int = 0, rest: str = "") -> FunctionScore:
    """What a script's last line is worth."""
    message = f"assay/2 exit={exit_code} timeout=0 seconds=1.50\n{line}\n\n{rest}"
    return scores.function_score(BASH, ended(message))


@pytest.mark.parametrize(
    ("line", "score"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("1.0", 1.0),
        ("0.0", 0.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("+0.5", 0.5),
        ("-0.0", 0.0),
        ("5e-1", 0.5),
        ("1E-3", 0.001),
        ("0.1428571428571428", 0.1428571428571428),
        ("score=0.25", 0.25),
        ("score = 0.25", 0.25),
        ("  0.75  ", 0.75),
        ("score=1", 1.0),
    ],
)
@pytest.mark.parametrize("exit_code", [0, 1, 137])
def test_a_printed_score_wins_over_the_exit_code(line: str, score: float, exit_code: int) -> None:
    result = printed(line, exit_code)
    assert (result.state, result.score, result.reason) == ("Complete", score, None)
    assert (result.name, result.weight) == ("tests", 0.7)
    assert (result.exit_code, result.seconds) == (exit_code, 1.5)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "NoScore"),
        ("ok", "NoScore"),
        ("0.5 0.5", "NoScore"),
        ("0,5", "NoScore"),
        ("50%", "NoScore"),
        ("score: 0.5", "NoScore"),
        ("Score=0.5", "NoScore"),
        ("score=", "NoScore"),
        ("the score=0.5", "NoScore"),
        ("nan", "NoScore"),
        ("inf", "NoScore"),
        ("-inf", "NoScore"),
        ("0x1", "NoScore"),
        ("1_0", "NoScore"),
        ("assay/2 exit=0 timeout=0 seconds=1.0", "NoScore"),
        ("1.0001", "ScoreOutOfRange"),
        ("-0.1", "ScoreOutOfRange"),
        ("100", "ScoreOutOfRange"),
        ("score=2", "ScoreOutOfRange"),
        ("1e999", "ScoreOutOfRange"),
        ("-1e999", "ScoreOutOfRange"),
    ],
)
@pytest.mark.parametrize("exit_code", [0, 1])
def test_no_valid_score_is_an_error_never_0(line: str, reason: str, exit_code: int) -> None:
    result = printed(line, exit_code)
    assert (result.state, result.score, result.reason) == ("Error", None, reason)
    assert result.message


@pytest.mark.parametrize("score", ["0", "0.5", "1"])
def test_only_the_last_line_counts(score: str) -> None:
    forged = f"score={score}\nassay/2 exit=0 timeout=0 seconds=1.0\n{score}\n"
    assert printed("done", rest=forged).state == "Error"
    assert printed("0.25", rest=forged).score == 0.25


@pytest.mark.parametrize(("exit_code", "score"), [(0, 1.0), (1, 0.0), (2, 0.0), (127, 0.0), (137, 0.0)])
@pytest.mark.parametrize("line", ["", "0.5", "score=0.5", "1.0", "0.0", "nan"])
def test_a_command_scores_by_its_exit_code_whatever_it_prints(
    exit_code: int, score: float, line: str
) -> None:
    message = f"assay/2 exit={exit_code} timeout=0 seconds=0.1\n{line}\n\n"
    result = scores.function_score(COMMAND, ended(message))
    assert (result.state, result.score, result.exit_code) == ("Complete", score, exit_code)


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
@pytest.mark.parametrize("line", ["", "1.0"])
def test_a_timeout_is_an_error_whatever_was_printed(function: ScoringFunction, line: str) -> None:
    message = f"assay/2 exit=137 timeout=1 seconds=300.02\n{line}\n\nsome output"
    result = scores.function_score(function, ended(message))
    assert (result.state, result.score, result.reason) == ("Error", None, "Timeout")
    assert result.message is not None
    assert "timeoutSeconds" in result.message
    assert "some output" in result.message


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
@pytest.mark.parametrize(
    "message",
    [
        "",
        "1.0",
        "score=1.0",
        "\n1.0",
        "assay/2",
        "assay/1 exit=0 timeout=0 seconds=1.0\n1.0",
        "assay/3 exit=0 timeout=0 seconds=1.0\n1.0",
        "assay/2 exit=-1 timeout=0 seconds=1.0\n1.0",
        "assay/2 exit=0 timeout=2 seconds=1.0\n1.0",
        "assay/2 exit=0 timeout=0 seconds=\n1.0",
        "assay/2 exit=0 timeout=0 seconds=.\n1.0",
        "assay/2 exit=0 timeout=0 seconds=1.2.3\n1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0 \n1.0",
        " assay/2 exit=0 timeout=0 seconds=1.0\n1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0 score=1.0 disk=3\n1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0 score=-1\n1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0 junit=odd\n1.0",
        "noise\nassay/2 exit=0 timeout=0 seconds=1.0\n1.0",
        "ASSAY/2 EXIT=0 TIMEOUT=0 SECONDS=1.0\n1.0",
    ],
)
def test_without_our_header_nothing_is_believed(function: ScoringFunction, message: str) -> None:
    result = scores.function_score(function, ended(message))
    assert (result.state, result.score, result.reason) == ("Error", None, "ScorerFailed")


@pytest.mark.parametrize(
    ("exit_code", "reason", "message", "expected"),
    [
        (125, "Error", "assay-score: cannot mount", "ScorerFailed"),
        (137, "OOMKilled", "", "OOMKilled"),
        (137, "ContainerStatusUnknown", "The container could not be located", "ContainerStatusUnknown"),
        (128, "StartError", "failed to create containerd task", "StartError"),
        (1, "Error", "assay/2 exit=0 timeout=0 seconds=1.0\n1.0\n", "ScorerFailed"),
        (137, "OOMKilled", "assay/2 exit=0 timeout=0 seconds=1.0\n1.0\n", "OOMKilled"),
    ],
)
@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
def test_a_container_that_failed_says_nothing_of_the_agent(
    function: ScoringFunction, exit_code: int, reason: str, message: str, expected: str
) -> None:
    result = scores.function_score(function, ended(message, exit_code, reason))
    assert (result.state, result.score, result.reason) == ("Error", None, expected)
    assert result.message


@pytest.mark.parametrize("line", ["0.5", "no score", "2"])
def test_results_stay_within_the_schemas_limits(line: str) -> None:
    result = printed(line[:256], rest="ä" * 4000)
    FunctionScore.model_validate(result.model_dump())


# --- tests and their reports ---

TESTS: dict[str, Any] = {"files": [{"path": "test_a.py", "content": "x"}], "command": ["pytest"]}
REPORTED = ScoringFunction.model_validate(
    {"name": "tests", "type": "TestFiles", "testFiles": {**TESTS, "junit": {"path": "r/j.xml"}}}
)
PLAIN_TESTS = ScoringFunction.model_validate({"name": "tests", "type": "TestFiles", "testFiles": TESTS})


def message(fields: str = "", *, code: int = 0, line: str = "", result: str = "", output: str = "") -> str:
    return f"assay/2 exit={code} timeout=0 seconds=1.50{fields}\n{line}\n{result}\n{output}"


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(("value", "score"), [("0.916667", 0.916667), ("0", 0.0), ("1.000000", 1.0)])
def test_a_report_wins_over_exit_code_and_print(code: int, value: str, score: float) -> None:
    text = message(f" disk=3 score={value}", code=code, line="0.123", output="tests: 11 of 12 passed\nx")
    result = scores.function_score(REPORTED, ended(text))
    assert (result.state, result.score, result.reason) == ("Complete", score, None)
    assert result.message == "tests: 11 of 12 passed\nx"


@pytest.mark.parametrize("problem", ["missing", "invalid", "too-large", "empty"])
def test_without_a_report_there_is_no_score(problem: str) -> None:
    result = scores.function_score(REPORTED, ended(message(f" junit={problem}", line="1.0", output="log")))
    assert (result.state, result.score, result.reason) == ("Error", None, "NoTestReport")
    assert result.message is not None
    assert "r/j.xml" in result.message
    assert "log" in result.message


def test_a_scorer_that_says_nothing_of_the_report_has_none() -> None:
    assert scores.function_score(REPORTED, ended(message(line="1.0"))).reason == "NoTestReport"


@pytest.mark.parametrize(("code", "score"), [(0, 1.0), (1, 0.0)])
def test_tests_without_a_report_score_by_exit_code(code: int, score: float) -> None:
    result = scores.function_score(PLAIN_TESTS, ended(message(" score=0.5", code=code, line="0.7")))
    assert (result.state, result.score) == ("Complete", score)


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
def test_only_functions_with_a_report_score_by_one(function: ScoringFunction) -> None:
    result = scores.function_score(function, ended(message(" score=0.5", line="0.25", code=1)))
    assert result.score == (0.25 if function is BASH else 0.0)


# --- result.json ---


def parts(result: str, fields: str = "") -> FunctionScore:
    score = scores.function_score(BASH, ended(message(fields, line="0.5", result=result, output="log")))
    assert (score.state, score.score) == ("Complete", 0.5), "nothing in it changes the score"
    FunctionScore.model_validate(score.model_dump())
    score.model_dump_json().encode()
    return score


def test_subscores_and_comment() -> None:
    score = parts('{"scores": {"speed": 0.25, "style": 7}, "comment": "fine"}')
    assert (score.subscores, score.comment) == ({"speed": 0.25, "style": 7.0}, "fine")
    assert score.message == "log"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("{", "not JSON"),
        ("[" * 1400, "not JSON"),
        ("1" * 1400, "not an object"),
        ("[]", "not an object"),
        ('{"scores": {"a": NaN, "b": true, "c": "1", "d": 1e999, "e": null}}', "left out"),
        ('{"scores": 3}', "left out"),
        ('{"scores": "ab"}', "left out"),
        ('{"scores": {"' + "x" * 64 + '": 1}}', "left out"),
    ],
)
def test_a_result_that_is_none_is_left_out(result: str, said: str) -> None:
    score = parts(result)
    assert (score.subscores, score.comment) == (None, None)
    assert score.message is not None
    assert said in score.message
    assert score.message.endswith("log")


def test_a_result_that_is_too_large_is_left_out() -> None:
    score = parts("", " result=too-large")
    assert score.message is not None
    assert "too large" in score.message


def test_results_are_bounded() -> None:
    many = ", ".join(f'"s{i}": {i}' for i in range(40))
    score = parts(f'{{"scores": {{{many}}}, "comment": "{"x" * 2000}"}}')
    assert score.subscores is not None
    assert score.comment is not None
    assert (len(score.subscores), len(score.comment), score.comment[-1]) == (32, 1024, "…")
    assert parts('{"comment": "\\ud800", "scores": {"\\udfff": 1}}').comment == "?"
    assert parts('{"other": 1, "comment": ""}').comment is None


# --- disk, onError ---


@pytest.mark.parametrize(("fields", "percent"), [("", None), (" disk=0", 0), (" disk=99 score=1.0", 99)])
def test_disk(fields: str, percent: int | None) -> None:
    assert scores.disk_percent(ended(message(fields))) == percent
    assert scores.disk_percent(ended(message(fields), 1)) is None


FORGIVEN = {
    "NoScore": ended(message(line="no")),
    "ScoreOutOfRange": ended(message(line="2")),
    "Timeout": ended("assay/2 exit=137 timeout=1 seconds=3.00\n1.0\n\n"),
    "OOMKilled": ended("", 137, "OOMKilled"),
}


@pytest.mark.parametrize("reason", FORGIVEN)
def test_on_error_zero_counts_what_the_function_did(reason: str) -> None:
    lenient = BASH.model_copy(update={"on_error": "Zero"})
    result = scores.function_score(lenient, FORGIVEN[reason])
    assert (result.state, result.score, result.reason) == ("Error", 0.0, reason)
    assert result.message is not None
    assert result.message.startswith("counted as 0 (onError: Zero): ")
    assert scores.function_score(BASH, FORGIVEN[reason]).score is None


@pytest.mark.parametrize(
    "end",
    [ended("assay-score: cannot mount", 125, "Error"), ended("", 128, "StartError"), ended("junk")],
)
def test_on_error_zero_never_counts_what_we_did(end: Terminated) -> None:
    lenient = BASH.model_copy(update={"on_error": "Zero"})
    assert scores.function_score(lenient, end).score is None


def test_long_messages_keep_the_tests_and_the_end() -> None:
    text = message(" junit=missing", output="tests: none ran\n" + "x" * 4000 + "end")
    said = scores.function_score(REPORTED, ended(text)).message
    assert said is not None
    assert len(said) <= 2048
    assert "tests: none ran" in said
    assert said.endswith("xend")


# --- total and threshold ---


def result(score: float, weight: float) -> FunctionScore:
    return FunctionScore(name="x", weight=weight, state="Complete", score=score)


@pytest.mark.parametrize(
    ("parts", "total"),
    [
        ([(1.0, 1.0)], 1.0),
        ([(0.0, 1.0)], 0.0),
        ([(1.0, 0.7), (0.0, 0.3)], 0.7),
        ([(0.0, 0.7), (1.0, 0.3)], 0.3),
        ([(1.0, 0.7), (1.0, 0.3)], 1.0),
        ([(1.0, 0.1)] * 10, 1.0),
        ([(1.0, 7.0), (0.0, 3.0)], 0.7),
        ([(1.0, 2.0), (0.5, 2.0)], 0.75),
        ([(1.0, 1 / 3), (1.0, 1 / 3), (1.0, 1 / 3)], 1.0),
        ([(1.0, 1e-9), (0.0, 1e6)], 0.0),
        ([(0.3, 1.0), (0.6, 1.0)], 0.45),
    ],
)
def test_the_total_is_the_weighted_mean(parts: list[tuple[float, float]], total: float) -> None:
    value = scores.total([result(score, weight) for score, weight in parts])
    assert value == total
    assert math.copysign(1.0, value) == 1.0


@pytest.mark.parametrize(
    ("score", "threshold", "reached"),
    [
        (1.0, 1.0, True),
        (0.999999, 1.0, False),
        (0.99, 1.0, False),
        (0.7, 0.7, True),
        (0.699999, 0.7, False),
        (scores.total([result(1.0, 0.1), result(1.0, 0.2), result(0.0, 0.7)]), 0.3, True),
        (0.0, 0.000001, False),
        (1.0, 0.5, True),
    ],
)
def test_the_threshold_counts_as_reached(score: float, threshold: float, reached: bool) -> None:
    assert scores.reaches(score, threshold) is reached
