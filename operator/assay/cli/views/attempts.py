"""A ScenarioRun as far as people ask for it: what it does, or how it ended. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from assay.api.blame import blame
from assay.api.condition_types import ConditionType
from assay.api.unparsed import find_condition, is_controlled_by
from assay.kube_object import KubeObject
from assay.specs import names

PENDING = "Pending"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one scenario."""

    name: str
    scenario: str
    number: int = 1
    score: float | None = None
    passed: bool = False
    failed: str | None = None
    """Why it ended without a score."""
    does: str = PENDING
    """The reason of its condition Complete: what it does or waits for."""
    message: str = ""
    since: datetime | None = None
    """When it was first looked at."""
    started: datetime | None = None
    ended: datetime | None = None

    @classmethod
    def of(cls, run: KubeObject) -> Self:
        """The record of a ScenarioRun."""
        spec, status = run.get("spec") or {}, run.get("status") or {}
        complete = condition(run, ConditionType.COMPLETE)
        failed = condition(run, ConditionType.FAILED)
        has_failed = failed.get("status") == "True"
        return cls(
            name=run["metadata"]["name"],
            scenario=(spec.get("scenarioRef") or {}).get("name") or "",
            number=spec.get("attempt") or 1,
            score=status.get("score") if complete.get("status") == "True" else None,
            passed=bool(status.get("passed")),
            failed=failed.get("reason") if has_failed else None,
            does=complete.get("reason") or PENDING,
            message=(failed if has_failed else complete).get("message") or "",
            since=time_of(complete.get("lastTransitionTime") or run["metadata"].get("creationTimestamp")),
            started=time_of(status.get("startTime")),
            ended=time_of(status.get("completionTime")),
        )

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, with a score or without."""
        return self.score is not None or self.failed is not None

    @property
    def is_left_out(self) -> bool:
        """Whether it ended without a score and counts nowhere: no agent can have brought that about."""
        return self.failed is not None and blame(self.failed) != "Agent"

    @property
    def duration(self) -> timedelta | None:
        """How long it took."""
        return self.ended - self.started if self.started and self.ended else None


def attempts(runs: Iterable[KubeObject], benchmark_run: KubeObject) -> list[Attempt]:
    """The attempts of a BenchmarkRun among these runs, by scenario and number. Labels are no proof; owners are."""
    uid = benchmark_run["metadata"]["uid"]
    owned = [run for run in runs if is_controlled_by(run, uid)]
    return sorted(map(Attempt.of, owned), key=lambda one: (one.scenario, one.number))


def selector(benchmark_run: str) -> str:
    """The label selector of a BenchmarkRun's ScenarioRuns."""
    return f"{names.BENCHMARK_RUN}={benchmark_run}"


def condition(obj: KubeObject, type_: str) -> Mapping[str, Any]:
    """A condition of an object; empty if it has none of that type."""
    return find_condition(obj, type_) or {}


def agent_of(run: KubeObject) -> str:
    """What a run of either kind runs: the Agent's name, the type of an inline one, or `rescore`."""
    agent = (run.get("spec") or {}).get("agent")
    if not agent:
        return "rescore"
    if ref := agent.get("ref"):
        return str(ref["name"])
    return " ".join(agent.get("command") or [agent.get("type") or "?"])


def time_of(stamp: str | None) -> datetime | None:
    """A time of the API."""
    return datetime.fromisoformat(stamp) if stamp else None


def age(since: datetime | None, now: datetime) -> str:
    """As kubectl writes ages: 42s, 7m, 3h, 2d."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    return span(seconds)


def span(seconds: float) -> str:
    """A time span by its largest unit."""
    for unit, size, least in (("d", 86400, 2 * 86400), ("h", 3600, 2 * 3600), ("m", 60, 120)):
        if seconds >= least:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"
