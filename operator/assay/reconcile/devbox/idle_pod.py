"""The pod of an idle devbox, which only stays up. No I/O."""

from __future__ import annotations

from assay.api.conditions import false
from assay.api.reasons import DevboxReason, EndReason
from assay.reconcile.common import runner_messages
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.pod_view import OUTPUT_MAX, Cause, PodView

from .observed import Observed
from .status import READY, nothing, put, starting, up


def decide(seen: Observed, pod: PodView) -> Decision:
    """Reports that the pod is up, or why it is not."""
    if pod.deleting:
        return nothing(seen)
    if pod.terminated or pod.ended:
        return _ended(seen, pod)
    if not pod.started_at:
        return starting(seen, pod)
    status = seen.new_status()
    up(seen, status, pod, DevboxReason.IDLE)
    return Decision(status)


def _ended(seen: Observed, pod: PodView) -> Decision:
    """The devbox is not finished by that: its command did not run."""
    status = seen.new_status()
    status.phase, status.pod_name = "Pending", seen.devbox.name
    reason, message = pod.killed_by or _cause(pod)
    put(seen, status, false(READY, reason, message[:OUTPUT_MAX]))
    return Decision(status)


def _cause(pod: PodView) -> Cause:
    end = pod.terminated
    failure = runner_messages.failure(end.exit_code, end.message) if end else None
    if end and failure:
        return Cause(failure, end.message.strip())
    return Cause(EndReason.ERROR, "its pod ended: suspend it and set it idle again")
