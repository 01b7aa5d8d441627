"""How a container of ours is started: its script, the variables that steer and reach it, its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.unit.specs.expansion import expand
from tests.unit.specs.objects import Obj


@dataclass(frozen=True)
class Script:
    """A script of the toolbox as a command line names it."""

    name: str
    control: dict[str, str]
    """Variables that the operator sets."""
    seen: list[str]
    """Names of the container's variables that it sees."""
    args: list[str]


def script(command: Sequence[str]) -> Script:
    """The command line, which has to begin with `environ aside`: nothing else keeps variables from the script."""
    environ, verb, *rest = [expand(word, {}) for word in command]
    assert (environ.rpartition("/")[2], verb) == ("environ", "aside"), command
    toolbox, end = environ.rpartition("/")[0], rest.index("--")
    busybox, shell, file, *args = rest[end + 1 :]
    assert (busybox, shell, file.rpartition("/")[0]) == (f"{toolbox}/busybox", "sh", toolbox), command
    control = dict(word.split("=", 1) for word in rest[:end] if "=" in word)
    return Script(file.rpartition("/")[2], control, [word for word in rest[:end] if "=" not in word], args)


def control(container: Obj) -> dict[str, str]:
    """The variables by which the operator steers the container's script."""
    return script(container["command"]).control
