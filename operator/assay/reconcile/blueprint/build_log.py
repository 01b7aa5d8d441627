"""Reads the step and the cause of a failed build from the end of BuildKit's log."""

from __future__ import annotations

import re

_STEP = re.compile(r"^\s*>\s*(\[[^\]]+\].*?):?\s*$", re.MULTILINE)
_CAUSE = re.compile(r"^(?:error|ERROR): (?:failed to solve: )?(.*)$", re.MULTILINE)
STEP_MAX, TAIL_MAX = 512, 1500


def failed_step(log: str) -> str | None:
    """The Dockerfile step that failed, such as `[2/3] RUN make`."""
    steps = _STEP.findall(log)
    return steps[-1][:STEP_MAX] if steps else None


def failure_message(log: str) -> str:
    """Step, cause and last lines, as a condition's message."""
    step = failed_step(log)
    causes = _CAUSE.findall(log)
    head = f"step {step} failed" if step else "the build failed"
    cause = f": {causes[-1]}" if causes else ""
    return f"{head}{cause}\n{log.strip()[-TAIL_MAX:]}".strip()
