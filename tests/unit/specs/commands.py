"""How a container of ours is started: a command of the runner, its flags, and the words that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.unit.specs.expansion import expand
from tests.unit.specs.objects import Obj

RUNNER = "/toolbox/runner"


@dataclass(frozen=True)
class Line:
    """A command line of the runner, as the kubelet hands it over."""

    name: str
    flags: dict[str, list[str]]
    """The values of each flag; [""] for one without a value."""
    words: list[str]


def line(command: Sequence[str]) -> Line:
    """The parts of a command line of the runner."""
    program, name, *rest = [expand(word, {}) for word in command]
    assert program.endswith(RUNNER), command
    flags: dict[str, list[str]] = {}
    while rest and rest[0].startswith("--"):
        flag, _, value = rest.pop(0).partition("=")
        if flag == "--":
            break
        flags.setdefault(flag.removeprefix("--"), []).append(value)
    return Line(name, flags, rest)


def flags(container: Obj) -> dict[str, list[str]]:
    """The flags of the container's command."""
    return line(container["command"]).flags
