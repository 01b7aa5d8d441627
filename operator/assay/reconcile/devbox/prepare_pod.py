"""The pod that copies a devbox's image onto its disk. No I/O."""

from __future__ import annotations

import re

from assay.api.conditions import false
from assay.api.reasons import DevboxReason, EndReason
from assay.reconcile.common import runner_messages
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.pod_view import OUTPUT_MAX, Cause, PodView

from .observed import Observed
from .status import READY, finish, nothing, put, starting

PREPARED = "assay-prepare:"
"""How the termination message begins; the names of the copied directories follow."""
_DIRECTORY = re.compile(r"[A-Za-z0-9._+-]{1,255}")
_DIRECTORIES_MAX = 64


def decide(seen: Observed, pod: PodView) -> Decision:
    """Keeps the names of the copied directories, then deletes the pod to make room for the next."""
    if pod.deleting:
        return nothing(seen)
    status = seen.new_status()
    if not status.directories and (pod.terminated or pod.ended):
        status.directories = directories(pod) or None
        if not status.directories:
            return finish(seen, status, pod.killed_by or _cause(pod))
    if status.directories:
        return Decision(status, delete=[pod.obj])
    if not pod.started_at:
        return starting(seen, pod)
    status.phase = "Pending"
    put(seen, status, false(READY, DevboxReason.PREPARING, "copying the image onto the disk"))
    return Decision(status)


def directories(pod: PodView) -> list[str]:
    """The directories that the pod has copied; none unless it succeeded."""
    if pod.terminated is None or pod.terminated.exit_code != 0:
        return []
    first = pod.terminated.message.strip().partition("\n")[0]
    if not first.startswith(PREPARED):
        return []
    named = first.removeprefix(PREPARED).split()
    return [one for one in named if _DIRECTORY.fullmatch(one)][:_DIRECTORIES_MAX]


def _cause(pod: PodView) -> Cause:
    end = pod.terminated
    failure = runner_messages.failure(end.exit_code, end.message) if end else None
    message = (end.message.strip() if end else "") or "preparing the disk ended without a message"
    return Cause(failure or EndReason.BOOT_FAILED, message[:OUTPUT_MAX])
