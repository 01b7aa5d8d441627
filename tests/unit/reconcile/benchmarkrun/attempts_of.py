"""Attempts at scenarios as records, for the tests of what adds them up."""

from __future__ import annotations

from assay.reconcile.benchmarkrun.child_run import ChildRun


def attempts_of(scenario: str, *ends: float | str | None, content: str | None = "abc") -> list[ChildRun]:
    """An attempt for each end: a score (1.0 has passed), why it has none, or None if it has not ended."""
    made = []
    for attempt, end in enumerate(ends, 1):
        name = f"b-{scenario}-{attempt}"
        if isinstance(end, str):
            one = ChildRun(name, scenario, attempt, unscored_reason=end, content_hash=content)
        else:
            one = ChildRun(name, scenario, attempt, end, end == 1.0, content_hash=content)
        made.append(one)
    return made
