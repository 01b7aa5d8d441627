"""What a BenchmarkRun hands to each of its ScenarioRuns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .lifecycle import ActiveDeadlineSeconds
from .meta import Model, Network, ObjectName
from .retry import Retry
from .scheduling import Scheduling


class SnapshotRetention(Model):
    """How long the kept disks of runs stay."""

    ttl_seconds: Annotated[int, Field(ge=1, le=315_360_000)] | None = None
    """For so long; as long as the run when absent."""
    per_scenario: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Of each scenario the newest so many of the same BenchmarkRun; all when absent. A run that belongs to no
    BenchmarkRun keeps its own and deletes no other."""


class KeepDevbox(Model):
    """Whether the disk of a run that has ended is opened to look around by hand."""

    when: Literal["Always", "OnFailure", "Never"] = "OnFailure"
    """OnFailure: the run has no score, or did not pass."""
    ttl_seconds: Annotated[int, Field(ge=60, le=2_592_000)] = 3600
    """For how long; then it is deleted as always."""


class RunTemplate(Model):
    """How a run treats its pods and disks."""

    snapshot_policy: Literal["Always", "OnFailure", "Never"] = "Never"
    """Whether the disk the agent left is kept as a DiskSnapshot, to score it again. OnFailure: the run has no
    score, or did not pass. Taken while the scorers work, it delays no score. A disk with a reference output from a
    Secret is never kept."""
    snapshot_retention: SnapshotRetention | None = None
    volume_snapshot_class_name: ObjectName | None = None
    """The class of these snapshots; the default one of the volume's driver when absent."""
    keep_devbox: KeepDevbox | None = None
    """Whether the disk of a run that has ended is opened to look around by hand. A disk with a reference output from
    a Secret never is."""
    network: Network | None = None
    """What the devbox of an agent of type Command may reach; replaces `network` of the agent and of the scenario."""
    retry: Retry | None = None
    """How often the run is begun anew if the infrastructure ends a try: twice when absent."""
    scheduling: Scheduling | None = None
    """Where devboxes and scorers may run."""
    active_deadline_seconds: ActiveDeadlineSeconds | None = None
    """How long a run may take from its start to its score; then it is Failed, without one. What it waits for before it
    starts does not count, and it starts anew when it is resumed."""
