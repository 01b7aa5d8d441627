"""The DiskSnapshot of the disk that a ScenarioRun's agent left."""

from __future__ import annotations

from assay.api.disksnapshot import DiskSnapshotSpec
from assay.api.meta import LocalRef
from assay.api.runtemplate import SnapshotRetention
from assay.api.scenariorun import ScenarioRun
from assay.kube_object import KubeObject

from . import names, run_labels, run_tries


def disk_snapshot(run: ScenarioRun) -> KubeObject:
    """The DiskSnapshot of the run's disk."""
    retention = run.spec.snapshot_retention or SnapshotRetention()
    spec = DiskSnapshotSpec(
        scenario_run_ref=LocalRef(name=run.name),
        volume_snapshot_class_name=run.spec.volume_snapshot_class_name,
        ttl_seconds=retention.ttl_seconds,
        keep_per_scenario=retention.per_scenario,
    )
    return {
        "apiVersion": run.api_version,
        "kind": "DiskSnapshot",
        "metadata": names.metadata(run, run_tries.name(run), "disk-snapshot", run_labels.of(run)),
        "spec": spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }
