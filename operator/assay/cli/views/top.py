"""What runs where, what waits and why. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from assay.api.condition_types import ConditionType
from assay.api.reasons.scenariorun import WORKING
from assay.api.unparsed import is_finished
from assay.cli.output import Table
from assay.kube_object import KubeObject
from assay.specs import names

from .attempts import age, condition, time_of

WHY_MAX = 60
HEADINGS = ("NAMESPACE", "OBJECT", "OF", "DOES", "NODE", "AGE", "WHY", "MESSAGE")

Row = tuple[object, ...]


def top(objects: Mapping[str, Sequence[KubeObject]], pods: Iterable[KubeObject], now: datetime) -> Table:
    """Runs and builds that have not ended, what waits first; `objects` by kind."""
    nodes = _nodes(pods)
    runs = [one for one in objects["ScenarioRun"] if not is_finished(one)]
    builds = [one for one in objects["Blueprint"] if _is_unready(one)]
    waiting = [one for one in objects["BenchmarkRun"] if not is_finished(one) and _waits_itself(one)]
    listed = [*waiting, *builds, *sorted(runs, key=_works)]
    return Table(HEADINGS, [_row(one, nodes, now) for one in listed], listed, wide=1)


def _row(obj: KubeObject, nodes: Mapping[tuple[str, str], str], now: datetime) -> Row:
    metadata, found = obj["metadata"], _main(obj)
    namespace, name = metadata["namespace"], metadata["name"]
    message = (found.get("message") or "").strip()
    since = time_of(found.get("lastTransitionTime") or metadata.get("creationTimestamp"))
    return (
        namespace,
        f"{obj['kind'].lower()}/{name}",
        (metadata.get("labels") or {}).get(names.BENCHMARK_RUN),
        found.get("reason") or "Pending",
        nodes.get((namespace, name)) if obj["kind"] == "ScenarioRun" else None,
        age(since, now),
        message if len(message) <= WHY_MAX else f"{message[: WHY_MAX - 1]}…",
        message,
    )


def _main(obj: KubeObject) -> Mapping[str, Any]:
    """The condition that says what an object does or waits for."""
    type_ = ConditionType.READY if obj["kind"] == "Blueprint" else ConditionType.COMPLETE
    return condition(obj, type_)


def _works(run: KubeObject) -> bool:
    return _main(run).get("reason") in WORKING


def _is_unready(blueprint: KubeObject) -> bool:
    return _main(blueprint).get("status") != "True"


def _waits_itself(run: KubeObject) -> bool:
    """Whether it has started none of its runs; else they are listed."""
    return not ((run.get("status") or {}).get("counts") or {}).get("active")


def _nodes(pods: Iterable[KubeObject]) -> dict[tuple[str, str], str]:
    """The node of each ScenarioRun's pod, by namespace and name of the run."""
    found = {}
    for pod in pods:
        run = (pod["metadata"].get("labels") or {}).get(names.SCENARIO_RUN)
        node = (pod.get("spec") or {}).get("nodeName")
        if run and node:
            found[pod["metadata"]["namespace"], run] = node
    return found
