"""What a pod's status says about one of its containers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from . import toolbox_failures

OUTPUT_MAX = 2048
PATIENCE = timedelta(seconds=10)

# Waiting reasons that do not pass by themselves; the kubelet goes on trying, and so do we.
_STUCK = {
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
}
_MAIN_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Terminated:
    """How a container ended."""

    exit_code: int
    reason: str
    message: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod in the words that decisions need."""

    obj: dict[str, Any]
    """The pod itself."""
    deleting: bool
    node: str | None
    started_at: datetime | None
    """When the container started; None before."""
    ready: bool
    """It runs, and its readiness probe, if it has one, says so."""
    terminated: Terminated | None
    """Set when the container is gone for sure."""
    ended: bool
    """The pod's phase is final, even if the container never ran."""
    trouble: tuple[str, str] | None
    """Reason and message of what keeps the container from starting."""
    trouble_due: datetime | None
    """When that is worth a word: until then it is the way of the world (a claim not bound yet)."""
    killed_by: tuple[str, str] | None
    """Reason and message where Kubernetes or an init container of ours, not the command, ended the pod."""


def view(pod: dict[str, Any], container: str) -> PodView:
    """Look at one container of a pod."""
    status = pod.get("status") or {}
    state = container_state(pod, container)
    running = state.get("running")
    terminated = _terminated(state.get("terminated"))
    created = timestamp(pod["metadata"].get("creationTimestamp"))
    return PodView(
        obj=pod,
        deleting=bool(pod["metadata"].get("deletionTimestamp")),
        node=(pod.get("spec") or {}).get("nodeName"),
        started_at=timestamp((running or {}).get("startedAt"))
        or (terminated.started_at if terminated else None),
        ready=running is not None and _container(pod, container).get("ready", True),
        terminated=terminated,
        ended=status.get("phase") in _MAIN_ENDED,
        trouble=_trouble(status, state),
        trouble_due=created + PATIENCE if created else None,
        killed_by=_killed_by(status),
    )


def patience_left(pod: PodView, now: datetime) -> float:
    """Seconds until the pod's trouble is worth a word."""
    return max(0.0, (pod.trouble_due - now).total_seconds()) if pod.trouble_due else 0.0


def container_state(pod: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    """The container's `state`; empty before the kubelet has reported any."""
    return _container(pod, container).get("state") or {}


def _container(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((status for status in found if status.get("name") == name), {})


def timestamp(text: str | None) -> datetime | None:
    """A time of the Kubernetes API."""
    return datetime.fromisoformat(text) if text else None


def _terminated(state: Mapping[str, Any] | None) -> Terminated | None:
    if state is None:
        return None
    return Terminated(
        exit_code=state.get("exitCode", 0),
        reason=state.get("reason") or "",
        message=state.get("message") or "",
        started_at=timestamp(state.get("startedAt")),
        finished_at=timestamp(state.get("finishedAt")),
    )


def _trouble(status: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[str, str] | None:
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in _STUCK:
        return waiting["reason"], waiting.get("message") or waiting["reason"]
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        return scheduled.get("reason") or "Unschedulable", scheduled.get(
            "message"
        ) or "the pod cannot be scheduled"
    return None


def _killed_by(status: Mapping[str, Any]) -> tuple[str, str] | None:
    disrupted = _condition(status, "DisruptionTarget")
    if disrupted.get("status") == "True":
        return "Evicted", disrupted.get("message") or disrupted.get("reason") or "the pod was evicted"
    if status.get("phase") == "Failed" and status.get("reason"):
        return status["reason"], status.get("message") or status["reason"]
    return _init_failure(status) if status.get("phase") == "Failed" else None


def _init_failure(status: Mapping[str, Any]) -> tuple[str, str] | None:
    """Of a pod whose containers never ran: what the init container says that failed."""
    for one in status.get("initContainerStatuses") or ():
        end = _terminated((one.get("state") or {}).get("terminated"))
        if end and end.exit_code != 0:
            said = end.message.strip() or f"init container {one.get('name')}: {end.reason or end.exit_code}"
            return toolbox_failures.reason(end.exit_code, said) or "BootFailed", said[:OUTPUT_MAX]
    return None


def _condition(status: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions") or () if c.get("type") == type_), {})
