"""The layers: api ← build ← reconcile ← handlers; engine and cluster know none of our kinds."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "operator"
FILES = sorted(ROOT.rglob("*.py"))
LINES_MAX = 300

# What each part may import of ours. cluster and engine lean on each other and on nothing else.
_BASE = {"cluster", "engine"}
ALLOWED = {
    "api": set(),
    "engine": _BASE,
    "cluster": _BASE,
    "build": {"api"},
    "reconcile": {"api", "build", *_BASE},
    "settings": {"api", "build"},
    "health": {"engine"},
    "handlers": {"api", "build", "reconcile", *_BASE},
    "main": {"handlers", "health", "reconcile", "settings", *_BASE},
    "__main__": {"main"},
    "__init__": set(),
}
# Who may import a library that decides over much.
OWNERS = {
    "kubernetes": {"cluster"},
    "kopf": {"handlers", "main"},
    "aiohttp": {"cluster", "health"},
    "prometheus_client": {"engine"},
}
# Builders are pure: nothing that reads a clock, a file, the network, chance or the environment.
IMPURE = {"asyncio", "datetime", "logging", "os", "pathlib", "random", "socket", "subprocess", "time", "uuid"}


def part(path: Path) -> str:
    """`api`, `build`, … or the module's name beside them."""
    first = path.relative_to(ROOT / "assay").parts[0]
    return first.removesuffix(".py")


def package(path: Path) -> list[str]:
    return list(path.relative_to(ROOT).parent.parts)


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package(path)[: len(package(path)) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    found = {name.split(".")[1] for name in imports(path) if name.startswith("assay.")}
    return found - {"__version__"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 30
    assert {part(path) for path in FILES} <= ALLOWED.keys()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_layer_imports_only_those_below_it(path: Path) -> None:
    where = part(path)
    assert ours(path) - {where} <= ALLOWED[where]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_library_is_imported_only_where_it_belongs(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    strangers = {library for library, who in OWNERS.items() if library in libraries and part(path) not in who}
    assert not strangers


@pytest.mark.parametrize("path", [p for p in FILES if part(p) == "build"], ids=name_of)
def test_builders_are_pure(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & IMPURE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX


@pytest.mark.skipif(not (ROOT.parent / ".git").exists(), reason="not a checkout")
def test_git_ignores_no_source() -> None:
    sources = [*FILES, *Path(__file__).parent.rglob("*.py")]
    git = ["git", "check-ignore", "--stdin"]
    listed = "\n".join(map(str, sources))
    done = subprocess.run(git, cwd=ROOT, input=listed, capture_output=True, text=True, check=False)
    assert done.stdout == "", "these would never be committed"


def test_the_source_root_is_no_package() -> None:
    assert not (ROOT / "__init__.py").exists(), "it would shadow the standard library's operator"
