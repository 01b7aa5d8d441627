"""The kept disk that a run scores again, and the score it had."""

from __future__ import annotations

from typing import NoReturn

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.conditions import is_finished
from assay.api.disksnapshot import DiskSnapshot
from assay.api.meta import given
from assay.api.reasons import ReferenceReason, ScenarioRunReason
from assay.api.scenariorun import EarlierScore, NamedScore, Rescore, ScenarioRun
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.references.snapshots import disk_of
from assay.specs import scenario_run

from .disk import HIDDEN, is_hidden


def snapshot_to_score(ctx: Context, rescoring: ScenarioRun, rescore: Rescore) -> str:
    """The name of the DiskSnapshot that a run scores again. ReferenceNotReady: not yet. InvalidReference: never."""
    if rescore.scenario_run_ref is None:
        return given(rescore.disk_snapshot_ref).name
    run = _run(ctx, rescoring.namespace, rescore.scenario_run_ref.name)
    earlier = _rescored_benchmark_run(ctx, rescoring)
    if earlier and not _is_made(ctx, run, earlier):
        _refuse(f"the ScenarioRun {run.name} of BenchmarkRun {earlier} is gone; another one has its name")
    if not is_finished(run.status.conditions):
        message = f"ScenarioRun {run.name} has not ended yet"
        raise ReferenceNotReady(ReferenceReason.SCENARIO_RUN_NOT_FINISHED, message)
    name = run.status.disk_snapshot
    if is_hidden(run.status):
        _refuse(f"ScenarioRun {run.name} kept no disk: {HIDDEN}")
    if not name:
        _refuse(f"ScenarioRun {run.name} kept no disk: run it with snapshotPolicy: Always")
    found = ctx.cache.get("DiskSnapshot", run.namespace, name)
    snapshot = DiskSnapshot.parse(found) if found else None
    if snapshot is None or _is_lost(ctx, snapshot) or not _is_of(snapshot, run):
        _refuse(
            f"DiskSnapshot {name} of ScenarioRun {run.name} is gone, or was never taken: run the scenario again"
        )
    return name


def earlier_score(ctx: Context, namespace: str, rescore: Rescore) -> EarlierScore | None:
    """The score of the run that is scored again; None where the disk itself is named."""
    if rescore.scenario_run_ref is None:
        return None
    run = _run(ctx, namespace, rescore.scenario_run_ref.name)
    return EarlierScore(
        scenario_run=run.name,
        score=run.status.score,
        passed=run.status.passed,
        scores=[NamedScore(name=one.name, score=one.score) for one in run.status.scores or ()] or None,
    )


def _refuse(message: str) -> NoReturn:
    raise InvalidReference(ScenarioRunReason.NO_DISK_KEPT, message)


def _run(ctx: Context, namespace: str, name: str) -> ScenarioRun:
    found = ctx.cache.get("ScenarioRun", namespace, name)
    if found is None:
        message = f"there is no ScenarioRun {name} in namespace {namespace}: create it, or name another"
        raise ReferenceNotReady(ReferenceReason.SCENARIO_RUN_NOT_FOUND, message)
    return ScenarioRun.parse(found)


def _rescored_benchmark_run(ctx: Context, rescoring: ScenarioRun) -> str | None:
    """The name of the BenchmarkRun whose runs are scored again, if a BenchmarkRun made the run that does it."""
    made_by, namespace = rescoring.controller, rescoring.namespace
    if made_by is None or made_by.kind != "BenchmarkRun":
        return None
    parent = _benchmark_run(ctx, namespace, made_by.name)
    if parent is None or parent.spec.rescore is None:
        return None
    return parent.spec.rescore.benchmark_run_ref.name


def _is_made(ctx: Context, run: ScenarioRun, benchmark_run: str) -> bool:
    """Whether the BenchmarkRun of that name made the run: a run of its child's name would be scored in its place."""
    parent = _benchmark_run(ctx, run.namespace, benchmark_run)
    found = ctx.cache.get("ScenarioRun", run.namespace, run.name)
    if parent is None or found is None or not run.is_controlled_by(parent.uid):
        return False
    return scenario_run.is_made(parent, found)


def _benchmark_run(ctx: Context, namespace: str, name: str) -> BenchmarkRun | None:
    found = ctx.cache.get("BenchmarkRun", namespace, name)
    return BenchmarkRun.parse(found) if found else None


def _is_lost(ctx: Context, snapshot: DiskSnapshot) -> bool:
    """Whether nothing is left that the snapshot could be taken from."""
    if snapshot.spec.volume_snapshot_ref or disk_of(ctx, snapshot):
        return False
    return not ctx.cache.children("VolumeSnapshot", snapshot.uid)


def _is_of(snapshot: DiskSnapshot, run: ScenarioRun) -> bool:
    """Whether the run itself kept this snapshot, or scored it again; not another snapshot of that name."""
    return run.spec.rescore is not None or snapshot.is_controlled_by(run.uid)
