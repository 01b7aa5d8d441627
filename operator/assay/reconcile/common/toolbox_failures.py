"""Failures of the toolbox itself, told from what an agent does (operator/toolbox/lib.sh: fail_boot). Pure."""

from __future__ import annotations

EXIT_CODE = 125
# Beginnings of termination messages that go with that exit code; the first that fits.
_REASONS = (
    ("assay-launch:", "LaunchFailed"),
    ("assay-boot: disk full", "DiskFull"),
    ("assay-boot: network open", "NetworkOpen"),
    ("assay-boot:", "BootFailed"),
)


def reason(exit_code: int, message: str) -> str | None:
    """Why the toolbox gave up; None where it did not. The message is out of the agent's reach (Overlay)."""
    if exit_code != EXIT_CODE:
        return None
    said = message.lstrip()
    return next((reason for start, reason in _REASONS if said.startswith(start)), None)
