"""From what the scorer's containers reported to a score. Pure.

The only source is the termination message that the toolbox's score.sh wrote (operator/toolbox/score.sh); no
file that an agent can write is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from assay.api.scenariorun import FunctionScore
from assay.api.scoring import ScoringFunction

from .pods import OUTPUT_MAX, Terminated

PROTOCOL = "assay/1"
_HEADER = re.compile(r"^assay/1 exit=(\d+) timeout=([01]) seconds=(\d+(?:\.\d+)?)$")
_SCORE = re.compile(r"^(?:score\s*=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$")
_DIGITS = 6


def function_score(function: ScoringFunction, end: Terminated) -> FunctionScore:
    """What one function said, or why it said nothing."""
    result = FunctionScore(name=function.name, weight=function.weight, state="Error")
    header, _, rest = end.message.partition("\n")
    match = _HEADER.match(header)
    if end.exit_code != 0 or match is None:
        result.exit_code = end.exit_code
        result.reason = end.reason if end.reason not in ("", "Error", "Completed") else "ScorerFailed"
        result.message = (
            end.message[-OUTPUT_MAX:] or f"the scorer's container ended with exit code {end.exit_code}"
        )
        return result
    last_line, _, output = rest.partition("\n")
    result.exit_code, result.seconds = int(match[1]), float(match[3])
    result.message = output[-OUTPUT_MAX:] or None
    if match[2] == "1":
        result.reason = "Timeout"
        result.message = f"stopped after {result.seconds:.0f} s: raise its timeoutSeconds\n{output}"[
            :OUTPUT_MAX
        ]
    elif function.type == "Command":
        result.state, result.score = "Complete", 1.0 if result.exit_code == 0 else 0.0
    else:
        _printed(result, last_line.strip(), output)
    return result


def _printed(result: FunctionScore, line: str, output: str) -> None:
    match = _SCORE.match(line)
    if match is None:
        result.reason = "NoScore"
        said = (
            f"the last line on standard output is {line!r}"
            if line
            else "nothing was printed on standard output"
        )
        result.message = (
            f"{said} (exit code {result.exit_code}): print a float from 0.0 to 1.0, or score=<float>, last\n{output}"
        )[:OUTPUT_MAX]
        return
    value = float(match[1])
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        result.reason = "ScoreOutOfRange"
        result.message = f"{line!r} is not between 0.0 and 1.0\n{output}"[:OUTPUT_MAX]
        return
    result.state, result.score = "Complete", value


def total(scores: Sequence[FunctionScore]) -> float:
    """Σ weight·score / Σ weight over functions that all have a score."""
    weights = sum(score.weight for score in scores)
    return round(sum(score.weight * (score.score or 0.0) for score in scores) / weights, _DIGITS)


def reaches(score: float, threshold: float) -> bool:
    """Whether a score reaches a threshold, binary fractions aside."""
    return score >= threshold - 0.5 * 0.1**_DIGITS
