"""From what the scorer's containers reported to a score. Pure.

The only source is the termination message that the toolbox's score.sh wrote (operator/toolbox/score.sh); no
file that an agent can write is read.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from assay.api.scenariorun import FunctionScore
from assay.api.scoring import ScoringFunction
from assay.reconcile.common.pod_view import OUTPUT_MAX, Terminated

PROTOCOL = "assay/2"
_DECIMAL = r"\d+(?:\.\d+)?"
_HEADER = re.compile(
    rf"^{PROTOCOL} exit=(?P<exit>\d+) timeout=(?P<timeout>[01]) seconds=(?P<seconds>{_DECIMAL})"
    rf"(?: disk=(?P<disk>\d+))?(?: score=(?P<score>{_DECIMAL}))?"
    r"(?: junit=(?P<junit>missing|invalid|too-large|empty))?(?: result=(?P<result>too-large))?$"
)
_SCORE = re.compile(r"^(?:score\s*=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$")
_SUBSCORES_MAX, _NAME_MAX, _COMMENT_MAX = 32, 63, 1024
# What a function can do to itself, and onError: Zero forgives. Everything else is ours, or the infrastructure's.
_ITS_OWN = {"NoScore", "ScoreOutOfRange", "Timeout", "NoTestReport", "OOMKilled"}
_NO_REPORT = {
    "missing": "the command left no regular file {path} in $ASSAY_RESULTS: have it write its JUnit report there",
    "invalid": "{path} is not a JUnit report: the XML is broken off or is something else",
    "too-large": "the report {path} is larger than 3 MiB: write fewer tests or less of their output into it",
    "empty": "no test ran, by the report {path}: check what the command selects, or name the tests in failToPass",
}


@dataclass(frozen=True, slots=True)
class _Report:
    """A message of score.sh."""

    header: re.Match[str]
    last_line: str
    result: str
    output: str


def function_score(function: ScoringFunction, end: Terminated) -> FunctionScore:
    """What one function said, or why it said nothing."""
    score = FunctionScore(name=function.name, weight=function.weight, state="Error")
    report = _parse(end)
    if report is None:
        score.exit_code = end.exit_code
        score.reason = end.reason if end.reason not in ("", "Error", "Completed") else "ScorerFailed"
        score.message = (
            end.message[-OUTPUT_MAX:] or f"the scorer's container ended with exit code {end.exit_code}"
        )
    else:
        score.exit_code, score.seconds = int(report.header["exit"]), float(report.header["seconds"])
        said = _said(function, score, report)
        note = _parts(score, report)
        score.message = _message([part for part in (said, note) if part], report.output)
    if score.state == "Error" and function.on_error == "Zero" and score.reason in _ITS_OWN:
        score.score = 0.0
        score.message = f"counted as 0 (onError: Zero): {score.message}"[:OUTPUT_MAX]
    return score


def disk_percent(end: Terminated) -> int | None:
    """How full the agent left its volume, 0 to 100; None where the scorer does not say."""
    report = _parse(end)
    return int(report.header["disk"]) if report and report.header["disk"] else None


def _parse(end: Terminated) -> _Report | None:
    header, _, rest = end.message.partition("\n")
    match = _HEADER.match(header)
    if end.exit_code != 0 or match is None:
        return None
    last_line, _, rest = rest.partition("\n")
    result, _, output = rest.partition("\n")
    return _Report(match, last_line.strip(), result, output)


def _said(function: ScoringFunction, score: FunctionScore, report: _Report) -> str | None:
    """Fills in state, score and reason; returns what to say of an error."""
    if report.header["timeout"] == "1":
        score.reason = "Timeout"
        return f"stopped after {score.seconds:.0f} s: raise its timeoutSeconds"
    if function.test_files and function.test_files.junit:
        return _reported(score, report, function.test_files.junit.path)
    if function.test_files or function.command:
        score.state, score.score = "Complete", 1.0 if score.exit_code == 0 else 0.0
        return None
    return _printed(score, report.last_line)


def _reported(score: FunctionScore, report: _Report, path: str) -> str | None:
    value = report.header["score"]
    if value is None:
        score.reason = "NoTestReport"
        problem = _NO_REPORT[report.header["junit"] or "missing"].format(path=path)
        return f"{problem} (exit code {score.exit_code})"
    score.state, score.score = "Complete", min(1.0, float(value))
    return None


def _printed(score: FunctionScore, line: str) -> str | None:
    match = _SCORE.match(line)
    if match is None:
        score.reason = "NoScore"
        said = (
            f"the last line on standard output is {line!r}"
            if line
            else "nothing was printed on standard output"
        )
        return f"{said} (exit code {score.exit_code}): print a float from 0.0 to 1.0, or score=<float>, last"
    value = float(match[1])
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        score.reason = "ScoreOutOfRange"
        return f"{line!r} is not between 0.0 and 1.0"
    score.state, score.score = "Complete", value
    return None


def _parts(score: FunctionScore, report: _Report) -> str | None:
    """Fills in subscores and comment from result.json; returns what is wrong with it."""
    if report.header["result"]:
        return "result.json is too large (1500 bytes at most, less with many functions): it was left out"
    if not report.result:
        return None
    try:
        said = json.loads(report.result)
    except (ValueError, RecursionError) as error:
        return f"result.json is not JSON: {error}"
    if not isinstance(said, dict):
        return "result.json is not an object with scores and comment"
    scores, comment = said.get("scores"), said.get("comment")
    if isinstance(comment, str) and comment:
        comment = _text(comment)
        score.comment = comment if len(comment) <= _COMMENT_MAX else comment[: _COMMENT_MAX - 1] + "…"
    if not scores:
        return None
    given = scores if isinstance(scores, dict) else {}
    good = {_text(name): float(value) for name, value in given.items() if _fits(name, value)}
    score.subscores = dict(list(good.items())[:_SUBSCORES_MAX]) or None
    if given and len(score.subscores or {}) == len(given):
        return None
    return (
        "result.json: scores is an object of at most 32 numbers, names of 63 characters: the rest is left out"
    )


def _fits(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < len(name) <= _NAME_MAX and -1e308 <= value <= 1e308  # not NaN, nor too large for a float


def _text(escaped: str) -> str:
    """JSON may name halves of characters, which no API server takes."""
    return escaped.encode("utf-8", "replace").decode()


def _message(said: list[str], output: str) -> str | None:
    """What we say, how the tests went (the first line), and the end of the output, as far as there is room."""
    if output.startswith("tests: "):
        tests, _, output = output.partition("\n")
        said = [*said, tests]
    head = "\n".join(said)
    room = OUTPUT_MAX - len(head) - 1
    parts = [head[:OUTPUT_MAX], output[-room:] if room > 0 else ""]
    return "\n".join(part for part in parts if part) or None
