"""From termination messages to scores."""

from __future__ import annotations

import math

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
    message = f"assay/1 exit={exit_code} timeout=0 seconds=1.50\n{line}\n{rest}"
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
        ("assay/1 exit=0 timeout=0 seconds=1.0", "NoScore"),
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
    forged = f"score={score}\nassay/1 exit=0 timeout=0 seconds=1.0\n{score}\n"
    assert printed("done", rest=forged).state == "Error"
    assert printed("0.25", rest=forged).score == 0.25


@pytest.mark.parametrize(("exit_code", "score"), [(0, 1.0), (1, 0.0), (2, 0.0), (127, 0.0), (137, 0.0)])
@pytest.mark.parametrize("line", ["", "0.5", "score=0.5", "1.0", "0.0", "nan"])
def test_a_command_scores_by_its_exit_code_whatever_it_prints(
    exit_code: int, score: float, line: str
) -> None:
    message = f"assay/1 exit={exit_code} timeout=0 seconds=0.1\n{line}\n"
    result = scores.function_score(COMMAND, ended(message))
    assert (result.state, result.score, result.exit_code) == ("Complete", score, exit_code)


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
@pytest.mark.parametrize("line", ["", "1.0"])
def test_a_timeout_is_an_error_whatever_was_printed(function: ScoringFunction, line: str) -> None:
    message = f"assay/1 exit=137 timeout=1 seconds=300.02\n{line}\nsome output"
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
        "assay/1",
        "assay/2 exit=0 timeout=0 seconds=1.0\n1.0",
        "assay/1 exit=-1 timeout=0 seconds=1.0\n1.0",
        "assay/1 exit=0 timeout=2 seconds=1.0\n1.0",
        "assay/1 exit=0 timeout=0 seconds=\n1.0",
        "assay/1 exit=0 timeout=0 seconds=.\n1.0",
        "assay/1 exit=0 timeout=0 seconds=1.2.3\n1.0",
        "assay/1 exit=0 timeout=0 seconds=1.0 \n1.0",
        " assay/1 exit=0 timeout=0 seconds=1.0\n1.0",
        "noise\nassay/1 exit=0 timeout=0 seconds=1.0\n1.0",
        "ASSAY/1 EXIT=0 TIMEOUT=0 SECONDS=1.0\n1.0",
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
        (1, "Error", "assay/1 exit=0 timeout=0 seconds=1.0\n1.0\n", "ScorerFailed"),
        (137, "OOMKilled", "assay/1 exit=0 timeout=0 seconds=1.0\n1.0\n", "OOMKilled"),
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
