"""A ScenarioRun of a BenchmarkRun, as far as it counts: thousands of them are read in each reconcile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from assay.api.blame import Blame, blame
from assay.api.condition_types import ConditionType
from assay.api.reasons import EndReason, ScenarioRunReason
from assay.api.reasons.scenariorun import WORKING
from assay.api.unparsed import find_condition, holds
from assay.kube_object import KubeObject


class AgentEnd(NamedTuple):
    """How an agent ended."""

    reason: str
    exit_code: int | None = None
    """Set if the reason is Error: other reasons say more than their exit codes."""

    @classmethod
    def of(cls, run: KubeObject) -> Self | None:
        """How the agent of a run ended; None if it had none, or none that ended."""
        agent = (run.get("status") or {}).get("agent") or {}
        if not (reason := agent.get("reason")):
            return None
        return cls(reason, agent.get("exitCode") if reason == EndReason.ERROR else None)


@dataclass(frozen=True, slots=True)
class ChildRun:
    """One attempt at one scenario. It is scored, unscored or not finished."""

    name: str
    scenario: str
    attempt: int = 1
    score: float | None = None
    """Set if it is scored."""
    passed: bool = False
    unscored_reason: str | None = None
    """Set if it ended without a score."""
    agent_end: AgentEnd | None = None
    """Set if it had an agent, which has ended."""
    content_hash: str | None = None
    """Of what it pinned: scores with an equal hash are comparable. Set if it has ended and had pinned something."""
    lost_tries: int = 0
    """How many of its tries the infrastructure ended."""
    restarts: int = 0
    """How often it was suspended so that its agent or its functions began again."""
    waits_for: str | None = None
    """Set if something keeps it from working: the reason of its condition Complete."""

    @classmethod
    def of(cls, run: KubeObject, scenario: str, attempt: int) -> Self:
        """The record of a run as the cache has it."""
        status = run.get("status") or {}
        lost, restarts = len(status.get("lostTries") or ()), status.get("restarts") or 0
        one = cls(run["metadata"]["name"], scenario, attempt, lost_tries=lost, restarts=restarts)
        one = replace(one, agent_end=AgentEnd.of(run))
        if holds(run, ConditionType.COMPLETE):
            score, passed = run["status"]["score"], run["status"].get("passed", False)
            return replace(one, score=score, passed=passed, content_hash=_content_hash(run))
        failed = find_condition(run, ConditionType.FAILED)
        if failed and failed["status"] == "True":
            return replace(one, unscored_reason=failed["reason"], content_hash=_content_hash(run))
        doing = find_condition(run, ConditionType.COMPLETE)
        return replace(one, waits_for=doing["reason"]) if doing and doing["reason"] not in WORKING else one

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended, with a score or without."""
        return self.score is not None or self.unscored_reason is not None

    @property
    def is_canceled(self) -> bool:
        """Whether it ended because somebody, or its BenchmarkRun, canceled it."""
        return self.unscored_reason == ScenarioRunReason.CANCELED

    @property
    def blame(self) -> Blame | None:
        """Who can have brought about that it has no score; None if it has one, or has not ended."""
        return blame(self.unscored_reason) if self.unscored_reason else None

    @property
    def is_left_out(self) -> bool:
        """Whether it ended without a score and is no part of the mean: no agent can have brought that about."""
        return self.blame not in (None, "Agent")

    def with_cause_of(self, earlier: Self | None) -> Self:
        """A run that found no disk to score again, with the cause why the earlier run has no score, if it has none.

        Else a re-score would leave out what counted as 0.
        """
        no_disk = self.unscored_reason == ScenarioRunReason.NO_DISK_KEPT
        cause = earlier.unscored_reason if earlier else None
        return replace(self, unscored_reason=cause) if no_disk and cause else self


def _content_hash(run: KubeObject) -> str | None:
    pinned = run["status"].get("pinned") or {}
    return pinned.get("contentHash")
