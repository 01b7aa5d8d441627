"""What a reconcile observes of a devbox. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox, DevboxSpec, DevboxStatus
from assay.reconcile.common.pod_view import PodView
from assay.reconcile.common.start_looks import NO_HOLD, Hold
from assay.specs import devbox_pod
from assay.specs.pod_plan import PodRole


@dataclass(frozen=True, slots=True)
class Observed:
    """A devbox, its pod if it has one, and the time."""

    devbox: Devbox
    pod: PodView | None
    now: datetime
    has_claim_of_run: bool = False
    """Whether the disk is that of a run that has ended: the devbox opens it, and makes none."""
    output: str = ""
    """The end of what a failed command printed."""
    hold: Hold = NO_HOLD
    """Why the pod does not start, as far as Events say so."""

    @property
    def spec(self) -> DevboxSpec:
        """The devbox's spec."""
        return self.devbox.spec

    @property
    def is_finished(self) -> bool:
        """Whether the command has ended, or will never run."""
        return conditions.is_true(self.devbox.status.conditions, ConditionType.FINISHED)

    @property
    def wanted(self) -> PodRole | None:
        """What the devbox's pod should be for once the disk is ready; None: there should be no pod."""
        match self.spec.operating_mode:
            case "Running":
                return "run"
            case "Idle":
                return "idle"
            case "Suspended":
                return None

    def new_status(self) -> DevboxStatus:
        """A copy of the status, with what the pod shows: node, disk, and what it was made of."""
        status = self.devbox.status.model_copy()
        if self.pod is None:
            return status
        status.claim_name, status.node_name = self.devbox.name, self.pod.node
        if status.root_filesystem is None:
            mount = devbox_pod.mount_of(self.pod.obj)
            status.image = self.spec.image
            status.root_filesystem, status.root_filesystem_reason = (
                mount.root_filesystem,
                mount.reason or None,
            )
        return status
