"""ScenarioRun → scorer Jobs: one container a scoring function, on the agent's disk, read-only.

A network policy holds for a whole pod, so functions that may reach other things are in other Jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.api.meta import Egress
from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.api.scoring import ScoringFunction
from assay.settings import Settings

from . import names, network_policies, pod_parts, run_labels, scorer_copy, scorer_files
from .scorer_container import ScorerPod, container

START_SLACK = 900  # seconds a scorer pod may need to be scheduled and to pull its image
MESSAGE_BYTES_MAX = 4096  # the kubelet's limit for one container,
MESSAGES_BYTES_MAX = 12288  # and for all containers of a pod together
_EGRESS: tuple[Egress, ...] = ("None", "Internet", "Any")


def job_names(run: Mapping[str, Any], pinned: PinnedRun) -> list[str]:
    """Names of the run's scorer Jobs."""
    return [_name(run, allowed) for allowed in _by_egress(pinned)]


def jobs(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    settings: Settings,
) -> list[dict[str, Any]]:
    """The Jobs that score what is on the devbox's disk; each function's container has its name.

    The devbox owns them: a claim in use by a pod, even by one that has ended, is not freed, so both go together.
    """
    return [
        _job(run, spec, pinned, devbox, settings, allowed, functions)
        for allowed, functions in _by_egress(pinned).items()
    ]


def _by_egress(pinned: PinnedRun) -> dict[Egress, list[ScoringFunction]]:
    functions = pinned.scenario.scoring_contract.scoring_functions
    found = {allowed: [f for f in functions if _egress(f) == allowed] for allowed in _EGRESS}
    return {allowed: those for allowed, those in found.items() if those}


def _egress(function: ScoringFunction) -> Egress:
    return (function.network and function.network.egress) or "None"


def _name(run: Mapping[str, Any], allowed: Egress) -> str:
    suffix = [] if allowed == "None" else [allowed.lower()]
    return names.child_name(run["metadata"]["name"], "score", *suffix)


def _job(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    settings: Settings,
    allowed: Egress,
    functions: Sequence[ScoringFunction],
) -> dict[str, Any]:
    labels = {**run_labels.of(run, spec), **network_policies.label(allowed)}
    timeouts = {f.name: f.timeout_seconds or pinned.scenario.timeouts.scoring_seconds for f in functions}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": names.metadata(devbox, _name(run, allowed), "scorer", run_labels.of(run, spec)),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": max(timeouts.values()) + START_SLACK,
            # A drained or preempted node is no verdict on the agent: another pod takes over.
            "podFailurePolicy": {
                "rules": [
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
                ]
            },
            "template": {
                "metadata": {
                    "labels": names.labels("scorer", labels),
                    "annotations": pod_parts.file_annotations(scorer_files.inline_files(functions)),
                },
                "spec": pod_parts.schedule(
                    _pod_spec(pinned, devbox, settings, allowed, functions, timeouts), spec.scheduling
                ),
            },
        },
    }


def _pod_spec(
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    settings: Settings,
    allowed: Egress,
    functions: Sequence[ScoringFunction],
    timeouts: Mapping[str, int],
) -> dict[str, Any]:
    status = devbox.get("status") or {}
    around = ScorerPod(
        pinned,
        status.get("rootFilesystem") or "Overlay",
        status.get("directories") or (),
        network_policies.gate(allowed, settings),
        pod_parts.user_namespaces(settings),
    )
    claim = {"claimName": devbox["metadata"]["name"], "readOnly": True}
    copies = scorer_copy.containers(around, functions, settings) if around.root == "Copy" else []
    # The kubelet divides by all containers there are, those that only prepare included.
    sharing = len(functions) + (1 + len(copies) if around.root == "Copy" else 0)
    message_bytes = min(MESSAGE_BYTES_MAX, MESSAGES_BYTES_MAX // sharing) - 16
    volumes = [
        {"name": "disk", "persistentVolumeClaim": claim},
        {"name": "scratch", "emptyDir": {}},
        *around.volumes(functions, settings),
        *scorer_files.volumes(functions),
    ]
    containers = [container(f, around, timeouts[f.name], message_bytes) for f in functions]
    made = pod_parts.pod_spec(containers, volumes, settings, around.root)
    if copies:
        made["initContainers"] += copies
    if node := status.get("nodeName"):
        made["affinity"] = _prefer(node)
    return made


def _prefer(node: str) -> dict[str, Any]:
    """The agent's node has the image and the volume already."""
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    return {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]
        }
    }
