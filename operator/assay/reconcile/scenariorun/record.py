"""What is recorded beside a score: on what machine, with which resources, and how long each phase took. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from assay.api.runrecord import RunDurations, RunEnvironment
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.pod_view import Terminated
from assay.specs import devbox_container

from .observed import Observed, StartedRunView


def agent_ended(view: StartedRunView, status: ScenarioRunStatus) -> None:
    """Record in `status`, which has the agent's result, all that is known then."""
    agent, created = status.agent, view.observed.created_at
    if agent is None:
        return
    status.environment = environment(view)
    status.durations = RunDurations(
        provisioning_seconds=_seconds(created, agent.start_time),
        agent_seconds=_seconds(agent.start_time, agent.finish_time),
    )


def scored(view: StartedRunView, status: ScenarioRunStatus, ends: Iterable[Terminated]) -> None:
    """Record in `status` how long its functions took; of a run without an agent, also on what they worked."""
    begun = (status.agent.finish_time if status.agent else None) or status.scoring_start_time
    last = max((end.finished_at for end in ends if end.finished_at), default=None)
    scoring = _seconds(begun, last)
    status.durations = (status.durations or RunDurations()).model_copy(update={"scoring_seconds": scoring})
    status.environment = status.environment or environment(view)


def environment(view: StartedRunView) -> RunEnvironment:
    """The pod's node and the pod's resources, as far as they are known."""
    observed = view.observed
    info = ((observed.node or {}).get("status") or {}).get("nodeInfo") or {}
    pod_status = (observed.pod or {}).get("status") or {}
    agent = pod_view.container_status(observed.pod or {}, devbox_container.CONTAINER)
    requested = _resources(observed)
    return RunEnvironment(
        node=observed.node_name,
        architecture=info.get("architecture"),
        os_image=info.get("osImage"),
        kernel=info.get("kernelVersion"),
        container_runtime=info.get("containerRuntimeVersion"),
        kubelet=info.get("kubeletVersion"),
        image=agent.get("imageID") or view.pinned.image.reference,
        qos_class=pod_status.get("qosClass"),
        requests=requested.get("requests"),
        limits=requested.get("limits"),
    )


def _resources(observed: Observed) -> dict[str, dict[str, str]]:
    spec = (observed.pod or {}).get("spec") or {}
    containers = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    found = (one.get("resources") for one in containers if one.get("name") == devbox_container.CONTAINER)
    return next(found, None) or {}


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """None where one of them is not known, or clocks disagree."""
    if begin is None or end is None or end < begin:
        return None
    return (end - begin).total_seconds()
