"""Whether finished runs are good enough, for CI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from assay.api.condition_types import ConditionType
from assay.api.unparsed import is_finished
from assay.kube_object import KubeObject

from .exits import Exit, complain
from .views.attempts import condition
from .views.progress import counts


@dataclass(frozen=True, slots=True)
class Demand:
    """What a run must reach."""

    min_score: Annotated[
        float | None, typer.Option(help="Exit code 1 if a run's score is below it.", min=0, max=1)
    ] = None
    allow_unscored: Annotated[
        bool, typer.Option("--allow-unscored", help="Runs without a score alone are no failure.")
    ] = False


@dataclass(frozen=True, slots=True)
class Waiting(Demand):
    """Whether to wait for a run that is created, for how long, and what it must reach then."""

    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it ends.")] = False
    timeout: Annotated[
        float | None, typer.Option(help="Seconds to wait at most; exit code 4 after them.", min=0)
    ] = None


def judge(runs: Sequence[KubeObject], demand: Demand) -> Exit:
    """FAILED if a run falls short; each complaint is a line on standard error. Runs that go on are not judged."""
    faults = [fault for run in runs if is_finished(run) for fault in _faults(run, demand)]
    for fault in faults:
        complain(fault)
    return Exit.FAILED if faults else Exit.OK


def _faults(run: KubeObject, demand: Demand) -> list[str]:
    name, score = run["metadata"]["name"], (run.get("status") or {}).get("score")
    failed = condition(run, ConditionType.FAILED)
    if failed.get("status") == "True":
        return [f"{name} failed: {failed['reason']}: {failed.get('message') or ''}"]
    found = []
    unscored, total = counts(run).get("unscored") or 0, counts(run).get("total")
    if unscored and not demand.allow_unscored:
        found.append(f"{name}: {unscored} of {total} runs without a score")
    if demand.min_score is not None and (score is None or score < demand.min_score):
        found.append(f"{name}: score {score} is below {demand.min_score:g}")
    return found
