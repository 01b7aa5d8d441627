"""Trims watched objects before they are cached: what is left has the shape that the API has. No I/O."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from assay.api import KINDS
from assay.api.condition_types import ConditionType
from assay.api.unparsed import controller, is_finished, is_of_kind
from assay.engine.cache import Transform
from assay.kube_object import KubeObject
from assay.specs import build_job, devbox_container, names, run_content

_META = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
_CHILD_META = (*_META, "labels", "ownerReferences")
_CHILD_STATUS = (
    "phase",
    "reason",
    "message",
    "conditions",
    "containerStatuses",
    "initContainerStatuses",
    "qosClass",
    "startTime",
)
_RUN_SPEC = (*run_content.OWN, "dryRun", "snapshotPolicy", "snapshotRetention", "keepDevbox")
_RUN_STATUS = (
    "observedGeneration",
    "phase",
    "score",
    "passed",
    "diskSnapshot",
    "rescoreRuns",
    "restarts",
    "completionTime",
)
_RUN_CONDITIONS = (
    ConditionType.COMPLETE,
    ConditionType.FAILED,
    ConditionType.DISK_KEPT,
    ConditionType.INTERNAL_ERROR,
)
_CONDITION = ["type", "status", "reason", "lastTransitionTime"]
_AGENT = ("reason", "exitCode", "startTime")
_LOST_TRY = ("number", "reason", "finishTime")  # names of its children follow from how many there are
_SCORE = ("name", "weight", "state", "score")


def trim_child(obj: KubeObject) -> KubeObject:
    """A pod or Job: its metadata, its node and its state; of its containers, what the agent's has of the node."""
    trimmed = {**_trimmed(obj), "metadata": _metadata(obj, _CHILD_META, names.ROOT_FILESYSTEM_REASON)}
    spec = obj.get("spec") or {}
    if node := spec.get("nodeName"):
        trimmed["spec"] = {"nodeName": node, **_of_agent(spec)}
    return {**trimmed, "status": _only(_CHILD_STATUS, obj.get("status") or {})}


def _of_agent(spec: KubeObject) -> KubeObject:
    """The resources of the container in which an agent works, if it has any."""
    kept: KubeObject = {}
    for field in ("initContainers", "containers"):
        for one in spec.get(field) or ():
            if one["name"] == devbox_container.CONTAINER and one.get("resources"):
                kept[field] = [_only(("name", "resources"), one)]
    return kept


def trim_claim(obj: KubeObject) -> KubeObject:
    """A claim of ours: that it exists, and whether it has a volume."""
    status = _only(["phase"], obj.get("status") or {})
    return {**_trimmed(obj, _CHILD_META), "status": status}


def trim_scenario_run(obj: KubeObject) -> KubeObject:
    """A run that has ended: only what other objects read, because there may be tens of thousands.

    A run that somebody manages is marked with a hash of its spec, by which its owner knows it again.
    """
    if controller(obj):
        obj = run_content.marked(obj)
    if not is_finished(obj):
        return obj
    status, condition_fields = obj["status"], _CONDITION
    kept = _only(_RUN_STATUS, status)
    if "agent" in status:
        kept["agent"] = _only(_AGENT, status["agent"])
    if "lostTries" in status:
        kept["lostTries"] = [_only(_LOST_TRY, one) for one in status["lostTries"]]
    if "diskSnapshot" in kept and "scores" in status:  # it may be scored again, and is then compared
        kept["scores"] = [_only(_SCORE, one) for one in status["scores"]]
    if "pinned" in status:  # scores are compared by content; the runs of a scenario share one text
        kept["pinned"] = {"contentHash": sys.intern(status["pinned"]["contentHash"])}
    if is_of_kind(obj, "Scenario"):  # its scenario reads messages
        condition_fields = [*_CONDITION, "message"]
        if "scores" in status:
            kept["scores"] = [_only((*_SCORE, "message"), one) for one in status["scores"]]
    kept["conditions"] = [
        _only(condition_fields, one) for one in status["conditions"] if one["type"] in _RUN_CONDITIONS
    ]
    return {
        **_trimmed(obj),
        "metadata": _metadata(obj, _CHILD_META, names.CONTENT_HASH),
        "spec": _only(_RUN_SPEC, obj["spec"]),
        "status": kept,
    }


def trim_volume_snapshot(obj: KubeObject) -> KubeObject:
    """A VolumeSnapshot, ours or a foreign one: the annotations of others are left out."""
    return {**obj, "metadata": _metadata(obj, _CHILD_META, names.DISK)}


def trim_network_policy(obj: KubeObject) -> KubeObject:
    """One of our network policies: that it exists, and the hash of its content."""
    return {**_trimmed(obj), "metadata": _metadata(obj, (*_META, "labels"), names.CONTENT_HASH)}


def trim_node(obj: KubeObject) -> KubeObject:
    """A node: its software and whether pods may start there, without its heartbeat."""
    return {
        **_trimmed(obj, (*_META, "labels")),
        "spec": _only(("taints", "unschedulable"), obj.get("spec") or {}),
        "status": _only(["nodeInfo"], obj.get("status") or {}),
    }


def trim_config_map(obj: KubeObject) -> KubeObject:
    """The ConfigMap of a build context: in `data` the SHA-256 of each file, so that a change is seen."""
    return {**_trimmed(obj), "data": build_job.context_digests(obj)}


_TRIMS: Mapping[str, Transform] = {
    "Pod": trim_child,
    "Job": trim_child,
    "PersistentVolumeClaim": trim_claim,
    "ScenarioRun": trim_scenario_run,
    "ConfigMap": trim_config_map,
    "VolumeSnapshot": trim_volume_snapshot,
    "NetworkPolicy": trim_network_policy,
    "Node": trim_node,
}


def without_foreign_controller(obj: KubeObject) -> KubeObject:
    """The object as nobody's child where another group's kind, or a Job that can only have pods, manages it.

    Children are found by the uid of their controller, and anybody may write one of ours beside another kind.
    """
    references = obj["metadata"].get("ownerReferences") or ()
    kept = [one for one in references if not one.get("controller") or _may_own(obj["kind"], one)]
    if len(kept) == len(references):
        return obj
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": kept}}


def _may_own(kind: str, reference: Mapping[str, str]) -> bool:
    group = reference["apiVersion"].rpartition("/")[0]
    return group == names.GROUP or (kind == "Pod" and (group, reference["kind"]) == ("batch", "Job"))


def _transform(kind: str) -> Transform:
    trim = _TRIMS.get(kind)
    return (lambda obj: trim(without_foreign_controller(obj))) if trim else without_foreign_controller


TRANSFORMS: Mapping[str, Transform] = {
    kind: _transform(kind) for kind in (*_TRIMS, *(kind.name for kind in KINDS if kind.name not in _TRIMS))
}


def _trimmed(obj: KubeObject, metadata: Iterable[str] = _META) -> KubeObject:
    """The object with these fields of its metadata, without spec and status."""
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": _only(metadata, obj["metadata"]),
    }


def _metadata(obj: KubeObject, fields: Iterable[str], annotation: str) -> KubeObject:
    """These fields of an object's metadata, and one of its annotations."""
    found = (obj["metadata"].get("annotations") or {}).get(annotation)
    return _only(fields, obj["metadata"]) | ({"annotations": {annotation: found}} if found else {})


def _only(keys: Iterable[str], values: Mapping[str, object]) -> KubeObject:
    return {key: values[key] for key in keys if key in values}
