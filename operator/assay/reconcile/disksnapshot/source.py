"""A disk that can be frozen."""

from __future__ import annotations

from dataclasses import dataclass

from assay.api.blueprint import Blueprint
from assay.api.disksnapshot import DiskSnapshot, Lineage
from assay.api.reasons import DiskSnapshotReason
from assay.api.scenariorun import ScenarioRun
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import ReferenceNotReady
from assay.specs.volume_snapshot import FrozenDisk

FLUSH_SECONDS = 8.0
"""The runner flushes a disk in use every 5 seconds (operator/runner/internal/process).

Times of objects are cut to whole seconds, and a flush takes time.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A disk with a claim, of a devbox or run."""

    owner: str
    """Whose it is, as `Kind name`."""
    claim: str
    disk: FrozenDisk
    is_in_use: bool
    """Whether a command works on it."""


def hidden(owner: str) -> ReferenceNotReady:
    """The disk of `owner` (`Kind name`) is not to be frozen: kept disks are for people who may not read the Secret."""
    message = (
        f"{owner} applies a reference output from a Secret, which would be readable on its disk: delete this "
        "DiskSnapshot; people who may read the Secret apply it in a Devbox of their own"
    )
    return ReferenceNotReady(DiskSnapshotReason.HIDDEN_REFERENCE, message)


def check_flushed(ctx: Context, snapshot: DiskSnapshot, source: Source) -> None:
    """The runner writes out what a disk in use holds in memory every few seconds. Such a disk is frozen once that must
    have happened since the DiskSnapshot was created. ReferenceNotReady: not yet.
    """
    if not source.is_in_use:
        return
    created = snapshot.metadata.creation_timestamp
    age = (ctx.now() - created).total_seconds() if created else FLUSH_SECONDS
    left = FLUSH_SECONDS - max(age, 0.0)  # the API server's clock may be ahead of ours
    if left > 0:
        message = f"{source.owner} writes its disk out, which takes at most {FLUSH_SECONDS:.0f} s"
        raise ReferenceNotReady(DiskSnapshotReason.FLUSHING, message, left)


def blueprint_of(ctx: Context, namespace: str, reference: str) -> Blueprint | None:
    """A blueprint that has this image."""
    found = ctx.cache.find("Blueprint", "image", (namespace, reference))
    return Blueprint.parse(found[0]) if found else None


def lineage_of(run: ScenarioRun) -> Lineage:
    """What a run tells of its disk, by its spec and its owner: labels are no proof."""
    owner, scenario = run.controller, run.spec.scenario_ref
    return Lineage(
        scenario=scenario.name if scenario else None,
        scenario_run=run.name,
        benchmark_run=owner.name if owner and owner.kind == "BenchmarkRun" else None,
    )
