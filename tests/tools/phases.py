"""How long the phases of runs take that are one pod each, by a watch of what the cluster shows of them.

By the clock of the watcher, since times in statuses are whole seconds. A mark is when the API server shows it: a
container has ended, for instance, when the kubelet has reported it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from .watching import Watches

RUN_LABEL = "assay.dev/scenario-run"
MARKS = (
    "run created",
    "pinned",
    "Job created",
    "pod created",
    "pod scheduled",
    "agent started",
    "agent ended",
    "functions started",
    "functions ended",
    "scored",
)
Seen = dict[str, float]
"""When a run was first seen at a mark, in seconds of the monotonic clock."""


class Phases:
    """Watches the runs of a namespace with their pods and Jobs."""

    def __init__(self, namespace: str) -> None:
        self._seen: dict[str, Seen] = {}
        self._watches = watches = Watches()
        runs = ("assay.dev", "v1alpha1", namespace, "scenarioruns")
        watches.follow(self._changed, watches.custom.list_namespaced_custom_object, *runs)
        for listing in (watches.core.list_namespaced_pod, watches.batch.list_namespaced_job):
            watches.follow(self._changed, listing, namespace, label_selector=RUN_LABEL)

    def _changed(self, found: Mapping[str, Any]) -> None:
        now = time.monotonic()
        run, marks = reached(found)
        seen = self._seen.setdefault(run, {})
        for mark in marks:
            seen.setdefault(mark, now)

    def take(self) -> list[Seen]:
        """The runs that were seen since the last time."""
        taken, self._seen = self._seen, {}
        return list(taken.values())

    def close(self) -> None:
        """End the watches."""
        self._watches.close()


def reached(found: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The run that a run, a pod or a Job belongs to, and the marks that it has reached by it."""
    metadata, status = found["metadata"], found.get("status") or {}
    match found["kind"]:
        case "ScenarioRun":
            marks = {"run created": True, "pinned": "pinned" in status, "scored": "completionTime" in status}
            return metadata["name"], _true(marks)
        case "Job":
            return metadata["labels"][RUN_LABEL], ["Job created"]
    agents, functions = (
        [one.get("state") or {} for one in status.get(f"{kind}ontainerStatuses") or ()]
        for kind in ("initC", "c")
    )
    marks = {
        "pod created": True,
        "pod scheduled": "nodeName" in (found.get("spec") or {}),
        "agent started": _have_reached(agents, "running", "terminated"),
        "agent ended": _have_reached(agents, "terminated"),
        "functions started": _have_reached(functions, "running", "terminated"),
        "functions ended": _have_reached(functions, "terminated"),
    }
    return metadata["labels"][RUN_LABEL], _true(marks)


def _have_reached(states: Sequence[Mapping[str, Any]], *wanted: str) -> bool:
    """Whether all of these containers are in one of these states."""
    return bool(states) and all(any(one in state for one in wanted) for state in states)


def _true(marks: Mapping[str, bool]) -> list[str]:
    return [mark for mark, is_reached in marks.items() if is_reached]


def table(measured: Mapping[str, Sequence[Seen]]) -> list[str]:
    """Markdown: a row for each phase; for each group of runs the median and the 95th percentile in seconds."""
    rows = [f"| phase | {' | '.join(measured)} |", "|---" * (len(measured) + 1) + "|"]
    for begin, end in [*pairwise(MARKS), (MARKS[0], MARKS[-1])]:
        cells = (
            _cell(run[end] - run[begin] for run in runs if begin in run and end in run)
            for runs in measured.values()
        )
        rows.append(f"| {begin} → {end} | {' | '.join(cells)} |")
    return rows


def _cell(seconds: Iterable[float]) -> str:
    took = sorted(seconds)
    return f"{percentile(took, 50):.2f} {percentile(took, 95):.2f}" if took else "-"


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile of values in order."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
