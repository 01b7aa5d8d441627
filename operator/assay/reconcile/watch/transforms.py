"""What is kept of each object that is watched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.engine.cache import Transform
from assay.reconcile.common.objects import is_finished
from assay.specs import names

Obj = dict[str, Any]
_META = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
_RUN_SPEC = ("scenarioRef", "rescore", "dryRun", "snapshotPolicy", "snapshotRetention", "keepDevbox")
_SCORE = ("name", "weight", "state", "score")
_RUN_STATUS = ("phase", "score", "passed", "diskSnapshot", "rescoreRuns", "completionTime")


def keep_child(obj: Obj) -> Obj:
    """Of pods and Jobs: who they are, whose they are, and what became of them; not what they are made of."""
    metadata = obj["metadata"]
    kept = {key: metadata[key] for key in (*_META, "labels", "ownerReferences") if key in metadata}
    slim: Obj = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept}
    if node := (obj.get("spec") or {}).get("nodeName"):
        slim["spec"] = {"nodeName": node}
    status = obj.get("status") or {}
    slim["status"] = {
        key: status[key]
        for key in ("phase", "reason", "message", "conditions", "containerStatuses", "initContainerStatuses")
        if key in status
    }
    return slim


def keep_scenario_run(obj: Obj) -> Obj:
    """Of a run that has ended only what others ask of it: there may be tens of thousands."""
    status = obj.get("status") or {}
    if not is_finished(obj):
        return obj
    metadata = obj["metadata"]
    kept = {key: status[key] for key in _RUN_STATUS if key in status}
    if "diskSnapshot" in kept and "scores" in status:  # a run that may be scored again
        kept["scores"] = [{key: one[key] for key in _SCORE if key in one} for one in status["scores"]]
    said = ["type", "status", "reason", "lastTransitionTime"]
    if names.VALIDATION in (
        metadata.get("labels") or {}
    ):  # its scenario asks what it proves, or why it does not
        said.append("message")
        kept["contentHash"] = (status.get("pinned") or {}).get("contentHash")
    kept["conditions"] = [
        {key: c[key] for key in said if key in c}
        for c in status.get("conditions") or ()
        if c["type"] in ("Complete", "Failed", "DiskKept")
    ]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {key: metadata[key] for key in (*_META, "labels", "ownerReferences") if key in metadata},
        "spec": {key: obj["spec"][key] for key in _RUN_SPEC if key in obj["spec"]},
        "status": kept,
    }


def keep_volume_snapshot(obj: Obj) -> Obj:
    """Of a snapshot, ours or another's: what it is of, and how it is."""
    metadata = obj["metadata"]
    kept = {key: metadata[key] for key in (*_META, "labels", "ownerReferences") if key in metadata}
    if disk := (metadata.get("annotations") or {}).get(names.DISK):
        kept["annotations"] = {names.DISK: disk}
    return {**obj, "metadata": kept}


def keep_network_policy(obj: Obj) -> Obj:
    """Of our network policies: that they are there, and of which settings."""
    metadata = obj["metadata"]
    kept = {key: metadata[key] for key in (*_META, "labels") if key in metadata}
    if content := (metadata.get("annotations") or {}).get(names.CONTENT_HASH):
        kept["annotations"] = {names.CONTENT_HASH: content}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept}


def keep_node(obj: Obj) -> Obj:
    """Of a node: what it runs, and whether pods may come. Not its heartbeat."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {key: metadata[key] for key in (*_META, "labels") if key in metadata},
        "spec": {key: spec[key] for key in ("taints", "unschedulable") if key in spec},
        "status": {"nodeInfo": (obj.get("status") or {}).get("nodeInfo") or {}},
    }


def keep_config_map(obj: Obj) -> Obj:
    """Of a build context: that it is there and whether it changed."""
    metadata = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {key: metadata[key] for key in _META if key in metadata},
        "version": metadata.get("resourceVersion"),
    }


TRANSFORMS: Mapping[str, Transform] = {
    "Pod": keep_child,
    "Job": keep_child,
    "ScenarioRun": keep_scenario_run,
    "ConfigMap": keep_config_map,
    "VolumeSnapshot": keep_volume_snapshot,
    "NetworkPolicy": keep_network_policy,
    "Node": keep_node,
}
