"""ScenarioRun → its claim and the Job whose pod is the agent's devbox first, and scores what the agent left then.

The agent's container is an init container: the kubelet starts the functions once it and all that it left running have
ended, whether an operator is there or not. The Job never replaces its pod: an agent works once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.api.scoring import ScoringFunction
from assay.kube_object import KubeObject
from assay.settings import Settings

from . import claim as claims
from . import (
    devbox,
    devbox_container,
    names,
    network_policies,
    pod_parts,
    run_labels,
    run_tries,
    scorer_files,
    scorer_job,
    texts,
)
from .devbox_pod import DEADLINE_SLACK
from .pod_plan import MountPlan, PodPlan
from .scorer_container import ScorerPod, egress_of

COMPONENT = "scenario-run"


def functions_beside(run: ScenarioRun, pinned: PinnedRun, settings: Settings) -> list[str]:
    """The functions that can work in the agent's pod, by name, where the root file system is an overlay.

    A network policy holds for a pod: such a function reaches what the agent may, or nothing, which is a matter of its
    own container. None can where the run's texts need ConfigMaps: these go when a devbox goes, which owns them.
    """
    spec = devbox.spec(run, pinned)
    allowed = ("None", network_policies.egress(spec.network, settings))
    contract = pinned.scenario.scoring_contract.scoring_functions
    found = [f for f in contract if f.placement == "SamePod" and egress_of(f) in allowed]
    annotations = {**devbox_container.work(spec, _plan(pinned), {}).annotations, **_annotations(contract)}
    return [f.name for f in found] if texts.fit_annotations(annotations) else []


def claim(
    run: ScenarioRun, pinned: PinnedRun, settings: Settings, snapshot: DiskSnapshotStatus | None = None
) -> KubeObject:
    """The claim of the run's disk: empty, or with the content of a snapshot."""
    return claims.claim(_metadata(run), pinned.scenario.environment.disk, settings, snapshot)


def job(run: ScenarioRun, pinned: PinnedRun, settings: Settings) -> KubeObject:
    """The Job, whose pod has the containers of the agent and of the functions `pinned.same_pod`."""
    spec = devbox.spec(run, pinned)
    egress = network_policies.egress(spec.network, settings)
    names_ = pinned.same_pod or ()
    functions = [f for f in pinned.scenario.scoring_contract.scoring_functions if f.name in names_]
    pod = ScorerPod(pinned, functions, "Overlay", (), egress, settings, has_agent=True)
    flags = {**pod_parts.limits(settings), **network_policies.gate(egress, settings), "run": run.uid}
    agent = devbox_container.work(spec, _plan(pinned), flags)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(run),
        "spec": {
            "backoffLimit": 0,
            "podReplacementPolicy": "Failed",
            "template": {
                "metadata": {
                    "labels": names.labels(
                        COMPONENT, {**run_labels.of(run), **network_policies.label(egress)}
                    ),
                    "annotations": {
                        "kubectl.kubernetes.io/default-container": devbox_container.CONTAINER,
                        **agent.annotations,
                        **_annotations(functions),
                    },
                },
                "spec": pod_parts.schedule(_pod_spec(run_tries.name(run), pod, agent), run.spec.scheduling),
            },
        },
    }


def _pod_spec(claim_name: str, pod: ScorerPod, agent: devbox_container.Work) -> dict[str, Any]:
    volumes = [
        {"name": "disk", "persistentVolumeClaim": {"claimName": claim_name}},
        *agent.volumes,
        *scorer_job.volumes_of(pod),
    ]
    made = pod_parts.pod_spec(scorer_job.containers(pod, others=1), volumes, pod.settings)
    seconds = pod.pinned.scenario.timeouts.agent_seconds + max(pod.timeouts().values())
    return {**made, "initContainers": [agent.container], "activeDeadlineSeconds": seconds + DEADLINE_SLACK}


def _plan(pinned: PinnedRun) -> PodPlan:
    return PodPlan("run", pinned.image, MountPlan("Overlay", ""))


def _annotations(functions: Sequence[ScoringFunction]) -> dict[str, str]:
    return pod_parts.file_annotations(scorer_files.inline_files(functions))


def _metadata(run: ScenarioRun) -> dict[str, Any]:
    return names.metadata(run, run_tries.name(run), COMPONENT, run_labels.of(run))
