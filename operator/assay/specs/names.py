"""Deterministic names of children, and the labels and annotations they carry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from assay import __version__
from assay.api.object import ApiObject
from assay.kube_object import KubeObject

GROUP = "assay.dev"
MANAGED_BY = "app.kubernetes.io/managed-by"
OPERATOR = "assay"
MANAGED_SELECTOR = f"{MANAGED_BY}={OPERATOR}"

BLUEPRINT = f"{GROUP}/blueprint"
CONTENT_HASH = f"{GROUP}/content-hash"
DEVBOX = f"{GROUP}/devbox"
SCENARIO = f"{GROUP}/scenario"
SCENARIO_RUN = f"{GROUP}/scenario-run"
BENCHMARK_RUN = f"{GROUP}/benchmark-run"
BUILD_CONTEXT = f"{GROUP}/build-context"
DISK_SNAPSHOT = f"{GROUP}/disk-snapshot"  # uid: whose a VolumeSnapshot without owner is
VALIDATION = f"{GROUP}/validation"  # the scenario that a run proves
RESCORE_OF = f"{GROUP}/rescore-of"
EGRESS = f"{GROUP}/egress"
TRY = f"{GROUP}/try"  # the number of the try of a run that made an object, after its first
POD_ROLE = f"{GROUP}/pod-role"  # what a devbox's pod is for: run, idle, prepare
ROOT_FILESYSTEM = f"{GROUP}/root-filesystem"
ROOT_FILESYSTEM_REASON = f"{GROUP}/root-filesystem-reason"  # annotation of a devbox's pod
PROBE = f"{GROUP}/probe"  # the class of nodes that a pod tries
FILES = f"files.{GROUP}"
DISK = f"{GROUP}/disk"  # annotation of a VolumeSnapshot: what its disk lies on
IN_USE = f"{GROUP}/in-use"  # finalizer of what others need

QUEUE = "kueue.x-k8s.io/"  # what labels begin with by which Kueue finds a queue

NAME_MAX = 63  # a DNS label: Job names, label values


def child_name(parent: str, *parts: str) -> str:
    """`<parent>-<part>…`, shortened with a hash of the whole where it would not be a DNS label."""
    full = "-".join((parent, *parts))
    if len(full) <= NAME_MAX:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:8]
    tail = f"{digest}-{parts[-1][-34:].lstrip('-')}"
    return f"{full[: NAME_MAX - len(tail) - 1].rstrip('-.')}-{tail}"


def content_hash(content: object) -> str:
    """A stable hash of any JSON value."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def labels(component: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The recommended labels of Kubernetes, and ours."""
    return {
        "app.kubernetes.io/name": OPERATOR,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/version": __version__,
        MANAGED_BY: OPERATOR,
        **extra,
    }


def queue_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Of the labels that people gave an object those that are for Kueue, which reads them on Jobs and pods.

    No others are passed on: who may run something may not choose which Services and policies select its pods.
    """
    return {key: value for key, value in labels.items() if key.startswith(QUEUE)}


def owner_reference(owner: ApiObject[Any, Any]) -> KubeObject:
    """The reference that makes the garbage collector delete the child with its owner."""
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def metadata(
    owner: ApiObject[Any, Any],
    name: str,
    component: str,
    extra_labels: Mapping[str, str],
) -> dict[str, Any]:
    """Metadata of a child: beside its owner, owned by it."""
    return {
        "name": name,
        "namespace": owner.namespace,
        "labels": labels(component, extra_labels),
        "ownerReferences": [owner_reference(owner)],
    }
