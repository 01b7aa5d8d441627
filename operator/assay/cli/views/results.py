"""Results side by side: scenarios as rows, runs as columns. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.api.unparsed import is_finished
from assay.cli.output import Table, text
from assay.kube_object import KubeObject

from .attempts import Attempt, agent_of
from .progress import counts, score_of

HEADINGS = ("RUN", "AGENT", "SCENARIO", "ATTEMPT", "SCORE", "PASSED", "REASON", "SECONDS", "SCENARIORUN")
DIFFERENT = "*"


@dataclass(frozen=True, slots=True)
class Results:
    """A BenchmarkRun with its attempts."""

    run: KubeObject
    attempts: Sequence[Attempt]

    @property
    def name(self) -> str:
        """Of the BenchmarkRun."""
        return str(self.run["metadata"]["name"])

    def by_scenario(self) -> dict[str, list[Attempt]]:
        """The attempts of each scenario."""
        found: dict[str, list[Attempt]] = {}
        for one in self.attempts:
            found.setdefault(one.scenario, []).append(one)
        return found


def matrix(columns: Sequence[Results], *, only_changed: bool = False) -> Table:
    """A row for each scenario: the first run's score, and how the others differ from it."""
    cells = [one.by_scenario() for one in columns]
    scenarios = sorted({name for column in cells for name in column})
    rows: list[Sequence[object]] = []
    for name in scenarios:
        row = [column.get(name, []) for column in cells]
        changed = _differs(row)
        if changed or not only_changed:
            rows.append((f"{name} {DIFFERENT}" if changed else name, *_row(row)))
    rows += _footer(columns)
    return Table(("SCENARIO", *(one.name for one in columns)), rows, [one.run for one in columns])


def listing(columns: Sequence[Results]) -> Table:
    """A row for each attempt, for spreadsheets and for a closer look."""
    rows = [
        (
            *(column.name, agent_of(column.run), one.scenario, one.number, one.score),
            None if one.score is None else one.passed,
            one.failed or (None if one.is_finished else one.does),
            round(one.duration.total_seconds()) if one.duration else None,
            one.name,
        )
        for column in columns
        for one in column.attempts
    ]
    return Table(HEADINGS, rows, [one.run for one in columns])


def regressions(columns: Sequence[Results]) -> list[str]:
    """Which scenarios a later run does worse at than the first, as sentences."""
    if not columns:
        return []
    first = _means(columns[0])
    found = []
    for column in columns[1:]:
        later = _means(column)
        worse = [name for name in first if name in later and later[name] < first[name]]
        found += [
            f"{column.name}: {name} fell from {text(first[name])} to {text(later[name])}" for name in worse
        ]
    return found


def _means(column: Results) -> Mapping[str, float]:
    means = {name: score_of(_done(found)) for name, found in column.by_scenario().items()}
    return {name: mean for name, mean in means.items() if mean is not None}


def _done(found: Sequence[Attempt]) -> list[Attempt]:
    return [one for one in found if one.is_finished]


def _differs(row: Sequence[Sequence[Attempt]]) -> bool:
    """Whether the runs that have this scenario disagree; one alone disagrees with nothing."""
    scores = {(score_of(_done(found)), _why(found)) for found in row if found}
    return len(scores) > 1


def _row(row: Sequence[Sequence[Attempt]]) -> list[str | None]:
    base = score_of(_done(row[0]))
    return [_cell(found, None if number == 0 else base) for number, found in enumerate(row)]


def _cell(found: Sequence[Attempt], base: float | None) -> str | None:
    """`0.750`, `0.750 (+0.250)`, `0.500 3/4` of several attempts, or why there is no score."""
    if not found:
        return None
    done = _done(found)
    score = score_of(done)
    if score is None or all(one.failed for one in done):
        return _why(found)
    parts = [text(score)]
    if len(found) > 1:
        parts.append(f"{sum(one.passed for one in done)}/{len(found)}")
    if base is not None and score != base:
        parts.append(f"({score - base:+.3f})")
    if unscored := [one for one in done if one.failed]:
        parts.append(f"{len(unscored)} unscored")
    return " ".join(parts)


def _why(found: Sequence[Attempt]) -> str | None:
    """Why no attempt has a score; None if one has."""
    if any(one.score is not None for one in found):
        return None
    return next((one.failed for one in found if one.failed), found[0].does)


def _footer(columns: Sequence[Results]) -> list[Sequence[object]]:
    status = [one.run.get("status") or {} for one in columns]
    counted = [counts(one.run) for one in columns]
    rows: list[Sequence[object]] = [
        ("MEAN", *(one.get("score") for one in status)),
        ("PASSED", *(f"{one.get('passed', 0)}/{one.get('total', 0)}" for one in counted)),
    ]
    if any(one.get("unscored") for one in counted):
        rows.append(("UNSCORED", *(one.get("unscored", 0) for one in counted)))
    if any(one.get("leftOut") for one in counted):
        rows.append(("LEFT OUT", *(one.get("leftOut", 0) for one in counted)))
    if not all(is_finished(one.run) for one in columns):
        rows.append(("PHASE", *(one.get("phase") for one in status)))
    return rows
