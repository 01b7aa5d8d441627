"""Reads the step and the cause of a failed build from the end of BuildKit's log.

A command may be longer than any message, and so may a line that it prints: each line is cut, so that none of them
pushes out the others.
"""

from __future__ import annotations

import re

# How BuildKit repeats a failed step: its name, the last lines of its output, a rule.
_BLOCK = re.compile(r"^\s*>\s*(\[[^\]]+\][^\n]*?):?\s*\n(.*?)(?:^-{6,}\s*$|\Z)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\s*>\s*(\[[^\]]+\].*?):?\s*$", re.MULTILINE)
_CAUSE = re.compile(r"^(?:error|ERROR): (?:failed to solve: )?(.*)$", re.MULTILINE)
STEP_MAX, LINE_MAX, OUTPUT_MAX, TAIL_MAX = 512, 240, 1800, 1500


def failed_step(log: str) -> str | None:
    """The Dockerfile step that failed, such as `[2/3] RUN make`."""
    steps = _STEP.findall(log)
    return steps[-1][:STEP_MAX] if steps else None


def failure_message(log: str) -> str:
    """Step, cause and last lines, as a condition's message."""
    step = failed_step(log)
    causes = _CAUSE.findall(log)
    head = f"step {_cut(step)} failed" if step else "the build failed"
    cause = f": {_cut(causes[-1])}" if causes else ""
    blocks, tail = _BLOCK.findall(log), _tail(log, TAIL_MAX)
    output = _tail(blocks[-1][1], OUTPUT_MAX) if blocks else ""
    return "\n".join(part for part in (head + cause, "" if output in tail else output, tail) if part)


def _tail(text: str, limit: int) -> str:
    """The last lines, each cut, as many as fit."""
    kept: list[str] = []
    for line in reversed(text.strip().splitlines()):
        short = _cut(line)
        if (limit := limit - len(short) - 1) < 0:
            break
        kept.append(short)
    return "\n".join(reversed(kept))


def _cut(line: str) -> str:
    """The line without its middle, if it is long: how a command ended stands at the end."""
    half = LINE_MAX // 2
    return line if len(line) <= LINE_MAX else f"{line[:half]} … {line[-half:]}"
