"""From termination messages to scores: what is printed, exit codes, and which messages are believed."""

from __future__ import annotations

import pytest

from assay.api.scenariorun import FunctionScore
from assay.api.scoring import ScoringFunction
from assay.reconcile.scenariorun import function_score, score_report
from tests.unit.reconcile.terminations import BASH, COMMAND, ended, message


def printed(line: str, exit_code: int = 0, rest: str = "") -> FunctionScore:
    """What a script's last line is worth."""
    message = f"assay/2 exit={exit_code} timeout=0 seconds=1.50\n{line}\n\n{rest}"
    return function_score.function_score(BASH, ended(message))


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
    result = function_score.function_score(COMMAND, ended(message))
    assert (result.state, result.score, result.exit_code) == ("Complete", score, exit_code)


@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
@pytest.mark.parametrize("line", ["", "1.0"])
def test_a_timeout_is_an_error_whatever_was_printed(function: ScoringFunction, line: str) -> None:
    message = f"assay/2 exit=137 timeout=1 seconds=300.02\n{line}\n\nsome output"
    result = function_score.function_score(function, ended(message))
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
    result = function_score.function_score(function, ended(message))
    assert (result.state, result.score, result.reason) == ("Error", None, "ScorerFailed")


@pytest.mark.parametrize(
    ("exit_code", "reason", "message", "expected"),
    [
        (125, "Error", "assay-score: cannot mount", "ScorerFailed"),
        (137, "OOMKilled", "", "OOMKilled"),
        (1, "Error", "assay/2 exit=0 timeout=0 seconds=1.0\n1.0\n", "ScorerFailed"),
        (137, "OOMKilled", "assay/2 exit=0 timeout=0 seconds=1.0\n1.0\n", "OOMKilled"),
    ],
)
@pytest.mark.parametrize("function", [BASH, COMMAND], ids=["BashScript", "Command"])
def test_a_container_that_failed_says_nothing_of_the_agent(
    function: ScoringFunction, exit_code: int, reason: str, message: str, expected: str
) -> None:
    result = function_score.function_score(function, ended(message, exit_code, reason))
    assert (result.state, result.score, result.reason) == ("Error", None, expected)
    assert result.message


@pytest.mark.parametrize("line", ["0.5", "no score", "2"])
def test_results_stay_within_the_schemas_limits(line: str) -> None:
    result = printed(line[:256], rest="ä" * 4000)
    FunctionScore.model_validate(result.model_dump())


@pytest.mark.parametrize(("fields", "percent"), [("", None), (" disk=0", 0), (" disk=99 score=1.0", 99)])
def test_disk(fields: str, percent: int | None) -> None:
    assert score_report.disk_percent(ended(message(fields))) == percent
    assert score_report.disk_percent(ended(message(fields), 1)) is None


@pytest.mark.parametrize(
    ("fields", "code", "line", "expected"),
    [
        (" oom=1 disk=3", 137, "", ("Error", None, "OOMKilled")),
        (" oom=2 disk=3", 0, "0.5", ("Complete", 0.5, None)),
        (" oom=1 disk=3", 1, "0.5", ("Complete", 0.5, None)),
        (" disk=3", 137, "0.5", ("Complete", 0.5, None)),
    ],
    ids=["killed itself", "went on", "went on and failed", "killed by another"],
)
def test_only_a_function_that_was_killed_itself_ran_out_of_memory(
    fields: str, code: int, line: str, expected: tuple[str, float | None, str | None]
) -> None:
    score = function_score.function_score(BASH, ended(message(fields, code=code, line=line)))
    assert (score.state, score.score, score.reason) == expected


@pytest.mark.parametrize("line", ["", "ok"])
def test_of_a_hidden_output_no_line_is_quoted(line: str) -> None:
    hidden = BASH.model_copy(update={"output": "Hidden"})
    scored = function_score.function_score(hidden, ended(message(line="0.25")))
    assert (scored.score, scored.message) == (0.25, None)
    found = function_score.function_score(hidden, ended(message(line=line, code=3)))
    assert (found.state, found.reason) == ("Error", "NoScore")
    assert found.message
    assert found.message.startswith(
        "the last line on standard output is no score (output: Hidden) (exit code 3)"
    )
    assert "nothing was printed" not in found.message
