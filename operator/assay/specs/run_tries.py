"""The tries of a ScenarioRun: each has children of its own, under a name and a label of its own.

Those of an earlier try may take their time to go, and may hold their names for as long as a node is away.
"""

from __future__ import annotations

from assay.api.scenariorun import ScenarioRun
from assay.kube_object import KubeObject

from . import names


def number(run: ScenarioRun) -> int:
    """Which try the present one is; 1 for the first."""
    return len(run.status.lost_tries or ()) + 1


def name(run: ScenarioRun) -> str:
    """The name of Job, claim, Devbox and DiskSnapshot of the present try. Of a later try, no run has such a name."""
    if number(run) == 1:
        return run.name
    return names.child_name(run.name, *suffix(run), names.content_hash(run.uid)[:8])


def suffix(run: ScenarioRun) -> list[str]:
    """The part of names that tells a later try from others."""
    return [f"try-{number(run)}"] if number(run) > 1 else []


def label(run: ScenarioRun) -> dict[str, str]:
    """The label of children of a later try."""
    return {names.TRY: str(number(run))} if number(run) > 1 else {}


def is_present(run: ScenarioRun, child: KubeObject) -> bool:
    """Whether the run made this child of its own in its present try."""
    labels = child["metadata"].get("labels") or {}
    return bool(labels.get(names.TRY, "1") == str(number(run)))
