"""The tables of attacks in docs/security.md name tests, and these exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(\w+\.(?:py|go))::(\w+)`", PAGE)))
PLACES = {"py": ("tests", "def {}("), "go": ("operator/runner", "func {}(t *testing.T)")}


def defining(file: str, test: str) -> list[Path]:
    """The files of that name that have the test."""
    folder, definition = PLACES[file.rpartition(".")[2]]
    found = (ROOT / folder).rglob(file)
    return [one for one in found if definition.format(test) in one.read_text()]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_test_that_is_named_exists(file: str, test: str) -> None:
    assert len(defining(file, test)) == 1


def test_a_test_that_does_not_exist_is_noticed() -> None:
    assert defining("test_attacks.py", "test_that_is_not_there") == []


def rows() -> list[str]:
    """The rows of the tables of attacks, without their heads."""
    section = PAGE.split("### Attacks")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.endswith("| test |")]


def test_each_attack_has_a_test() -> None:
    assert len(rows()) > 40
    assert [row for row in rows() if not re.search(r"`\w+\.(py|go)::\w+`[^|]*\|$", row)] == []


def test_files_and_folders_of_tests_that_the_text_names_exist() -> None:
    for name in re.findall(r"`(tests/[\w/]+(?:\.py)?)`", PAGE):
        assert (ROOT / name).exists(), name
