"""What a devbox's pod means for the devbox: a module for each role that a pod can have. No I/O."""

from __future__ import annotations

from assay.reconcile.common.decision import Decision
from assay.specs.devbox_pod import role_of

from . import command_pod, idle_pod, prepare_pod
from .observed import Observed


def decide(seen: Observed) -> Decision | None:
    """None: the devbox has no pod, and its next one is to be created."""
    if seen.pod is None:
        was_created = seen.devbox.status.pod_name is not None and seen.wanted != "idle"
        return command_pod.lost(seen) if was_created else None
    match role_of(seen.pod.obj):
        case "run":
            return command_pod.decide(seen, seen.pod)
        case "idle":
            return idle_pod.decide(seen, seen.pod)
        case "prepare":
            return prepare_pod.decide(seen, seen.pod)
