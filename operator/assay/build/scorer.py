"""ScenarioRun → scorer Job: one container a scoring function, on the agent's disk, read-only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.api.scoring import ScoringFunction

from . import names, rootfs
from .run import run_labels
from .settings import BuildSettings

START_SLACK = 900  # seconds a scorer pod may need to be scheduled and to pull its image
MESSAGE_BYTES_MAX = 4096  # the kubelet's limit for one container,
MESSAGES_BYTES_MAX = 12288  # and for all containers of a pod together


def job_name(run: Mapping[str, Any]) -> str:
    """Name of the run's scorer Job."""
    return names.child_name(run["metadata"]["name"], "score")


def job(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    settings: BuildSettings,
) -> dict[str, Any]:
    """The Job that scores what the agent left on the devbox's disk.

    The devbox owns it: a claim in use by a pod, even by one that has ended, is not freed, so both go together.
    """
    claim_name = devbox["metadata"]["name"]
    node = (devbox.get("status") or {}).get("nodeName")
    functions = pinned.scenario.scoring_contract.scoring_functions
    timeouts = {f.name: f.timeout_seconds or pinned.scenario.timeouts.scoring_seconds for f in functions}
    message_bytes = min(MESSAGE_BYTES_MAX, MESSAGES_BYTES_MAX // len(functions)) - 16
    volumes: list[dict[str, Any]] = [
        {"name": "disk", "persistentVolumeClaim": {"claimName": claim_name, "readOnly": True}},
        {"name": "scratch", "emptyDir": {}},
        # A volume each, so that no function sees the script of another.
        *(rootfs.files_volume(_volume(f), {f.name: "script"}) for f in functions if f.bash_script),
    ]
    containers = [_container(f, pinned, timeouts[f.name], message_bytes) for f in functions]
    labels = names.labels("scorer", run_labels(run, spec))
    template_spec = rootfs.pod_spec(containers, volumes, settings)
    if node:
        template_spec["affinity"] = _prefer(node)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": names.metadata(devbox, job_name(run), "scorer", run_labels(run, spec)),
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
                    "labels": labels,
                    "annotations": rootfs.file_annotations(
                        {f.name: f.bash_script.script for f in functions if f.bash_script}
                    ),
                },
                "spec": template_spec,
            },
        },
    }


def _container(
    function: ScoringFunction, pinned: PinnedRun, timeout: int, message_bytes: int
) -> dict[str, Any]:
    user, directory = rootfs.user_and_directory(pinned.image, None, pinned.scenario.working_dir)
    mounts = [
        {"name": "disk", "mountPath": rootfs.DISK, "readOnly": True},
        {"name": "scratch", "mountPath": rootfs.SCRATCH, "subPath": function.name},
        rootfs.toolbox_mount(),
    ]
    if function.bash_script:
        mounts.append({"name": _volume(function), "mountPath": rootfs.FILES_DIR, "readOnly": True})
    return {
        "name": function.name,
        "image": pinned.image.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": rootfs.script("score.sh", user, directory, str(timeout), *_command(function)),
        "env": rootfs.env_list(pinned.scenario.environment.env or (), ASSAY_MESSAGE_BYTES=str(message_bytes)),
        "securityContext": rootfs.SECURITY_CONTEXT,
        "volumeMounts": mounts,
    }


def _command(function: ScoringFunction) -> list[str]:
    if function.bash_script:
        # The toolbox's bash: it is there in every image, and no agent can have replaced it.
        return [f"{rootfs.TOOLBOX}/bash", f"{rootfs.FILES_DIR}/script"]
    return function.command.command if function.command else []


def _volume(function: ScoringFunction) -> str:
    return names.child_name("script", function.name)


def _prefer(node: str) -> dict[str, Any]:
    """The agent's node has the image and the volume already."""
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    return {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]
        }
    }


def jobs(
    run: Mapping[str, Any],
    spec: ScenarioRunSpec,
    pinned: PinnedRun,
    devbox: Mapping[str, Any],
    settings: BuildSettings,
) -> list[dict[str, Any]]:
    """The run's Jobs."""
    return [job(run, spec, pinned, devbox, settings)]


def job_names(run: Mapping[str, Any], pinned: PinnedRun) -> list[str]:
    """Their names."""
    return [job_name(run)]
