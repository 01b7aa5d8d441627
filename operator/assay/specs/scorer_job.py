"""ScenarioRun → scorer Jobs: one container for each scoring function that does not work in the agent's pod.

The agent's disk is read-only there. A network policy holds for a whole pod, so functions with different
`network.egress` are in different Jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.api.disk import MountedRoot
from assay.api.meta import Egress
from assay.api.object import ApiObject
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.api.scoring import ScoringFunction
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import (
    names,
    network_policies,
    pod_parts,
    required_secrets,
    run_labels,
    run_tries,
    scorer_copy,
    scorer_files,
)
from .scorer_container import ScorerPod, container, egress_of

START_SLACK = 900  # seconds a scorer pod may need to be scheduled and to pull its image
MESSAGE_BYTES_MAX = 4096  # the kubelet's limit for one container,
MESSAGES_BYTES_MAX = 12288  # and for all containers of a pod together
_EGRESS: tuple[Egress, ...] = ("None", "Internet", "Any")


@dataclass(frozen=True, slots=True)
class LeftDisk:
    """The disk that an agent left."""

    owner: ApiObject[Any, Any]
    """What owns the claim. The Jobs are its children: a claim that a pod uses, even a pod that has ended, is not freed,
    so both go together."""
    claim: str
    root: MountedRoot = "Overlay"
    directories: Sequence[str] = ()
    """Copy: the directories on the disk."""
    node: str | None = None
    """Where it was used last."""


@dataclass(frozen=True, slots=True)
class Scorers:
    """Functions that work in pods of their own."""

    functions: Sequence[ScoringFunction]
    again: bool = False
    """Whether the agent's pod was lost before they had ended there."""

    def by_egress(self) -> dict[Egress, list[ScoringFunction]]:
        """The functions of each Job."""
        found = {egress: [f for f in self.functions if egress_of(f) == egress] for egress in _EGRESS}
        return {egress: those for egress, those in found.items() if those}

    def name(self, run: ScenarioRun, egress: Egress) -> str:
        """The name of a Job. No run has such a name, which would be that of its own Job."""
        suffix = [*(["again"] if self.again else []), *([] if egress == "None" else [egress.lower()])]
        return names.child_name(
            run.name, "score", *suffix, *run_tries.suffix(run), names.content_hash(run.uid)[:8]
        )

    def names(self, run: ScenarioRun) -> list[str]:
        """Names of the Jobs."""
        return [self.name(run, egress) for egress in self.by_egress()]


def jobs(
    run: ScenarioRun, pinned: PinnedRun, scorers: Scorers, left: LeftDisk, settings: Settings
) -> list[KubeObject]:
    """The Jobs that score the disk; each function's container has the function's name."""
    made = []
    for egress, functions in scorers.by_egress().items():
        pod = ScorerPod(pinned, functions, left.root, left.directories, egress, settings)
        metadata = names.metadata(left.owner, scorers.name(run, egress), "scorer", run_labels.of(run))
        made.append(_job(run, metadata, pod, left))
    return made


def _job(run: ScenarioRun, metadata: dict[str, Any], pod: ScorerPod, left: LeftDisk) -> KubeObject:
    labels = {**run_labels.of(run), **network_policies.label(pod.egress)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": max(pod.timeouts().values()) + START_SLACK,
            # A drained or preempted node is no verdict on the agent: another pod takes over.
            "podFailurePolicy": {
                "rules": [
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
                ]
            },
            "template": {
                "metadata": {
                    "labels": names.labels("scorer", labels),
                    "annotations": pod_parts.file_annotations(scorer_files.inline_files(pod.functions)),
                },
                "spec": pod_parts.schedule(_pod_spec(pod, left), run.spec.scheduling),
            },
        },
    }


def _pod_spec(pod: ScorerPod, left: LeftDisk) -> dict[str, Any]:
    copies = scorer_copy.containers(pod) if pod.root == "Copy" else []
    others = 1 + len(copies) if pod.root == "Copy" else 0
    volumes = [
        {"name": "disk", "persistentVolumeClaim": {"claimName": left.claim, "readOnly": True}},
        *volumes_of(pod),
    ]
    made = pod_parts.pod_spec(containers(pod, others), volumes, pod.settings, pod.root)
    if copies:
        made["initContainers"] += copies
    if left.node:
        made["affinity"] = _prefer(left.node)
    return made


def containers(pod: ScorerPod, others: int) -> list[KubeObject]:
    """The functions' containers, of a pod that has so many `others`: the kubelet divides the bytes of all messages."""
    message_bytes = min(MESSAGE_BYTES_MAX, MESSAGES_BYTES_MAX // (len(pod.functions) + others)) - 16
    return [container(pod, f, message_bytes) for f in pod.functions]


def volumes_of(pod: ScorerPod) -> list[KubeObject]:
    """The volumes of functions, but for the disk."""
    required = required_secrets.volumes(pod.functions) if pod.has_agent else []
    files = scorer_files.volumes(pod.functions)
    return [{"name": "scratch", "emptyDir": {}}, *pod.volumes(), *files, *required]


def _prefer(node: str) -> dict[str, Any]:
    """The agent's node already has the image and the volume."""
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    return {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]
        }
    }
