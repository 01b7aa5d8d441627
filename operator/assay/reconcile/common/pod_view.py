"""What a pod's status says about one of its containers. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from assay.api.reasons import AnyReason, EndReason, ForeignReason, PodReason
from assay.kube_object import KubeObject

from . import node_words, runner_messages
from .text import printable

OUTPUT_MAX = 2048
PATIENCE = timedelta(seconds=10)

# Reasons to wait that seldom pass without help. The kubelet goes on trying, and the operator goes on waiting.
_STUCK = (
    PodReason.CREATE_CONTAINER_CONFIG_ERROR,
    PodReason.CREATE_CONTAINER_ERROR,
    PodReason.ERR_IMAGE_NEVER_PULL,
    PodReason.ERR_IMAGE_PULL,
    PodReason.IMAGE_PULL_BACK_OFF,
    PodReason.INVALID_IMAGE_NAME,
    PodReason.RUN_CONTAINER_ERROR,
)
# Why a pod has the condition DisruptionTarget (k8s.io/api/core/v1: PodReasonPreemptionByScheduler, …), but for the
# kubelet's own TerminationByKubelet: the reason of the pod says more then. An unknown one counts as the kubelet's.
_DISRUPTIONS = {
    "PreemptionByScheduler": EndReason.PREEMPTED,
    "EvictionByEvictionAPI": EndReason.DRAINED,
    "DeletionByTaintManager": EndReason.NODE_LOST,
    "DeletionByPodGC": EndReason.NODE_LOST,
}
DISRUPTIONS = (EndReason.EVICTED, *dict.fromkeys(_DISRUPTIONS.values()))
"""The reasons of ends that Kubernetes brings about for the sake of others."""
_PHASES_AT_END = ("Succeeded", "Failed")


class Cause(NamedTuple):
    """Why something happened: the reason and the message of a condition."""

    reason: AnyReason
    message: str


@dataclass(frozen=True, slots=True)
class Terminated:
    """How a container ended."""

    exit_code: int
    reason: str
    """The kubelet's word; empty if it gave none."""
    message: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod as decisions need it."""

    obj: KubeObject
    """The pod itself."""
    deleting: bool
    node: str | None
    started_at: datetime | None
    """When the container started; None before."""
    ready: bool
    """Whether the container runs and its readiness probe, if it has one, succeeds."""
    terminated: Terminated | None
    """Set once the container has ended."""
    ended: bool
    """Whether the pod's phase is final; its containers may never have run."""
    trouble: Cause | None
    """What keeps the container from starting."""
    trouble_due: datetime | None
    """When to report the trouble: before that it may pass by itself (a claim that is not bound yet)."""
    killed_by: Cause | None
    """Set if Kubernetes, or an init container other than the one in view, ended the pod."""


def view(pod: KubeObject, container: str) -> PodView:
    """What the pod says about one of its containers."""
    status = pod.get("status") or {}
    state = container_state(pod, container)
    running = state.get("running")
    terminated = _terminated(state.get("terminated"))
    waits_since = max(_turns(pod), default=None)
    return PodView(
        obj=pod,
        deleting=bool(pod["metadata"].get("deletionTimestamp")),
        node=(pod.get("spec") or {}).get("nodeName"),
        started_at=timestamp((running or {}).get("startedAt"))
        or (terminated.started_at if terminated else None),
        ready=running is not None and container_status(pod, container).get("ready", True),
        terminated=terminated,
        ended=status.get("phase") in _PHASES_AT_END,
        trouble=_trouble(status, state),
        trouble_due=waits_since + PATIENCE if waits_since else None,
        killed_by=_killed_by(status, container),
    )


def patience_left(pod: PodView, now: datetime) -> float:
    """Seconds until the pod's trouble is to be reported."""
    return max(0.0, (pod.trouble_due - now).total_seconds()) if pod.trouble_due else 0.0


def container_status(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The status of a container or init container, empty before there is one: no two of a pod have the same name."""
    return next((one for one in _statuses(pod) if one.get("name") == name), {})


def container_state(pod: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    """The container's `state`; empty before the kubelet has reported any."""
    return container_status(pod, container).get("state") or {}


def runs(pod: Mapping[str, Any], container: str) -> bool:
    """Whether the container runs now."""
    return "running" in container_state(pod, container)


def has_started(pod: Mapping[str, Any], container: str) -> bool:
    """Whether the container runs, or has ended."""
    return bool({"running", "terminated"} & container_state(pod, container).keys())


def terminations(pod: Mapping[str, Any]) -> list[Terminated]:
    """How those of its containers and init containers ended that have."""
    return [end for state in _states(pod) if (end := _terminated(state.get("terminated")))]


def has_begun(pod: Mapping[str, Any]) -> bool:
    """Whether the pod has ended, or any of its containers has started: then volumes and sandbox are there."""
    is_ended = (pod.get("status") or {}).get("phase") in _PHASES_AT_END
    return is_ended or any({"running", "terminated"} & state.keys() for state in _states(pod))


def is_stuck(pod: Mapping[str, Any]) -> bool:
    """Whether a container waits for a reason that seldom passes without help."""
    return any((state.get("waiting") or {}).get("reason") in _STUCK for state in _states(pod))


def _states(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one.get("state") or {} for one in _statuses(pod)]


def _statuses(pod: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    status = pod.get("status") or {}
    return (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))


def _turns(pod: Mapping[str, Any]) -> Iterator[datetime]:
    """When the pod was created, and when its init containers ended: another container is about to start then."""
    states = [one.get("state") or {} for one in (pod.get("status") or {}).get("initContainerStatuses") or ()]
    ends = ((state.get("terminated") or {}).get("finishedAt") for state in states)
    times = map(timestamp, (pod["metadata"].get("creationTimestamp"), *ends))
    return (time for time in times if time)


def timestamp(text: str | None) -> datetime | None:
    """A time as the Kubernetes API writes it; None if there is none."""
    return datetime.fromisoformat(text) if text else None


def _terminated(state: Mapping[str, Any] | None) -> Terminated | None:
    if state is None:
        return None
    return Terminated(
        exit_code=state.get("exitCode", 0),
        reason=state.get("reason") or "",
        message=printable(state.get("message") or ""),
        started_at=timestamp(state.get("startedAt")),
        finished_at=timestamp(state.get("finishedAt")),
    )


def _trouble(status: Mapping[str, Any], state: Mapping[str, Any]) -> Cause | None:
    waiting = state.get("waiting") or {}
    if stuck := next((reason for reason in _STUCK if reason == waiting.get("reason")), None):
        return Cause(stuck, waiting.get("message") or stuck)
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    reason = ForeignReason(scheduled["reason"]) if scheduled.get("reason") else PodReason.UNSCHEDULABLE
    return Cause(reason, scheduled.get("message") or "the pod cannot be scheduled")


def _killed_by(status: Mapping[str, Any], container: str) -> Cause | None:
    disrupted = _condition(status, "DisruptionTarget")
    if disrupted.get("status") == "True":
        message = disrupted.get("message") or disrupted.get("reason") or "the pod was evicted"
        by_kubelet = node_words.of_pod(status.get("reason") or "", EndReason.EVICTED)
        return Cause(_DISRUPTIONS.get(disrupted.get("reason", ""), by_kubelet), message)
    if status.get("phase") != "Failed":
        return None
    if word := status.get("reason"):
        return _said(node_words.of_pod(word), word, status.get("message") or word)
    return _init_failure(status, container)


def _said(reason: EndReason, word: str, message: str) -> Cause:
    """The cause, its message with the word of the node where our reason is another."""
    return Cause(reason, message if word in (reason, message) else f"{word}: {message}")


def _init_failure(status: Mapping[str, Any], container: str) -> Cause | None:
    """How an init container failed, other than this container: then the pod's containers never ran."""
    others = (one for one in status.get("initContainerStatuses") or () if one.get("name") != container)
    for one in others:
        end = _terminated((one.get("state") or {}).get("terminated"))
        if end and end.exit_code != 0:
            text = end.message.strip() or f"init container {one.get('name')}: {end.reason or end.exit_code}"
            reason = runner_messages.failure(end.exit_code, text) or EndReason.BOOT_FAILED
            return Cause(reason, text[:OUTPUT_MAX])
    return None


def _condition(status: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions") or () if c.get("type") == type_), {})
