"""How many validation runs may start now: `settings.validationParallelism` limits them in all namespaces together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assay.api.condition_types import ConditionType
from assay.api.reasons import RejectionReason
from assay.api.unparsed import find_condition
from assay.kube_object import KubeObject

# What the API server rejects for one run it mostly rejects for every run of the namespace; not so what is invalid.
_REJECTED = frozenset(RejectionReason) - {RejectionReason.INVALID}


@dataclass(frozen=True, slots=True)
class Places:
    """How many validation runs of a namespace may start now, and why no more of them may."""

    free: int
    why_no_more: str


def places(unfinished: Iterable[KubeObject], namespace: str, parallelism: int) -> Places:
    """The places for runs of this namespace; `unfinished` are the validation runs of all namespaces.

    A run that cannot start leaves its place to other namespaces, and keeps more runs of its own from starting.
    """
    runs = list(unfinished)
    stuck = {run["metadata"]["uid"]: reason for run in runs if (reason := _why_stuck(run))}
    for run in runs:
        metadata = run["metadata"]
        if metadata["uid"] in stuck and metadata["namespace"] == namespace:
            return Places(0, f"ScenarioRun {metadata['name']} cannot start: {stuck[metadata['uid']]}")
    limit = f"at most {parallelism} validation runs go on at a time (settings.validationParallelism)"
    return Places(max(parallelism - len(runs) + len(stuck), 0), limit)


def _why_stuck(run: KubeObject) -> str | None:
    """Why an unfinished run cannot start: what it refers to is missing, or the API server rejects its children."""
    complete = find_condition(run, ConditionType.COMPLETE)
    if complete is None:
        return None  # it was just created
    is_pinned = "pinned" in run["status"]
    return str(complete["reason"]) if not is_pinned or complete["reason"] in _REJECTED else None
