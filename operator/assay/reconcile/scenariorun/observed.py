"""What a decision about a ScenarioRun rests on: the run, its children, the settings and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assay.api.conditions import NewCondition, set_condition
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus
from assay.api.scenariorun import PinnedRun, ScenarioRun, ScenarioRunStatus
from assay.api.unparsed import is_controlled_by, is_live
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.start_looks import NO_HOLD, Hold
from assay.reconcile.references.errors import ReferenceNotReady
from assay.settings import Settings

from .scorer_jobs import ScorerJob


@dataclass(frozen=True, slots=True)
class Observed:
    """The children of a run, and the later runs that score its disk again."""

    devbox: Devbox | None = None
    """Where the agent works or the disk is restored; of a run with a Job of its own, what opens its disk at the end."""
    claim: KubeObject | None = None
    """The claim of a run with a Job of its own."""
    jobs: Sequence[ScorerJob] = ()
    """The run's own Job, and scorer Jobs."""
    disk_snapshot: DiskSnapshot | None = None
    rescore_runs: Sequence[KubeObject] = ()
    """Runs that score this one's disk again."""
    policies: Sequence[KubeObject] = field(default=(), compare=False)
    """The network policies that pods need and the namespace lacks, to create."""
    outdated_policies: Sequence[tuple[KubeObject, KubeObject]] = field(default=(), compare=False)
    """Each with the merge patch that brings it up to date."""
    snapshot: DiskSnapshotStatus | None = None
    """What the run's own disk begins with, if it is to be created from a snapshot."""
    missing_snapshot: ReferenceNotReady | None = None
    """Why that snapshot cannot be used."""
    output: str = ""
    """The end of what an agent printed that has just failed in the run's own Job."""
    hold: Hold = NO_HOLD
    """Why a Job has no pod, or a pod does not start, as far as Events say so."""
    pod: KubeObject | None = None
    """The pod in which the agent works or has worked; of a run without one, a scorer's."""
    node: KubeObject | None = None
    """The node of that pod, if it is still there."""
    leftovers: Sequence[KubeObject] = ()
    """Jobs, claims and Devboxes of earlier tries, to delete."""

    @property
    def own_job(self) -> ScorerJob | None:
        """The Job in which the run's agent works."""
        return next((job for job in self.jobs if job.is_of_agent), None)

    @property
    def node_name(self) -> str | None:
        """Where that pod was scheduled."""
        found = ((self.pod or {}).get("spec") or {}).get("nodeName")
        return found or (self.devbox.status.node_name if self.devbox else None)

    @property
    def created_at(self) -> datetime | None:
        """When the Job or Devbox of the agent was created."""
        if self.devbox:
            return self.devbox.metadata.creation_timestamp
        metadata = self.own_job.obj["metadata"] if self.own_job else {}
        return pod_view.timestamp(metadata.get("creationTimestamp"))

    @property
    def live_devbox(self) -> Devbox | None:
        """The devbox, unless it is being deleted and its disk with it."""
        return None if self.devbox is None or self.devbox.is_deleting else self.devbox

    @property
    def live_claim(self) -> KubeObject | None:
        """The run's own claim, unless it is being deleted."""
        return self.claim if self.claim and is_live(self.claim) else None

    @property
    def has_disk(self) -> bool:
        """Whether the disk is there, and stays."""
        return self.live_claim is not None or self.live_devbox is not None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as one reconcile sees it."""

    run: ScenarioRun
    observed: Observed
    settings: Settings
    now: datetime

    def children(self) -> list[KubeObject]:
        """What to delete of the present try: devbox, claim and Jobs, but for those that go with the devbox that owns
        them.
        """
        observed = self.observed
        devbox = [observed.live_devbox.identity()] if observed.live_devbox else []
        jobs = [job.obj for job in observed.jobs if is_controlled_by(job.obj, self.run.uid)]
        claim = [observed.claim] if observed.claim else []
        return [*devbox, *(one for one in (*jobs, *claim) if is_live(one))]

    @property
    def has_agent(self) -> bool:
        """Whether an agent works in this run; a rescore or a dry run scores what it begins with."""
        return self.run.spec.rescore is None and self.run.spec.dry_run is None

    def set(self, status: ScenarioRunStatus, *conditions: NewCondition) -> None:
        """Set conditions in `status`, a new status of the run."""
        for condition in conditions:
            set_condition(self.run, status, condition, self.now)


@dataclass(frozen=True, slots=True)
class StartedRunView(RunView):
    """A run that has pinned what it uses, and has not ended."""

    pinned: PinnedRun


@dataclass(slots=True)
class RunDecision(Decision):
    """A decision about a ScenarioRun."""

    status: ScenarioRunStatus
