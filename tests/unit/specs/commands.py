"""How a container of ours is started: what a script of the toolbox is told, sees, and is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.unit.specs.objects import Obj


def expand(text: str, environment: dict[str, str]) -> str:
    """How the kubelet reads `$(NAME)` in commands and variables (k8s.io/kubernetes, package expansion)."""
    out, at = "", 0
    while at < len(text):
        following = text[at + 1 : at + 2]
        if text[at] != "$" or not following:
            out, at = out + text[at], at + 1
        elif following == "(" and (end := text.find(")", at)) > 0:
            name = text[at + 2 : end]
            out, at = out + environment.get(name, f"$({name})"), end + 1
        else:
            out, at = out + ("$" if following == "$" else f"${following}"), at + 2
    return out


@dataclass(frozen=True)
class Script:
    """A script of the toolbox as a command line names it."""

    name: str
    told: dict[str, str]
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
    told = dict(word.split("=", 1) for word in rest[:end] if "=" in word)
    return Script(file.rpartition("/")[2], told, [word for word in rest[:end] if "=" not in word], args)


def told(container: Obj) -> dict[str, str]:
    """What the container's script is told."""
    return script(container["command"]).told
