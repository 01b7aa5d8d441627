"""The YAML documents of files, each with the lines of its fields."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Path_ = Sequence[str | int]
"""The way from an object to a field: names of fields and numbers of items."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where."""

    file: str
    line: int
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """As compilers write it, so that editors and CI find the line."""
        return f"{self.file}:{self.line}: {self.level}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file."""

    file: str
    value: dict[str, Any]
    node: yaml.MappingNode

    @property
    def title(self) -> str:
        """Kind and name, for messages."""
        metadata = self.value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return f"{self.value.get('kind')} {name}"

    def finding(self, path: Path_, message: str, level: Literal["error", "warning"] = "error") -> Finding:
        """A finding at a field; at the nearest field above it where it is absent."""
        where = dotted(path)
        text = f"{self.title}: {where}: {message}" if where else f"{self.title}: {message}"
        return Finding(self.file, _line(self.node, path), text, level)


def dotted(path: Path_) -> str:
    """`spec.scoringContract.scoringFunctions[0].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and the YAML files of the folders named; OSError if there is none of that name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(one for one in path.rglob("*") if one.suffix in (".yaml", ".yml"))


def read(path: Path) -> tuple[list[Document], list[Finding]]:
    """The objects of a file, those of a List one by one, and what is no YAML. `-` is standard input."""
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    try:
        nodes = [node for node in yaml.compose_all(text, yaml.SafeLoader) if node is not None]
        values = [value for value in yaml.safe_load_all(text) if value is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date that there is not
        return [], [_unreadable(path, error)]
    found: list[Document] = []
    for node, value in zip((one for one in nodes if not _is_null(one)), values, strict=True):
        if isinstance(node, yaml.MappingNode) and isinstance(value, dict):
            found += _unpacked(str(path), value, node)
    return found, []


def _unpacked(file: str, value: dict[str, Any], node: yaml.MappingNode) -> list[Document]:
    items, nodes = value.get("items"), _child(node, "items")
    if value.get("kind") != "List" or not isinstance(items, list) or not isinstance(nodes, yaml.SequenceNode):
        return [Document(file, value, node)]
    pairs = zip(items, nodes.value, strict=True)
    return [
        Document(file, one, where)
        for one, where in pairs
        if isinstance(one, dict) and isinstance(where, yaml.MappingNode)
    ]


def _is_null(node: yaml.Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _unreadable(path: Path, error: Exception) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Finding(str(path), mark.line + 1 if mark else 1, f"this is no YAML: {problem}")


def _line(node: yaml.Node, path: Path_) -> int:
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None
