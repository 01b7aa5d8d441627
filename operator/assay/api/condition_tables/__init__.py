"""Which conditions each kind has, with which statuses and reasons. No I/O.

The tables of docs/troubleshooting.md and the descriptions of the statuses in the schemas are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..reasons import Reason, ScenarioRunReason
from .definitions import AGENT, BENCHMARK, SCENARIO, SCORER
from .environments import BLUEPRINT, DEVBOX, DISK_SNAPSHOT
from .runs import BENCHMARK_RUN, SCENARIO_RUN
from .states import INTERNAL, State

CONDITIONS: Mapping[str, tuple[State, ...]] = {
    "Blueprint": (*BLUEPRINT, INTERNAL),
    "Devbox": (*DEVBOX, INTERNAL),
    "DiskSnapshot": (*DISK_SNAPSHOT, INTERNAL),
    "Agent": (*AGENT, INTERNAL),
    "Scorer": (*SCORER, INTERNAL),
    "Scenario": (*SCENARIO, INTERNAL),
    "Benchmark": (*BENCHMARK, INTERNAL),
    "ScenarioRun": (*SCENARIO_RUN, INTERNAL),
    "BenchmarkRun": (*BENCHMARK_RUN, INTERNAL),
}
"""The states of the conditions, by the name of the kind."""

EVENTS: Mapping[str, tuple[Reason, ...]] = {"ScenarioRun": (ScenarioRunReason.DISK_NOT_KEPT,)}
"""Reasons that only Events have, by the name of the kind."""


def summary(kind: str) -> str:
    """The conditions of a kind in one sentence; `…` stands for reasons that another table explains."""
    found: dict[str, dict[str, list[str]]] = {}
    for state in CONDITIONS[kind]:
        reasons = found.setdefault(state.type, {}).setdefault(state.status, [])
        reasons += ["…"] if state.elsewhere else state.reasons
    types = (
        f"{type_} ({'; '.join(f'{status}: {_listed(reasons)}' for status, reasons in statuses.items())})"
        for type_, statuses in found.items()
    )
    return f"Conditions: {', '.join(types)}."


def _listed(reasons: list[str]) -> str:
    """Each reason once, `…` last."""
    return ", ".join(sorted(dict.fromkeys(reasons), key="…".__eq__))
