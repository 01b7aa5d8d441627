"""How the command of a devbox ended. No I/O.

On an overlay the runner reports it in the container's termination message, which the command cannot write. In a copy it
can, so there only the state of the container counts.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from assay.api.disk import MountedRoot
from assay.api.reasons import EndReason
from assay.reconcile.common import node_words, runner_messages
from assay.reconcile.common.pod_view import OUTPUT_MAX, Cause, Terminated

_REPORT = re.compile(
    rf"{runner_messages.HEADER}(?: signal=\d+)?(?: oom=(?P<oom>\d+))?(?P<stopped> stopped=1)?"
)

BACKSTOP = timedelta(minutes=3)
"""The runner stops its command in time. The operator stops a pod in which it does not: time to boot, to wait for the
network, to end and to write the disk."""


class CommandEnd(NamedTuple):
    """How a command ended."""

    exit_code: int
    cause: Cause
    message: str
    """What the command left as the container's termination message."""
    is_reported: bool = False
    """Whether the runner has reported it, in a message that the command cannot write."""
    was_stopped: bool = False
    """Whether SIGTERM came from outside: by what ends a pod, or by a command that is root."""


class _Facts(NamedTuple):
    exit_code: int
    is_timeout: bool
    oom_kills: int
    """How many of the command's processes the kernel killed because the memory was used up."""
    is_reported: bool = False


def command_end(end: Terminated, root: MountedRoot, deadline_seconds: int | None) -> CommandEnd:
    """What is known of the end of a command that nothing but the runner, the kernel or itself ended."""
    if failure := runner_messages.failure(end.exit_code, end.message):
        return CommandEnd(end.exit_code, Cause(failure, end.message.strip()[:OUTPUT_MAX]), end.message)
    report = _REPORT.fullmatch(end.message.strip()) if root == "Overlay" else None
    if report:
        facts = _Facts(int(report["exit"]), report["timeout"] == "1", int(report["oom"] or 0), True)
    else:
        facts = _Facts(end.exit_code, root == "Copy" and _is_late(end, deadline_seconds), 0)
    cause = _cause(facts, end, deadline_seconds)
    if report is None:
        return CommandEnd(facts.exit_code, cause, end.message)
    return CommandEnd(facts.exit_code, cause, "", is_reported=True, was_stopped=bool(report["stopped"]))


def stopped(deadline_seconds: int | None) -> Cause:
    """The cause of an end at the deadline."""
    return Cause(EndReason.DEADLINE_EXCEEDED, f"stopped after activeDeadlineSeconds ({deadline_seconds} s)")


def _is_late(end: Terminated, deadline_seconds: int | None) -> bool:
    """Whether the container ran for so long that the runner must have stopped its command."""
    if not deadline_seconds or not end.started_at or not end.finished_at:
        return False
    if node_words.of_container(end.reason):
        return False
    return (end.finished_at - end.started_at).total_seconds() >= deadline_seconds


def _cause(facts: _Facts, end: Terminated, deadline_seconds: int | None) -> Cause:
    message = f"the command ended with exit code {facts.exit_code}"
    if facts.is_timeout:
        return stopped(deadline_seconds)
    if not facts.is_reported and (said := node_words.of_container(end.reason)):
        return Cause(said, f"{end.reason}: {end.message.strip() or message}"[:OUTPUT_MAX])
    # On cgroup v1 the kubelet says OOMKilled also of a child that the kernel killed while the command went on.
    if facts.exit_code == runner_messages.KILLED and (facts.oom_kills or end.reason == EndReason.OOM_KILLED):
        return Cause(EndReason.OOM_KILLED, f"{message}: the memory was used up")
    if facts.oom_kills:
        # It went on without them, so its end is its own, whatever the exit code.
        message += (
            f"; processes that the kernel killed meanwhile, because the memory was used up: {facts.oom_kills}"
        )
    if facts.exit_code == 0:
        return Cause(EndReason.COMPLETED, message)
    return Cause(EndReason.ERROR, message)
