"""ScenarioRun → scorer Jobs: one container for each scoring function, on the agent's disk, which is read-only.

A network policy holds for a whole pod, so functions with different `network.egress` are in different Jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.api.devbox import Devbox
from assay.api.meta import Egress
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.api.scoring import ScoringFunction
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import names, network_policies, pod_parts, run_labels, scorer_copy, scorer_files
from .scorer_container import ScorerPod, container

START_SLACK = 900  # seconds a scorer pod may need to be scheduled and to pull its image
MESSAGE_BYTES_MAX = 4096  # the kubelet's limit for one container,
MESSAGES_BYTES_MAX = 12288  # and for all containers of a pod together
_EGRESS: tuple[Egress, ...] = ("None", "Internet", "Any")


def job_names(run: ScenarioRun, pinned: PinnedRun) -> list[str]:
    """Names of the run's scorer Jobs."""
    return [_name(run, egress) for egress in _by_egress(pinned)]


def jobs(run: ScenarioRun, pinned: PinnedRun, devbox: Devbox, settings: Settings) -> list[KubeObject]:
    """The Jobs that score the devbox's disk; each function's container has the function's name.

    The devbox owns them: a claim that a pod uses, even a pod that has ended, is not freed, so both go together.
    """
    return [
        _job(run, devbox, egress, _pod(pinned, devbox, settings, egress, functions))
        for egress, functions in _by_egress(pinned).items()
    ]


def _by_egress(pinned: PinnedRun) -> dict[Egress, list[ScoringFunction]]:
    functions = pinned.scenario.scoring_contract.scoring_functions
    found = {egress: [f for f in functions if _egress(f) == egress] for egress in _EGRESS}
    return {egress: those for egress, those in found.items() if those}


def _egress(function: ScoringFunction) -> Egress:
    return (function.network and function.network.egress) or "None"


def _name(run: ScenarioRun, egress: Egress) -> str:
    suffix = [] if egress == "None" else [egress.lower()]
    return names.child_name(run.name, "score", *suffix)


def _pod(
    pinned: PinnedRun,
    devbox: Devbox,
    settings: Settings,
    egress: Egress,
    functions: Sequence[ScoringFunction],
) -> ScorerPod:
    return ScorerPod(
        pinned=pinned,
        functions=functions,
        root=devbox.status.root_filesystem or "Overlay",
        directories=devbox.status.directories or (),
        egress=egress,
        settings=settings,
    )


def _job(run: ScenarioRun, devbox: Devbox, egress: Egress, pod: ScorerPod) -> KubeObject:
    labels = run_labels.of(run)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": names.metadata(devbox, _name(run, egress), "scorer", labels),
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
                    "labels": names.labels("scorer", {**labels, **network_policies.label(egress)}),
                    "annotations": pod_parts.file_annotations(scorer_files.inline_files(pod.functions)),
                },
                "spec": pod_parts.schedule(_pod_spec(pod, devbox), run.spec.scheduling),
            },
        },
    }


def _pod_spec(pod: ScorerPod, devbox: Devbox) -> dict[str, Any]:
    claim = {"claimName": devbox.name, "readOnly": True}
    copies = scorer_copy.containers(pod) if pod.root == "Copy" else []
    # The kubelet divides the bytes among all containers, init containers included.
    sharing = len(pod.functions) + (1 + len(copies) if pod.root == "Copy" else 0)
    message_bytes = min(MESSAGE_BYTES_MAX, MESSAGES_BYTES_MAX // sharing) - 16
    volumes = [
        {"name": "disk", "persistentVolumeClaim": claim},
        {"name": "scratch", "emptyDir": {}},
        *pod.volumes(),
        *scorer_files.volumes(pod.functions),
    ]
    containers = [container(pod, f, message_bytes) for f in pod.functions]
    made = pod_parts.pod_spec(containers, volumes, pod.settings, pod.root)
    if copies:
        made["initContainers"] += copies
    if node := devbox.status.node_name:
        made["affinity"] = _prefer(node)
    return made


def _prefer(node: str) -> dict[str, Any]:
    """The agent's node already has the image and the volume."""
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    return {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]
        }
    }
