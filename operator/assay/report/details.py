"""What the page shows of a cell when it is opened: JSON for its script, one block for each scenario. No I/O."""

from __future__ import annotations

from typing import Any

from assay.api.scenariorun import AgentResult, FunctionScore, ScenarioRun

from .attempts import blamed_on, message, phase_times, reason, run_is_scored, state
from .boards import Board
from .entries import Entry
from .pins import content

Json = dict[str, Any]


def of_scenario(board: Board, scenario: str) -> list[list[Json]]:
    """All attempts at a scenario: a list for each entry, in the order of the entries."""
    return [[_attempt(run) for run in one.attempts.get(scenario, ())] for one in board.entries]


def _attempt(run: ScenarioRun) -> Json:
    status, used = run.status, content(run)
    return {
        "name": run.name,
        "attempt": run.spec.attempt,
        "state": state(run),
        "score": status.score if run_is_scored(run) else None,
        "reason": reason(run),
        "blame": blamed_on(run),
        "message": message(run) if not run_is_scored(run) else None,
        "functions": [_function(score) for score in status.scores or ()] or None,
        "agent": _agent(status.agent) if status.agent else None,
        "phases": [list(phase) for phase in phase_times(run)] or None,
        "started": f"{status.start_time:%Y-%m-%d %H:%M:%S %Z}" if status.start_time else None,
        "contentHash": used.content_hash if used else None,
        "image": used.image if used else None,
        "diskSnapshot": status.disk_snapshot,
        "diskUsedPercent": status.disk_used_percent,
        "was": [status.previous_score.scenario_run, status.previous_score.score]
        if status.previous_score
        else None,
    }


def _function(score: FunctionScore) -> Json:
    return score.model_dump(by_alias=True, exclude_none=True, mode="json")


def _agent(agent: AgentResult) -> Json:
    return agent.model_dump(
        by_alias=True, exclude_none=True, mode="json", include={"exit_code", "reason", "message"}
    )


def comparison(board: Board) -> Json:
    """What the page compares two entries by: means, tallies and content of each scenario, differences of each pair."""
    return {
        "entries": [f"{one.agent} ({one.run.name})" for one in board.entries],
        "scenarios": board.scenarios,
        "cells": [[_cell(one, name) for one in board.entries] for name in board.scenarios],
        "differences": [
            [d.first, d.second, d.scenarios, d.mean, list(d.interval) if d.interval else None]
            for d in board.differences
        ],
    }


def _cell(entry: Entry, scenario: str) -> list[Any] | None:
    """Mean, passed, counted and the contents; None if no run of the scenario counts."""
    if scenario not in entry.means:
        return None
    counted, passed = entry.tally(scenario)
    contents = {used.content_hash for run in entry.attempts[scenario] if (used := content(run))}
    return [round(entry.means[scenario], 6), passed, counted, sorted(contents)]
