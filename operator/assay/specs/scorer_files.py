"""Scripts, tests and expectations of scoring functions → volumes that only their own containers mount.

Files of the contract itself travel as annotations of the pod; those in Secrets and ConfigMaps stay there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from assay.api.scorers import ScriptSource, TestFilesFrom
from assay.api.scoring import ScoringFunction

from . import names, pod_parts

SCRIPT, REQUIREMENTS = "script", "requirements"  # files under pod_parts.FILES_DIR
TESTS_DIR = f"{pod_parts.ROOT}/tests"
EXPECT_DIR = f"{pod_parts.ROOT}/expect"


class Tree(NamedTuple):
    """Files that one function sees in one directory."""

    volume: str
    directory: str
    inline: Mapping[str, tuple[str, str]]
    """Path → name of the annotation and content."""
    sources: Sequence[dict[str, Any]] = ()
    """Files of Secrets and ConfigMaps in the same directory, as in a projected volume."""


def inline_files(functions: Sequence[ScoringFunction]) -> dict[str, str]:
    """Content of the files that travel as annotations, by the annotation's name."""
    return dict(named for f in functions for tree in _trees(f) for named in tree.inline.values())


def volumes(functions: Sequence[ScoringFunction]) -> list[dict[str, Any]]:
    """One volume for each tree, so that no function sees the files of another."""
    return [_volume(tree) for f in functions for tree in _trees(f)]


def mounts(function: ScoringFunction) -> list[dict[str, Any]]:
    """The mounts of these volumes in a function's container."""
    return [{"name": tree.volume, "mountPath": tree.directory, "readOnly": True} for tree in _trees(function)]


def _trees(function: ScoringFunction) -> Iterator[Tree]:
    for name, directory, inline, sources in _contents(function):
        if inline or sources:
            # The names are distinct for all functions: no part ends in another one.
            parts = {path: names.child_name(function.name, part) for path, (part, _) in inline.items()}
            files = {path: (parts[path], content) for path, (_, content) in inline.items()}
            yield Tree(names.child_name(name, function.name), directory, files, sources)


def _contents(
    function: ScoringFunction,
) -> Iterator[tuple[str, str, dict[str, tuple[str, str]], list[dict[str, Any]]]]:
    """Name and directory of each tree; path → part of an annotation's name and content; other sources."""
    if source := function.bash_script or function.python_script:
        files = {SCRIPT: (SCRIPT, source.script)} if source.script else {}
        if function.python_script and function.python_script.requirements:
            files[REQUIREMENTS] = (REQUIREMENTS, function.python_script.requirements)
        yield "files", pod_parts.FILES_DIR, files, _script_sources(source)
    if tests := function.test_files:
        inline = {
            file.path: (f"test-{number}", file.content) for number, file in enumerate(tests.files or ())
        }
        yield "tests", TESTS_DIR, inline, [made for one in tests.from_ or () for made in _tests_sources(one)]
        if tests.junit:
            lists = {"fail-to-pass": tests.junit.fail_to_pass, "pass-to-pass": tests.junit.pass_to_pass}
            expected = {
                name: (name, "".join(f"{test}\n" for test in found)) for name, found in lists.items() if found
            }
            yield "expect", EXPECT_DIR, expected, []


def _script_sources(source: ScriptSource) -> list[dict[str, Any]]:
    references = {"secret": source.secret_key_ref, "configMap": source.config_map_key_ref}
    return [
        {kind: {"name": ref.name, "items": [{"key": ref.key, "path": SCRIPT}]}}
        for kind, ref in references.items()
        if ref
    ]


def _tests_sources(source: TestFilesFrom) -> list[dict[str, Any]]:
    references = {"secret": source.secret_ref, "configMap": source.config_map_ref}
    items = [one.model_dump() for one in source.items or ()]
    keys = {"items": items} if items else {}
    return [{kind: {"name": ref.name, **keys}} for kind, ref in references.items() if ref]


def _volume(tree: Tree) -> dict[str, Any]:
    inline = pod_parts.files_volume(tree.volume, {name: path for path, (name, _) in tree.inline.items()})
    if not tree.sources:
        return inline
    own = [{"downwardAPI": inline["downwardAPI"]}] if tree.inline else []
    return {"name": tree.volume, "projected": {"sources": [*own, *tree.sources]}}
