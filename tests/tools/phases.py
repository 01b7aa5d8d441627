"""How long the phases of runs take, by a watch of what the cluster shows of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kubernetes import client, config, watch

RUN_LABEL = "assay.dev/scenario-run"
MARKS = (
    "run created",
    "pinned",
    "agent's pod created",
    "agent's pod scheduled",
    "agent started",
    "agent ended",
    "functions' pod created",
    "functions ended",
    "scored",
)


@dataclass
class Phases:
    """When each run of a namespace was first seen at each mark, in seconds of the monotonic clock."""

    namespace: str
    seen: dict[str, dict[str, float]] = field(default_factory=dict)

    def start(self) -> Phases:
        """Begin to watch."""
        config.load_kube_config()  # type: ignore[no-untyped-call]
        core, custom = client.CoreV1Api(), client.CustomObjectsApi()
        runs = ("assay.dev", "v1alpha1", self.namespace, "scenarioruns")
        pods = {"label_selector": RUN_LABEL}
        self._in_background(custom.list_namespaced_custom_object, runs, {})
        self._in_background(core.list_namespaced_pod, (self.namespace,), pods)
        return self

    def _in_background(self, *what: Any) -> None:
        threading.Thread(target=self._follow, args=what, daemon=True).start()

    def _follow(self, listing: Any, args: Sequence[str], selection: Mapping[str, str]) -> None:
        events: Any = watch.Watch().stream  # type: ignore[no-untyped-call]
        for event in events(listing, *args, timeout_seconds=3600, **selection):
            now = time.monotonic()
            found = event["raw_object"]
            run, marks = of_pod(found) if found.get("kind") == "Pod" else of_run(found)
            known = self.seen.setdefault(run, {})
            for mark in marks:
                known.setdefault(mark, now)

    def table(self) -> list[str]:
        """A line for each phase, with the median and the 95th percentile in seconds."""
        return table(list(self.seen.values()))


def of_run(run: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The run's name, and the marks that it has reached."""
    status = run.get("status") or {}
    marks = ["run created"]
    if status.get("pinned"):
        marks.append("pinned")
    if status.get("completionTime"):
        marks.append("scored")
    return run["metadata"]["name"], marks


def of_pod(pod: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The name of the pod's run, and the marks that it has reached by it."""
    run, status = pod["metadata"]["labels"][RUN_LABEL], pod.get("status") or {}
    states = [one.get("state") or {} for one in status.get("containerStatuses") or ()]
    ended = bool(states) and all("terminated" in state for state in states)
    if pod["metadata"]["name"] != run:
        return run, ["functions' pod created", *(["functions ended"] if ended else [])]
    marks = ["agent's pod created"]
    if (pod.get("spec") or {}).get("nodeName"):
        marks.append("agent's pod scheduled")
    if any("running" in state or "terminated" in state for state in states):
        marks.append("agent started")
    return run, [*marks, *(["agent ended"] if ended else [])]


def table(runs: Sequence[Mapping[str, float]]) -> list[str]:
    """A line for each phase, over the runs that were seen at both its ends."""
    lines = []
    for begin, end in [*pairwise(MARKS), (MARKS[0], MARKS[-1])]:
        took = sorted(run[end] - run[begin] for run in runs if begin in run and end in run)
        if took:
            lines.append(f"  {percentile(took, 50):6.2f} {percentile(took, 95):6.2f}  {begin} → {end}")
    return lines


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile of values in order."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
