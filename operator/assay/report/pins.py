"""What the runs of a board used, as they pinned it when they started. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assay.api.scenariorun import ScenarioRun

from .boards import Board
from .entries import Entry


class Content(NamedTuple):
    """What decides whether two scores of a scenario can be compared, and where it came from."""

    content_hash: str
    image: str
    generation: int


@dataclass(frozen=True)
class Pin:
    """One content of a scenario, and which entries ran it."""

    scenario: str
    content: Content
    entries: Sequence[Entry]


@dataclass(frozen=True)
class AgentPin:
    """What an entry's agent was: all generations that its runs pinned."""

    entry: Entry
    type: str | None
    command: str | None
    generations: Sequence[int]
    root_filesystems: Sequence[str]


def content(run: ScenarioRun) -> Content | None:
    """The content that a run pinned."""
    if not (pinned := run.status.pinned):
        return None
    return Content(pinned.content_hash, pinned.image.reference, pinned.scenario_generation)


def pins(board: Board) -> list[Pin]:
    """Each content of each scenario, in the order of the scenarios."""
    found: list[Pin] = []
    for name in board.scenarios:
        users: dict[Content, list[Entry]] = defaultdict(list)
        for one in board.entries:
            for used in dict.fromkeys(content(run) for run in one.attempts.get(name, ())):
                if used:
                    users[used].append(one)
        found += [Pin(name, used, entries) for used, entries in users.items()]
    return found


def incomparable(found: Sequence[Pin]) -> set[str]:
    """The scenarios of which runs had different contents: their scores do not measure the same."""
    hashes: dict[str, set[str]] = defaultdict(set)
    for pin in found:
        hashes[pin.scenario].add(pin.content.content_hash)
    return {name for name, several in hashes.items() if len(several) > 1}


def agent_pins(board: Board) -> list[AgentPin]:
    """What the agents of the entries were."""
    return [_agent_pin(one) for one in board.entries]


def _agent_pin(entry: Entry) -> AgentPin:
    pinned = [run.status.pinned for runs in entry.attempts.values() for run in runs if run.status.pinned]
    agent = next((one.agent for one in pinned if one.agent), None)
    return AgentPin(
        entry,
        agent.type if agent else None,
        " ".join(agent.command) if agent and agent.command else None,
        sorted({one.agent_generation for one in pinned if one.agent_generation is not None}),
        sorted({one.root_filesystem for one in pinned}),
    )
