"""How a devbox's status is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxStatus

from .outcome import Note, Outcome

READY, FINISHED, SUSPENDED = "Ready", "Finished", "Suspended"
STOPPING = "Stopping"
"""Reason of a devbox that is not ready because we end its pod for another operatingMode."""


def say(
    status: DevboxStatus,
    devbox: Mapping[str, Any],
    type_: str,
    value: Any,
    reason: str,
    message: str,
    now: datetime,
) -> None:
    """Set a condition."""
    generation = devbox["metadata"].get("generation", 1)
    status.conditions = conditions.put(
        status.conditions, type_, value, reason, message, generation=generation, now=now
    )


def ready_reason(status: DevboxStatus) -> str | None:
    """Why it is or is not ready, as was last said."""
    found = conditions.find(status.conditions, READY)
    return found.reason if found else None


def finish(
    devbox: Mapping[str, Any], status: DevboxStatus, reason: str, message: str, now: datetime
) -> Outcome:
    """Its command has ended, or never will run."""
    status.phase = "Finished"
    status.pod_name = status.pod_name or devbox["metadata"]["name"]
    status.finish_time = status.finish_time or now
    say(status, devbox, READY, "False", "Finished", "", now)
    say(status, devbox, FINISHED, "True", reason, message, now)
    owned = any(ref.get("controller") for ref in devbox["metadata"].get("ownerReferences") or ())
    # A run's devbox speaks through the run.
    return Outcome(status, note=None if owned else Note("Normal", reason, message))


def suspended(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """There is no pod, and the disk stays."""
    status.phase, status.pod_name, status.node_name = "Suspended", None, None
    status.claim_name = devbox["metadata"]["name"]
    status.suspend_time = now
    if not conditions.is_true(status.conditions, FINISHED):
        status.start_time = None  # the command will start anew
    say(status, devbox, READY, "False", "Suspended", "set operatingMode: Running to go on", now)
    say(status, devbox, SUSPENDED, "True", "DiskKept", "", now)


def awake(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """It has a pod again; nothing to say of one that always had."""
    if conditions.is_true(status.conditions, SUSPENDED):
        say(status, devbox, SUSPENDED, "False", "Resumed", "", now)
    status.suspend_time = None


def forget_end(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """The command is to run anew: what was said of its last run no longer holds."""
    status.phase, status.exit_code, status.message = "Pending", None, None
    status.start_time = status.finish_time = status.pod_name = None
    say(status, devbox, FINISHED, "False", "Resumed", "", now)
    say(status, devbox, READY, "False", "Resumed", "", now)
