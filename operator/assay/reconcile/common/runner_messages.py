"""Termination messages of the runner (operator/runner): reports and failures. No I/O.

A command cannot write them where the root file system is an overlay. In a copy it can write the message, but the
runner empties one that goes with the exit code of a failure.
"""

from __future__ import annotations

from assay.api.reasons import EndReason

PROTOCOL = "assay/2"
"""How a report begins."""
DECIMAL = r"\d+(?:\.\d+)?"

HEADER = rf"{PROTOCOL} exit=(?P<exit>\d{{1,3}}) timeout=(?P<timeout>[01]) seconds=(?P<seconds>{DECIMAL})"
"""A pattern of how every report begins."""
KILLED = 128 + 9
"""The exit code of a command that SIGKILL ended, or of a shell that tells so of its last command."""

EXIT_CODE = 125
# How the message of a failure begins, which goes with that exit code; the first that fits counts.
_REASONS = (
    ("assay-launch:", EndReason.LAUNCH_FAILED),
    ("assay-boot: the agent has begun", EndReason.POD_LOST),
    ("assay-boot: disk full", EndReason.DISK_FULL),
    ("assay-boot: network open", EndReason.NETWORK_OPEN),
    ("assay-boot:", EndReason.BOOT_FAILED),
)


def failure(exit_code: int, message: str) -> EndReason | None:
    """Why the runner failed; None if it did not, and the end is a command's."""
    if exit_code != EXIT_CODE:
        return None
    text = message.lstrip()
    return next((reason for start, reason in _REASONS if text.startswith(start)), None)
