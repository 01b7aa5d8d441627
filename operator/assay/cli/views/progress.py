"""How far a BenchmarkRun is: what `assay watch` shows. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assay.api.blame import blame
from assay.api.condition_types import ConditionType
from assay.api.unparsed import is_finished
from assay.cli.output import columns, text
from assay.kube_object import KubeObject

from .attempts import Attempt, age, agent_of, condition, span

ROWS_MAX = 15


def headline(run: KubeObject, found: Sequence[Attempt]) -> str:
    """Done of all, the score so far, and how many passed."""
    done = [one for one in found if one.is_finished]
    total = counts(run).get("total") or len(found)
    name = run["metadata"]["name"]
    if not total:
        return f"{name}: has not started"
    parts = [f"{name}: {len(done)}/{total} done"]
    if (score := score_of(done)) is not None:
        parts.append(f"score {text(score)}{'' if is_finished(run) else ' so far'}")
        parts.append(f"{sum(one.passed for one in done)} passed")
    unscored = sum(one.failed is not None for one in done)
    if unscored:
        parts.append(f"{unscored} unscored ({sum(one.is_left_out for one in done)} left out)")
    return ", ".join(parts)


def screen(run: KubeObject, found: Sequence[Attempt], now: datetime) -> str:
    """The whole view: headline, time left, what is under way, causes."""
    lines = [f"{headline(run, found)}   [{agent_of(run)}]"]
    waits = condition(run, ConditionType.COMPLETE)
    if not found and waits:
        lines.append(f"{waits.get('reason')}: {waits.get('message') or 'about to start'}")
    if not is_finished(run) and (left := time_left(run, found)) is not None:
        lines.append(f"about {span(left)} left")
    lines += causes(found)
    underway = sorted((one for one in found if not one.is_finished), key=lambda one: one.name)
    if underway:
        rows: list[Sequence[object]] = [("SCENARIO", "ATTEMPT", "DOES", "AGE")]
        rows += [(one.scenario, one.number, one.does, age(one.since, now)) for one in underway[:ROWS_MAX]]
        lines += ["", columns(rows).rstrip("\n")]
    if more := len(underway) - ROWS_MAX:
        lines += [f"… and {more} more"] if more > 0 else []
    return "\n".join(lines) + "\n"


def causes(found: Sequence[Attempt]) -> list[str]:
    """Why runs have no score, the most frequent cause first, each with who can have brought it about."""
    counted = Counter(one.failed for one in found if one.failed)
    return [f"unscored: {count} {reason} ({blame(reason)})" for reason, count in counted.most_common()]


def time_left(run: KubeObject, found: Sequence[Attempt]) -> float | None:
    """Seconds: what attempts took so far, for those that are left, side by side; None before the first has ended."""
    took = [one.duration.total_seconds() for one in found if one.duration]
    if not took:
        return None
    total = counts(run).get("total") or len(found)
    left = total - sum(one.is_finished for one in found)
    if left <= 0:
        return None
    parallelism = (run.get("spec") or {}).get("parallelism") or 1
    return sum(took) / len(took) * left / min(parallelism, left)


def score_of(done: Sequence[Attempt]) -> float | None:
    """The mean as the operator counts it: what is left out is no part of it, what else has no score counts as 0."""
    counting = [one.score or 0.0 for one in done if not one.is_left_out]
    return sum(counting) / len(counting) if counting else None


def counts(run: KubeObject) -> dict[str, Any]:
    """`status.counts` of a BenchmarkRun; empty before its first status."""
    return (run.get("status") or {}).get("counts") or {}
