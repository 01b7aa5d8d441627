"""The termination message of a scorer's container, which the runner writes. No I/O.

It is the only source of a score: the operator reads no file that an agent can write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.reconcile.common.pod_view import Terminated
from assay.reconcile.common.runner_messages import DECIMAL, HEADER

_HEADER = re.compile(
    rf"^{HEADER}"
    rf"(?: oom=(?P<oom>\d+))?(?: disk=(?P<disk>\d+))?(?: score=(?P<score>{DECIMAL}))?"
    r"(?: junit=(?P<junit>missing|invalid|too-large|empty))?$"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What the runner reports of a function."""

    exit_code: int
    is_timeout: bool
    seconds: float
    oom_kills: int
    """How many of its processes the kernel killed because the memory was used up."""
    disk_percent: int | None
    """How full the agent left its volume, 0 to 100."""
    tests_score: float | None
    """The score by a JUnit report."""
    tests_problem: str | None
    """Why there is none: missing, invalid, too-large or empty."""
    last_line: str
    """The last line on standard output."""
    result: str
    """What result.json says, as far as it can be used: JSON of the runner's (operator/runner/internal/function)."""
    output: str
    """The end of the output."""


def parse(end: Terminated) -> Report | None:
    """The report; None where the container failed or its message is not a report."""
    header, _, rest = end.message.partition("\n")
    match = _HEADER.match(header)
    if end.exit_code != 0 or match is None:
        return None
    last_line, _, rest = rest.partition("\n")
    result, _, output = rest.partition("\n")
    return Report(
        exit_code=int(match["exit"]),
        is_timeout=match["timeout"] == "1",
        seconds=float(match["seconds"]),
        oom_kills=int(match["oom"] or 0),
        disk_percent=int(match["disk"]) if match["disk"] else None,
        tests_score=float(match["score"]) if match["score"] else None,
        tests_problem=match["junit"],
        last_line=last_line.strip(),
        result=result,
        output=output,
    )


def disk_percent(end: Terminated) -> int | None:
    """How full the agent left its volume, 0 to 100; None where the container does not report it."""
    report = parse(end)
    return report.disk_percent if report else None
