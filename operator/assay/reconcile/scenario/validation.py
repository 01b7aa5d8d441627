"""Decides which validation runs a scenario needs, and its condition Validated. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, find, set_condition, true, unknown
from assay.api.reasons import DefinitionReason, ValidationReason
from assay.api.scenario import Scenario, ScenarioStatus, ValidationStatus
from assay.api.unparsed import is_finished
from assay.kube_object import KubeObject
from assay.reconcile.common.decision import Decision, Event, news
from assay.reconcile.common.readiness import READY, set_ready
from assay.reconcile.common.text import listed
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.specs import validation_run
from assay.specs.validation_run import ValidationAgent

from .observed import Observed
from .verdict import Result, result_of, verdict

VALIDATED = ConditionType.VALIDATED
_SILENT = (ValidationReason.QUEUED, ValidationReason.NOT_REQUESTED)
QUEUED_SECONDS = 60.0  # a run that ends wakes only some of the scenarios that wait


@dataclass(frozen=True, slots=True)
class Runs:
    """The validation runs of a scenario: those that exist, those to start, and those to delete."""

    wanted: Mapping[str, ValidationAgent]
    """The runs that validate the content, in order."""
    results: Sequence[Result]
    """The results of those that exist, in order."""
    start: Sequence[str]
    """Names of those to create now."""
    outdated: Sequence[KubeObject]
    """Runs of other content, that somebody else made, or that are being deleted."""
    foreign: Sequence[str]
    """Names of those that say that the scenario made them, but are not what it makes."""

    @property
    def going_on(self) -> bool:
        """Whether the verdict waits for runs that exist or are about to."""
        return bool(self.start) or not all(result.is_finished for result in self.results)

    @property
    def have_ended(self) -> bool:
        """Whether all wanted runs exist and are finished."""
        return len(self.results) == len(self.wanted) and not self.going_on

    def rows(self) -> list[Result]:
        """The results in order, with those of the runs to start."""
        results = {result.name: result for result in self.results}
        names = (name for name in self.wanted if name in results or name in self.start)
        return [results.get(name) or Result(name, self.wanted[name]) for name in names]


def runs_of(scenario: Scenario, observed: Observed) -> Runs:
    """Sort the runs that exist, and choose those to start."""
    repetitions = scenario.spec.validation.repetitions
    wanted = validation_run.run_names(scenario.name, observed.content, repetitions)
    foreign = [
        name
        for run in observed.runs
        if (name := run["metadata"]["name"]) in wanted
        and validation_run.agent_of(scenario, observed.content, run) is None
    ]
    current = {
        name: run
        for run in observed.runs
        if (name := run["metadata"]["name"]) not in foreign and _validates(run, wanted, observed.content)
    }
    outdated = [run for run in observed.runs if run["metadata"]["name"] not in current]
    start: list[str] = []
    if observed.is_requested and scenario.spec.reference_output:
        # A name is free once the outdated run that has it is gone.
        taken = current.keys() | {run["metadata"]["name"] for run in outdated}
        start = [name for name in wanted if name not in taken][: observed.places.free]
    results = [result_of(current[name], agent) for name, agent in wanted.items() if name in current]
    return Runs(wanted, results, start, outdated, foreign)


def decide(scenario: Scenario, observed: Observed, now: datetime) -> Decision:
    """The decision about a scenario that can be run."""
    runs = runs_of(scenario, observed)
    status = scenario.status.model_copy()
    set_ready(scenario, status, true(READY, DefinitionReason.REFERENCES_RESOLVED), now)
    validated = _validated(scenario, observed, runs)
    set_condition(scenario, status, validated, now)
    status.content_hash = observed.content
    status.validation = _recorded(scenario.status, observed.content, runs)
    return Decision(
        status,
        event=_event(scenario, validated),
        create=[validation_run.run(scenario, name, runs.wanted[name]) for name in runs.start],
        delete=[run for run in runs.outdated if not run["metadata"].get("deletionTimestamp")],
        requeue=QUEUED_SECONDS if validated.reason == ValidationReason.QUEUED else None,
    )


def _event(scenario: Scenario, validated: NewCondition) -> Event | None:
    """That runs prove the scenario now, and what they proved; nothing of what it waits for."""
    if validated.reason in _SILENT:
        return None
    return news(scenario, validated, "Warning" if validated.status == "False" else "Normal")


def decide_unready(
    scenario: Scenario, error: ReferenceNotReady | InvalidReference, now: datetime
) -> Decision:
    """The decision about a scenario that cannot be run now, so that its content is unknown.

    Its validation runs stay: the content may become what it was.
    """
    status = scenario.status.model_copy()
    set_ready(scenario, status, false(READY, error.reason, error.message), now)
    why = "something that the scenario uses is missing: see the condition Ready"
    before = find(status.conditions, VALIDATED)
    if before and before.status != "Unknown":
        set_condition(scenario, status, false(VALIDATED, ValidationReason.STALE, why), now)
    else:
        set_condition(scenario, status, unknown(VALIDATED, ValidationReason.NOT_READY, why), now)
    return Decision(status, requeue=error.retry if isinstance(error, ReferenceNotReady) else None)


def _validates(run: KubeObject, wanted: Mapping[str, ValidationAgent], content: str) -> bool:
    """Whether a run validates this content: it pinned that, or has not pinned anything yet."""
    metadata, status = run["metadata"], run.get("status") or {}
    if metadata["name"] not in wanted or metadata.get("deletionTimestamp"):
        return False
    pinned = (status.get("pinned") or {}).get("contentHash")
    return bool(pinned == content or (pinned is None and not is_finished(run)))


def _validated(scenario: Scenario, observed: Observed, runs: Runs) -> NewCondition:
    spec = scenario.spec
    if runs.foreign:
        message = f"somebody else made {listed(runs.foreign)}: they are deleted, and prove nothing"
        return unknown(VALIDATED, ValidationReason.FOREIGN_RUNS, message)
    if runs.have_ended:
        return verdict(
            runs.results, spec.validation.reference_threshold or spec.scoring_contract.pass_threshold
        )
    if runs.going_on:
        ended = sum(result.is_finished for result in runs.results)
        message = f"{ended} of {len(runs.wanted)} runs have ended: {', '.join(runs.wanted)}"
        return unknown(VALIDATED, ValidationReason.RUNNING, message)
    if observed.is_requested and spec.reference_output is None:
        message = "there is no referenceOutput to validate the scenario with: add one"
        return unknown(VALIDATED, ValidationReason.NO_REFERENCE, message)
    if observed.is_requested:
        message = f"waits for a place: {observed.places.why_no_more}"
        return unknown(VALIDATED, ValidationReason.QUEUED, message)
    cure = "set validation.mode: Always, or name the scenario in a Benchmark with requireValidated"
    before = scenario.status.validation
    if before and before.content_hash != observed.content:
        message = f"what the scenario was validated with has changed: {cure}"
        return false(VALIDATED, ValidationReason.STALE, message)
    return unknown(VALIDATED, ValidationReason.NOT_REQUESTED, cure)


def _recorded(before: ScenarioStatus, content: str, runs: Runs) -> ValidationStatus | None:
    """`status.validation`: this content and its runs; without runs, the content that was validated before."""
    if rows := [result.row() for result in runs.rows()]:
        return ValidationStatus(content_hash=content, runs=rows)
    return before.validation and ValidationStatus(content_hash=before.validation.content_hash)
