"""How a devbox's status is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxStatus
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import controller, set_raw_condition

READY, FINISHED, SUSPENDED = "Ready", "Finished", "Suspended"
STOPPING = "Stopping"
"""Reason of a devbox that is not ready because we end its pod for another operatingMode."""


def ready_reason(status: DevboxStatus) -> str | None:
    """Why it is or is not ready, as was last said."""
    found = conditions.find(status.conditions, READY)
    return found.reason if found else None


def finish(
    devbox: Mapping[str, Any], status: DevboxStatus, reason: str, message: str, now: datetime
) -> Decision:
    """Its command has ended, or never will run."""
    status.phase = "Finished"
    status.pod_name = status.pod_name or devbox["metadata"]["name"]
    status.finish_time = status.finish_time or now
    set_raw_condition(devbox, status, READY, "False", "Finished", "", now)
    set_raw_condition(devbox, status, FINISHED, "True", reason, message, now)
    # A run's devbox speaks through the run.
    return Decision(status, event=None if controller(devbox) else Event("Normal", reason, message))


def suspended(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """There is no pod, and the disk stays."""
    status.phase, status.pod_name, status.node_name = "Suspended", None, None
    status.claim_name = devbox["metadata"]["name"]
    status.suspend_time = now
    if not conditions.is_true(status.conditions, FINISHED):
        status.start_time = None  # the command will start anew
    set_raw_condition(devbox, status, READY, "False", "Suspended", "set operatingMode: Running to go on", now)
    set_raw_condition(devbox, status, SUSPENDED, "True", "DiskKept", "", now)


def awake(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """It has a pod again; nothing to say of one that always had."""
    if conditions.is_true(status.conditions, SUSPENDED):
        set_raw_condition(devbox, status, SUSPENDED, "False", "Resumed", "", now)
    status.suspend_time = None


def forget_end(devbox: Mapping[str, Any], status: DevboxStatus, now: datetime) -> None:
    """The command is to run anew: what was said of its last run no longer holds."""
    status.phase, status.exit_code, status.message = "Pending", None, None
    status.start_time = status.finish_time = status.pod_name = None
    set_raw_condition(devbox, status, FINISHED, "False", "Resumed", "", now)
    set_raw_condition(devbox, status, READY, "False", "Resumed", "", now)
