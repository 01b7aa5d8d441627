"""A scenario is proved by runs, a few at a time, for one content. Pure; reconcile_scenario carries it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.scenario import ScenarioSpec, ScenarioStatus, ValidationStatus
from assay.reconcile.common.objects import is_finished, set_raw_condition
from assay.specs import validation_run

from . import verdict
from .verdict import Proof

Obj = dict[str, Any]
Said = tuple[Literal["True", "False", "Unknown"], str, str]
"""Status, reason and message of the condition."""
QUEUED = "Queued"
QUEUED_SECONDS = 60.0  # a run that ends calls some of those that wait; this is for whoever was not called
_REFUSED = {"PodSecurityForbidden", "QuotaExceeded", "NamespaceTerminating", "Forbidden", "NameTaken"}


@dataclass(frozen=True, slots=True)
class Places:
    """How many validation runs may be begun now, and why there are no more."""

    free: int
    why_not: str


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next for a scenario's proof."""

    create: Sequence[Obj]
    delete: Sequence[Obj]
    requeue: float | None = None


def places(unfinished: Iterable[Obj], namespace: str, parallelism: int) -> Places:
    """Places among the unfinished validation runs of all namespaces.

    A run that the cluster refuses to start takes no place from others, but keeps its own namespace from more.
    """
    runs = list(unfinished)
    refused = {run["metadata"]["uid"]: why for run in runs if (why := _refusal(run))}
    for run in runs:
        metadata = run["metadata"]
        if metadata["uid"] in refused and metadata["namespace"] == namespace:
            return Places(0, f"ScenarioRun {metadata['name']} cannot start: {refused[metadata['uid']]}")
    at_most = f"at most {parallelism} validation runs go on at a time (settings.validationParallelism)"
    return Places(max(parallelism - len(runs) + len(refused), 0), at_most)


def is_requested(spec: ScenarioSpec, benchmarks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether anyone wants the proof; `benchmarks` are those that name the scenario."""
    mode = spec.validation.mode
    return mode == "Always" or (
        mode == "OnDemand" and any(one["spec"].get("requireValidated") for one in benchmarks)
    )


def step(
    scenario: Mapping[str, Any],
    spec: ScenarioSpec,
    status: ScenarioStatus,
    content: str,
    runs: Sequence[Obj],
    requested: bool,
    free: Places,
    now: datetime,
) -> Step:
    """What is known of the scenario with this content, said in `status`, and what to do about the rest."""
    wanted = validation_run.run_names(scenario["metadata"]["name"], content, spec.validation.repetitions)
    current = {one["metadata"]["name"]: one for one in runs if _is_of(one, wanted, content)}
    outdated = [one for one in runs if one["metadata"]["name"] not in current]
    taken = {one["metadata"]["name"] for one in outdated}
    missing = [name for name in wanted if name not in current]
    proofs = [verdict.proof(current[name], agent) for name, agent in wanted.items() if name in current]
    going = [one for one in proofs if not one.ended]
    begin: list[str] = []
    if requested and spec.reference_output:
        begin = [name for name in missing if name not in taken][: free.free]
    proofs += [Proof(name, wanted[name]) for name in begin]
    if not missing and not going:
        threshold = spec.validation.reference_threshold or spec.scoring_contract.pass_threshold
        said: Said = verdict.verdict(proofs, threshold)
    elif begin or going:
        ended = sum(one.ended for one in proofs)
        said = "Unknown", "Running", f"{ended} of {len(wanted)} runs have ended: {', '.join(wanted)}"
    else:
        said = _waiting(spec, status, content, requested, free)
    set_raw_condition(scenario, status, ConditionType.VALIDATED, *said, now)
    _record(status, content, sorted(proofs, key=lambda one: list(wanted).index(one.name)))
    return Step(
        [validation_run.run(scenario, name, wanted[name]) for name in begin],
        [one for one in outdated if not one["metadata"].get("deletionTimestamp")],
        QUEUED_SECONDS if said[1] == QUEUED else None,
    )


def _waiting(spec: ScenarioSpec, status: ScenarioStatus, content: str, requested: bool, free: Places) -> Said:
    """Why no run goes on and there is no verdict."""
    if requested and spec.reference_output is None:
        return "Unknown", "NoReference", "there is no referenceOutput to prove it by: add one"
    if requested:
        return "Unknown", QUEUED, f"waits for its turn: {free.why_not}"
    how = "set validation.mode: Always, or name it in a Benchmark with requireValidated"
    if status.validation and status.validation.content_hash != content:
        return "False", "Stale", f"what it was validated with has changed: {how}"
    return "Unknown", "NotRequested", how


def withdraw(scenario: Mapping[str, Any], status: ScenarioStatus, now: datetime) -> None:
    """Say that nothing holds of a scenario whose content is not known now; its runs stay, for it may come back."""
    why = "something it rests on is missing: see the condition Ready"
    said = conditions.find(status.conditions, ConditionType.VALIDATED)
    if said and said.status != "Unknown":
        set_raw_condition(scenario, status, ConditionType.VALIDATED, "False", "Stale", why, now)
    else:
        set_raw_condition(scenario, status, ConditionType.VALIDATED, "Unknown", "NotReady", why, now)


def _is_of(run: Mapping[str, Any], wanted: Mapping[str, Any], content: str) -> bool:
    """Whether a run proves this content: it pinned that, or has not pinned anything yet."""
    metadata, status = run["metadata"], run.get("status") or {}
    if metadata["name"] not in wanted or metadata.get("deletionTimestamp"):
        return False
    pinned = (status.get("pinned") or {}).get("contentHash")
    return bool(pinned == content or (pinned is None and not is_finished(run)))


def _record(status: ScenarioStatus, content: str, proofs: Sequence[Proof]) -> None:
    if proofs:
        status.validation = ValidationStatus(content_hash=content, runs=[one.row() for one in proofs])
    elif status.validation:
        status.validation = ValidationStatus(content_hash=status.validation.content_hash)


def _refusal(run: Mapping[str, Any]) -> str | None:
    """Why the cluster does not let an unfinished run start, or what it waits for before it pins anything."""
    status = run.get("status") or {}
    said = next((c for c in status.get("conditions") or () if c["type"] == "Complete"), None)
    return said["reason"] if said and ("pinned" not in status or said["reason"] in _REFUSED) else None
