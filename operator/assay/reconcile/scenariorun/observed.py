"""What a decision about a ScenarioRun rests on: the run, its children, the settings and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assay.api.conditions import NewCondition, set_condition
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot
from assay.api.scenariorun import PinnedRun, ScenarioRun, ScenarioRunStatus
from assay.kube_object import KubeObject
from assay.reconcile.common import network_policies
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision
from assay.settings import Settings

from .scorer_jobs import ScorerJob


@dataclass(frozen=True, slots=True)
class Observed:
    """The children of a run, and the later runs that score its disk again."""

    devbox: Devbox | None = None
    jobs: Sequence[ScorerJob] = ()
    disk_snapshot: DiskSnapshot | None = None
    rescore_runs: Sequence[KubeObject] = ()
    """Runs that score this one's disk again."""
    policies: Sequence[KubeObject] = field(default=(), compare=False)
    """The network policies that scorers need and the namespace lacks, to create."""

    @property
    def live_devbox(self) -> Devbox | None:
        """The devbox, unless it is being deleted and its disk with it."""
        return None if self.devbox is None or self.devbox.is_deleting else self.devbox


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as one reconcile sees it."""

    run: ScenarioRun
    observed: Observed
    settings: Settings
    now: datetime

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


def look_at(ctx: Context, run: ScenarioRun) -> RunView:
    """The run with its children, as the cache has them."""
    return RunView(run, _observe(ctx, run), ctx.settings, ctx.now())


def _observe(ctx: Context, run: ScenarioRun) -> Observed:
    cache = ctx.cache
    devbox = next((Devbox.parse(one) for one in cache.children("Devbox", run.uid)), None)
    disk_snapshot = next((DiskSnapshot.parse(one) for one in cache.children("DiskSnapshot", run.uid)), None)
    jobs = cache.children("Job", devbox.uid) if devbox else []
    return Observed(
        devbox=devbox,
        jobs=[ScorerJob(job, cache.children("Pod", job["metadata"]["uid"])) for job in jobs],
        disk_snapshot=disk_snapshot,
        rescore_runs=cache.find("ScenarioRun", "rescore", (run.namespace, run.name)),
        policies=network_policies.missing(ctx, run.namespace),
    )
