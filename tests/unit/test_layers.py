"""The layers: api ← specs ← reconcile ← handlers; engine, kube, registry and crdgen know none of our kinds."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "operator"
FILES = sorted(ROOT.rglob("*.py"))
LINES_MAX = 300

# What each part may import of ours.
_LEAVES = {"clock", "estimators", "kube_object", "logs", "metrics"}
_BASE = {"kube", "registry", "engine", *_LEAVES}
ALLOWED = {
    **{leaf: set() for leaf in _LEAVES},
    "crdgen": set(),
    "api": {"crdgen", "kube_object"},
    "kube": _LEAVES,
    "registry": _LEAVES,
    "engine": {"kube", *_LEAVES},
    "specs": {"api", "kube_object", "settings"},
    "reconcile": {"api", "settings", "specs", *_BASE},
    "cli": {"api", "crdgen", "kube", "kube_object", "our_resources", "report", "specs"},
    "settings": {"api"},
    "report": {"api", "estimators", "kube_object"},
    "our_resources": {"api", "crdgen", "kube"},
    "health": {"metrics"},
    "dispatch": {"api", "our_resources", "specs", "reconcile", *_BASE},
    "handlers": {"crdgen", "specs"},
    "kopf_shell": {"engine", "kube", "specs"},
    "main": {"dispatch", "handlers", "health", "kopf_shell", "reconcile", "settings", *_BASE},
    "__main__": {"main"},
    "__init__": set(),
}
# What each folder of `reconcile` may import of the others: never that of another kind.
SHARED = {
    "common": set(),
    "references": {"common"},
    "nodes": {"common", "references"},
    "watch": {"common", "references"},
}
KIND_FOLDER = {"common", "references", "nodes"}
# Who may import a library that decides over much.
OWNERS = {
    "kubernetes": {"kube"},
    "kopf": {"handlers", "kopf_shell", "main"},
    "aiohttp": {"kube", "registry", "health", "cli"},
    "prometheus_client": {"metrics"},
    "typer": {"cli"},
    "rich": {"cli"},
    "cel": {"cli"},
}
# Specs do no I/O: nothing that reads a clock, a file, the network, chance or the environment.
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


def folders(path: Path) -> set[str]:
    """The folders of `reconcile` that a file there imports from, but for its own."""
    names = (name.split(".") for name in imports(path) if name.startswith("assay.reconcile."))
    return {parts[2] for parts in names if len(parts) > 3} - {path.parent.name}


@pytest.mark.parametrize("path", [p for p in FILES if part(p) == "reconcile"], ids=name_of)
def test_no_kind_imports_another_kind(path: Path) -> None:
    assert folders(path) <= SHARED.get(path.parent.name, KIND_FOLDER)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_import_stands_at_the_top_of_its_file(path: Path) -> None:
    """An import inside a function, or for the type checker alone, hides an arrow."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    hidden = [
        n.lineno for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) and id(n) not in top
    ]
    assert not hidden


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_library_is_imported_only_where_it_belongs(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    strangers = {library for library, who in OWNERS.items() if library in libraries and part(path) not in who}
    assert not strangers


@pytest.mark.parametrize("path", [p for p in FILES if part(p) == "specs"], ids=name_of)
def test_specs_do_no_io(path: Path) -> None:
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


PARAMETERS_MAX = 5


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_function_has_many_parameters(path: Path) -> None:
    """What travels together is one record."""
    many = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if len([name for name in names if name not in ("self", "cls")]) > PARAMETERS_MAX:
                many.append(f"{node.lineno}: {node.name}")
    assert not many
