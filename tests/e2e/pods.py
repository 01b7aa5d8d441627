"""The containers of a run's pod, in a namespace that has one run."""

from __future__ import annotations

from tests.tools.kube import get

from .objects import eventually


def state(namespace: str, container: str) -> str | None:
    """How a container of the run's pod is: waiting, running or terminated."""
    for pod in get(namespace, "pods"):
        shown = pod["status"]
        every = (*(shown.get("initContainerStatuses") or ()), *(shown.get("containerStatuses") or ()))
        for one in every:
            if one["name"] == container:
                return str(next(iter(one["state"])))
    return None


def until(namespace: str, container: str, wanted: str) -> None:
    """Wait until the container of the run's pod is in that state."""
    eventually(
        lambda: True if state(namespace, container) == wanted else None,
        90,
        lambda: f"{container} is {state(namespace, container)}",
    )
