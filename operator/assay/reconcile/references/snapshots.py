"""DiskSnapshots that others refer to, and the disks they are made of."""

from __future__ import annotations

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.devbox import Devbox
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus
from assay.api.reasons import ReferenceReason
from assay.api.scenariorun import ScenarioRun
from assay.api.unparsed import is_controlled_by, is_live
from assay.engine.cache import Key
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import child, get_live
from assay.specs import run_tries

from .errors import ReferenceNotReady


def named(ctx: Context, namespace: str, name: str) -> DiskSnapshotStatus:
    """The status of a DiskSnapshot that can be used: it has an image. ReferenceNotReady: it cannot be used yet."""
    found = ctx.cache.get("DiskSnapshot", namespace, name)
    if found is None:
        message = f"there is no DiskSnapshot {name} in namespace {namespace}: create it"
        raise ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_FOUND, message)
    snapshot = DiskSnapshot.parse(found)
    ready = conditions.find(snapshot.status.conditions, ConditionType.READY)
    is_usable = ready is not None and ready.status == "True" and snapshot.status.image is not None
    if not is_usable or snapshot.is_deleting:
        why = f"{ready.reason}: {ready.message}" if ready else "it has not been reconciled yet"
        message = f"DiskSnapshot {name} cannot be used: {why}"
        raise ReferenceNotReady(ReferenceReason.DISK_SNAPSHOT_NOT_READY, message)
    return snapshot.status


def disk_of(ctx: Context, snapshot: DiskSnapshot) -> Devbox | ScenarioRun | None:
    """The devbox or run whose disk a DiskSnapshot freezes; None if there is none, or if it is being deleted.

    The snapshot of a run is that of the disk of one try. Another run, try or devbox may have the name by now.
    """
    spec, namespace, owner = snapshot.spec, snapshot.namespace, snapshot.controller
    if spec.devbox_ref:
        found = get_live(ctx, Key("Devbox", namespace, spec.devbox_ref.name))
        return Devbox.parse(found) if found and (not owner or is_controlled_by(found, owner.uid)) else None
    run = (
        get_live(ctx, Key("ScenarioRun", namespace, spec.scenario_run_ref.name))
        if spec.scenario_run_ref
        else None
    )
    if run is None or (owner and owner.uid != run["metadata"]["uid"]):
        return None
    made_by = ScenarioRun.parse(run)
    return None if owner and snapshot.name != run_tries.name(made_by) else _disk_of_run(ctx, made_by)


def _disk_of_run(ctx: Context, run: ScenarioRun) -> Devbox | ScenarioRun | None:
    """A run has a claim of its own, or a devbox that has one."""
    name = run_tries.name(run)
    claim = child(ctx.cache, "PersistentVolumeClaim", run, name)
    if claim and is_live(claim):
        return run
    devbox = child(ctx.cache, "Devbox", run, name)
    return Devbox.parse(devbox) if devbox and is_live(devbox) else None
