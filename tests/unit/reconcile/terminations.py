"""Two scoring functions, and how their containers end: the termination messages that become scores."""

from __future__ import annotations

from assay.api.scoring import ScoringFunction
from assay.reconcile.common.pod_view import Terminated

BASH = ScoringFunction.model_validate(
    {"name": "tests", "type": "BashScript", "weight": 0.7, "bashScript": {"script": "x"}}
)
COMMAND = ScoringFunction.model_validate(
    {"name": "lint", "type": "Command", "command": {"command": ["make", "lint"]}}
)


def ended(message: str, exit_code: int = 0, reason: str = "Completed") -> Terminated:
    """The end of a container."""
    return Terminated(exit_code, reason, message, None, None)


def message(fields: str = "", *, code: int = 0, line: str = "", result: str = "", output: str = "") -> str:
    """What a scorer writes when its function has ended."""
    return f"assay/2 exit={code} timeout=0 seconds=1.50{fields}\n{line}\n{result}\n{output}"
