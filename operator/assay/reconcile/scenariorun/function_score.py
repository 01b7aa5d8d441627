"""The score of one function, from the end of its container. No I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from assay.api.reasons import AnyReason, ScoreReason
from assay.api.scenariorun import FunctionScore
from assay.api.scoring import ScoringFunction
from assay.reconcile.common.pod_view import OUTPUT_MAX, Terminated
from assay.reconcile.common.runner_messages import KILLED

from . import result_file, score_report
from .score_report import Report

_SCORE = re.compile(r"^(?:score\s*=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$")
# The faults of a function, which `onError: Zero` forgives. All others are faults of ours or of the infrastructure.
_ITS_OWN = {
    ScoreReason.NO_SCORE,
    ScoreReason.SCORE_OUT_OF_RANGE,
    ScoreReason.TIMEOUT,
    ScoreReason.NO_TEST_REPORT,
    ScoreReason.OOM_KILLED,
}
_NO_REPORT = {
    "missing": "the command left no regular file {path} in $ASSAY_RESULTS: have it write its JUnit report there",
    "invalid": "{path} is not a JUnit report: the XML is broken off or is something else",
    "too-large": "the report {path} is larger than 3 MiB: write fewer tests or less of their output into it",
    "empty": "no test ran, by the report {path}: check what the command selects, or name the tests in failToPass",
}


class _Verdict(NamedTuple):
    """A score, or why there is none."""

    score: float | None
    reason: AnyReason | None = None
    message: str | None = None


def function_score(function: ScoringFunction, end: Terminated) -> FunctionScore:
    """The score that the function reported, or why it has none."""
    report = score_report.parse(end)
    score = _reported(function, report) if report else _unreported(function, end)
    if score.state == "Error" and function.on_error == "Zero" and score.reason in _ITS_OWN:
        message = f"counted as 0 (onError: Zero): {score.message}"[:OUTPUT_MAX]
        return score.model_copy(update={"score": 0.0, "message": message})
    return score


def _unreported(function: ScoringFunction, end: Terminated) -> FunctionScore:
    """A container that failed before the runner could report."""
    is_killed = end.reason == ScoreReason.OOM_KILLED
    reason = ScoreReason.OOM_KILLED if is_killed else ScoreReason.SCORER_FAILED
    return FunctionScore(
        name=function.name,
        weight=function.weight,
        state="Error",
        reason=reason,
        exit_code=end.exit_code,
        message=end.message[-OUTPUT_MAX:] or f"the scorer's container ended with exit code {end.exit_code}",
    )


def _reported(function: ScoringFunction, report: Report) -> FunctionScore:
    verdict = _verdict(function, report)
    parts = result_file.parse(report.result)
    return FunctionScore(
        name=function.name,
        weight=function.weight,
        state="Complete" if verdict.reason is None else "Error",
        score=verdict.score,
        reason=verdict.reason,
        exit_code=report.exit_code,
        seconds=report.seconds,
        subscores=parts.subscores,
        comment=parts.comment,
        message=_message([text for text in (verdict.message, parts.problem) if text], report.output),
    )


def _verdict(function: ScoringFunction, report: Report) -> _Verdict:
    if report.is_timeout:
        message = f"stopped after {report.seconds:.0f} s: raise its timeoutSeconds"
        return _Verdict(None, ScoreReason.TIMEOUT, message)
    if report.oom_kills and report.exit_code == KILLED:
        message = f"the kernel killed it, because the memory was used up (exit code {report.exit_code})"
        return _Verdict(None, ScoreReason.OOM_KILLED, message)
    if function.test_files and function.test_files.junit:
        return _of_tests(report, function.test_files.junit.path)
    if function.test_files or function.command:
        return _Verdict(1.0 if report.exit_code == 0 else 0.0)
    return _printed(report, is_hidden=function.output == "Hidden")


def _of_tests(report: Report, path: str) -> _Verdict:
    if report.tests_score is None:
        problem = _NO_REPORT[report.tests_problem or "missing"].format(path=path)
        message = f"{problem} (exit code {report.exit_code})"
        return _Verdict(None, ScoreReason.NO_TEST_REPORT, message)
    return _Verdict(min(1.0, report.tests_score))


def _printed(report: Report, *, is_hidden: bool) -> _Verdict:
    line = report.last_line
    match = _SCORE.match(line)
    if match is None:
        if is_hidden:
            found = "the last line on standard output is no score (output: Hidden)"
        elif line:
            found = f"the last line on standard output is {line!r}"
        else:
            found = "nothing was printed on standard output"
        message = (
            f"{found} (exit code {report.exit_code}): print a float from 0.0 to 1.0, or score=<float>, last"
        )
        return _Verdict(None, ScoreReason.NO_SCORE, message)
    value = float(match[1])
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        return _Verdict(None, ScoreReason.SCORE_OUT_OF_RANGE, f"{line!r} is not between 0.0 and 1.0")
    return _Verdict(value)


def _message(ours: Sequence[str], output: str) -> str | None:
    """Our own lines, how the tests went (the first line of the output), and as much of its end as there is room."""
    if output.startswith("tests: "):
        tests, _, output = output.partition("\n")
        ours = [*ours, tests]
    head = "\n".join(ours)
    room = OUTPUT_MAX - len(head) - 1
    parts = [head[:OUTPUT_MAX], output[-room:] if room > 0 else ""]
    return "\n".join(part for part in parts if part) or None
