"""The containers of a run's pod, in a namespace that has one run."""

from __future__ import annotations

from tests.tools.kube import apply, get

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


def forbid_pods(namespace: str) -> None:
    """A quota `none` that is in force and refuses every pod."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}}
    apply(namespace, {**quota, "spec": {"hard": {"pods": "0"}}})
    eventually(
        lambda: (get(namespace, "resourcequota", "none").get("status") or {}).get("hard"),
        60,
        lambda: "the quota is not in force",
    )
