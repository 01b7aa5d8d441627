"""Which kept disk a run begins from, or scores again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.scenariorun import EarlierScore, NamedScore, Rescore
from assay.reconcile.common.context import Context
from assay.reconcile.common.objects import controller, is_controlled_by, is_finished
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.references.snapshots import devbox_of


def to_rescore(ctx: Context, rescoring: Mapping[str, Any], rescore: Rescore) -> str:
    """The name of the DiskSnapshot that a run scores again. ReferenceNotReady: not yet. InvalidReference: never."""
    namespace = rescoring["metadata"]["namespace"]
    if rescore.scenario_run_ref is None:
        assert rescore.disk_snapshot_ref is not None
        return rescore.disk_snapshot_ref.name
    name = rescore.scenario_run_ref.name
    run = _run(ctx, namespace, name)
    status = run.get("status") or {}
    if (parent := _benchmark_run(ctx, rescoring)) and not is_controlled_by(run, parent["metadata"]["uid"]):
        ran_by = parent["metadata"]["name"]
        message = f"what BenchmarkRun {ran_by} ran is gone: the ScenarioRun {name} that there is, is another"
        raise InvalidReference("NoDiskKept", message)
    if not is_finished(run):
        raise ReferenceNotReady("ScenarioRunNotFinished", f"ScenarioRun {name} has not ended yet")
    kept = status.get("diskSnapshot")
    if not kept:
        message = f"ScenarioRun {name} kept no disk: run it with snapshotPolicy: Always"
        raise InvalidReference("NoDiskKept", message)
    snapshot = ctx.cache.get("DiskSnapshot", namespace, kept)
    if snapshot is None or _is_lost(ctx, snapshot) or _is_anothers(snapshot, run):
        message = (
            f"DiskSnapshot {kept} of ScenarioRun {name} is gone, or was never taken: run the scenario again"
        )
        raise InvalidReference("NoDiskKept", message)
    return str(kept)


def earlier_score(ctx: Context, namespace: str, rescore: Rescore) -> EarlierScore | None:
    """What the run that is scored again had."""
    if rescore.scenario_run_ref is None:
        return None
    run = _run(ctx, namespace, rescore.scenario_run_ref.name)
    status: dict[str, Any] = run.get("status") or {}
    scores = [NamedScore.model_validate(one) for one in status.get("scores") or ()]
    return EarlierScore(
        scenario_run=run["metadata"]["name"],
        score=status.get("score"),
        passed=status.get("passed"),
        scores=scores or None,
    )


def _is_lost(ctx: Context, snapshot: Mapping[str, Any]) -> bool:
    """Whether there is nothing any more that it could be taken from."""
    if "devboxRef" not in snapshot["spec"] or devbox_of(ctx, snapshot):
        return False
    return not ctx.cache.children("VolumeSnapshot", snapshot["metadata"]["uid"])


def _benchmark_run(ctx: Context, rescoring: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The BenchmarkRun whose runs are scored again, where the run that does it is part of another."""
    made_by, namespace = controller(rescoring), rescoring["metadata"]["namespace"]
    if made_by is None or made_by["kind"] != "BenchmarkRun":
        return None
    whole = ctx.cache.get("BenchmarkRun", namespace, made_by["name"])
    earlier = (
        ((whole["spec"].get("rescore") or {}).get("benchmarkRunRef") or {}).get("name") if whole else None
    )
    return ctx.cache.get("BenchmarkRun", namespace, earlier) if earlier else None


def _is_anothers(snapshot: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether it only has the name of what the run kept. A run that scores a disk again keeps none of its own."""
    return not run["spec"].get("rescore") and not is_controlled_by(snapshot, run["metadata"]["uid"])


def _run(ctx: Context, namespace: str, name: str) -> dict[str, Any]:
    run = ctx.cache.get("ScenarioRun", namespace, name)
    if run is None:
        message = f"there is no ScenarioRun {name} in namespace {namespace}: create it, or name another"
        raise ReferenceNotReady("ScenarioRunNotFound", message)
    return run
