"""The DiskSnapshot of what a ScenarioRun's agent left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.disksnapshot import DiskSnapshotSpec
from assay.api.meta import LocalRef
from assay.api.runtemplate import SnapshotRetention
from assay.api.scenariorun import ScenarioRunSpec

from . import names, run_labels


def disk_snapshot(run: Mapping[str, Any], spec: ScenarioRunSpec) -> dict[str, Any]:
    """What the agent left on the run's devbox, to keep."""
    name, retention = run["metadata"]["name"], spec.snapshot_retention or SnapshotRetention()
    snapshot_spec = DiskSnapshotSpec(
        devbox_ref=LocalRef(name=name),
        volume_snapshot_class_name=spec.volume_snapshot_class_name,
        ttl_seconds=retention.ttl_seconds,
        keep_per_scenario=retention.per_scenario,
    )
    return {
        "apiVersion": run["apiVersion"],
        "kind": "DiskSnapshot",
        "metadata": names.metadata(run, name, "disk-snapshot", run_labels.of(run, spec)),
        "spec": snapshot_spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }
