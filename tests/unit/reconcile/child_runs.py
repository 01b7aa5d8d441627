"""ScenarioRuns of a BenchmarkRun as they are stored, for the tests of what counts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.api import conditions
from assay.api.benchmarkrun import BenchmarkRun, BenchmarkRunSpec, BenchmarkRunStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs.scenario_run import name, scenario_run
from tests.unit.specs.objects import Obj, existing


def child(run: str, **status: Any) -> Obj:
    """A run with that status; it has ended if its phase says so."""
    return existing("ScenarioRun", run, spec={"scenarioRef": {"name": f"of-{run}"}}, status=status)


def with_agent(run: Obj, reason: str, exit_code: int | None = None) -> Obj:
    """The run with an agent that ended like this."""
    agent: Obj = {"reason": reason, "message": "m" * 1000, "startTime": "2026-01-02T09:00:00Z"}
    if exit_code is not None:
        agent["exitCode"] = exit_code
    return {**run, "status": {**run["status"], "agent": agent}}


def with_lost(run: Obj, tries: int) -> Obj:
    """The run after so many tries that the infrastructure ended."""
    one = {"reason": "NodeLost", "message": "m" * 1000, "finishTime": "2026-01-02T09:00:00Z"}
    lost = [{**one, "number": number} for number in range(1, tries + 1)]
    return {**run, "status": {**run["status"], "lostTries": lost}}


def scored(name: str, score: float, passed: bool = False) -> Obj:
    """A run that ended with a score."""
    return child(name, phase="Complete", score=score, passed=passed)


def unscored(name: str, reason: str) -> Obj:
    """A run that ended without a score."""
    failed = {
        "type": "Failed",
        "status": "True",
        "reason": reason,
        "lastTransitionTime": "2026-01-02T10:00:00Z",
    }
    return child(name, phase="Failed", conditions=[failed])


def benchmark_run(spec: BenchmarkRunSpec, status: BenchmarkRunStatus) -> BenchmarkRun:
    """BenchmarkRun b with this spec and status."""
    dumped = {
        name: part.model_dump(by_alias=True, exclude_none=True, mode="json")
        for name, part in {"spec": spec, "status": status}.items()
    }
    return BenchmarkRun.parse(existing("BenchmarkRun", "b", **dumped))


def as_made(parent: BenchmarkRun, children: Sequence[Obj], **changes: object) -> list[Obj]:
    """The children as the cache has them."""
    return [TRANSFORMS["ScenarioRun"](one) for one in as_stored(parent, children, **changes)]


def as_stored(parent: BenchmarkRun, children: Sequence[Obj], **changes: object) -> list[Obj]:
    """The children as the API server has them: with their owner, and with the spec that it makes them with."""
    places = {
        name(parent.name, scenario, attempt): (scenario, attempt)
        for scenario in parent.status.scenarios or ()
        for attempt in range(1, 11)
    }
    found = []
    for one in children:
        place = places.get(one["metadata"]["name"])
        made = scenario_run(parent, *place or ("other", 1))
        metadata = {**one["metadata"], "ownerReferences": made["metadata"]["ownerReferences"]}
        found.append({**one, "metadata": metadata, "spec": {**made["spec"], **changes}})
    return found


def status_of(decision: Decision) -> BenchmarkRunStatus:
    """The status that was decided."""
    assert isinstance(decision.status, BenchmarkRunStatus)
    return decision.status


def condition_of(decision: Decision, type_: str) -> tuple[str, str] | None:
    """Status and reason of a condition that was decided."""
    found = conditions.find(decision.status.conditions, type_)
    return (found.status, found.reason) if found else None
