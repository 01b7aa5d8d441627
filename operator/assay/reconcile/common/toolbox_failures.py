"""Tells failures of the toolbox from those of a command (operator/toolbox/lib.sh: fail_boot). No I/O."""

from __future__ import annotations

from assay.api.reasons import EndReason

EXIT_CODE = 125
# How the termination message begins that goes with that exit code; the first that fits counts.
_REASONS = (
    ("assay-launch:", EndReason.LAUNCH_FAILED),
    ("assay-boot: disk full", EndReason.DISK_FULL),
    ("assay-boot: network open", EndReason.NETWORK_OPEN),
    ("assay-boot:", EndReason.BOOT_FAILED),
)


def reason(exit_code: int, message: str) -> EndReason | None:
    """Why the toolbox failed; None if it did not. An agent on an overlay cannot write the message."""
    if exit_code != EXIT_CODE:
        return None
    text = message.lstrip()
    return next((reason for start, reason in _REASONS if text.startswith(start)), None)
