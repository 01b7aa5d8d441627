"""results.sh: what the wrapper takes from the directory that the function could write to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import Shell

Make = Callable[[Path], object]


def take(shell: Shell, folder: Path, path: str, make: Make, limit: int = 100) -> str:
    """The content, or what is wrong."""
    results = folder / "results"
    results.mkdir()
    (folder / "secret").mkdir()
    (folder / "secret" / "shadow").write_text("root:hash")
    make(results)
    text = 'D=/none; S=/none; RESULTS=$1; . $T/report.sh; . $T/results.sh; take "$2" "$3" "$4"; echo " $?"'
    taken = folder / "taken"
    done = shell(text, str(results), path, str(limit), str(taken))
    assert done.stderr == b""
    said, code = done.stdout.decode().rsplit(" ", 1)
    assert (code == "0\n") == taken.exists()
    return taken.read_text() if taken.exists() else said.strip()


def nested(results: Path) -> None:
    (results / "a" / "b").mkdir(parents=True)
    (results / "a" / "b" / "j.xml").write_text("x")


def unreadable_names(results: Path) -> None:
    (results / "-n").mkdir()
    (results / "-n" / "-e").write_text("x")


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("j.xml", lambda r: (r / "j.xml").write_text("x")),
        ("a/b/j.xml", nested),
        ("-n/-e", unreadable_names),
    ],
)
def test_regular_files(shell: Shell, tmp_path: Path, path: str, make: Make) -> None:
    assert take(shell, tmp_path, path, make) == "x"


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("j.xml", lambda r: None),
        ("j.xml", lambda r: (r / "j.xml").symlink_to(r.parent / "secret" / "shadow")),
        ("j.xml", lambda r: (r / "j.xml").symlink_to("nowhere")),
        ("j.xml", lambda r: os.mkfifo(r / "j.xml")),
        ("j.xml", lambda r: (r / "j.xml").mkdir()),
        ("a/shadow", lambda r: (r / "a").symlink_to(r.parent / "secret")),
        ("a/shadow", lambda r: (r / "a").symlink_to("../secret")),
        ("a/b", lambda r: (r / "a").write_text("x")),
        ("a/b", lambda r: os.mkfifo(r / "a")),
        ("", lambda r: None),
    ],
)
def test_everything_else_is_missing(shell: Shell, tmp_path: Path, path: str, make: Make) -> None:
    assert take(shell, tmp_path, path, make) == "missing"


@pytest.mark.parametrize(("size", "said"), [(100, "x" * 100), (101, "too-large"), (1 << 40, "too-large")])
def test_size(shell: Shell, tmp_path: Path, size: int, said: str) -> None:
    def make(results: Path) -> None:
        with (results / "j.xml").open("wb") as file:
            file.write(b"x" * min(size, 101))
            file.truncate(size)

    assert take(shell, tmp_path, "j.xml", make) == said


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        ("100 100 95 1000 1000", "0"),
        ("100 50 50 1000 1000", "50"),
        ("100 5 0 1000 1000", "100"),  # what is left is root's
        ("1000 10 10 1000 1000", "99"),
        ("1000 11 11 1000 1000", "98"),
        ("100 90 90 1000 0", "100"),  # no inode left
        ("100 25 25 0 0", "75"),  # btrfs counts none
        ("0 0 0 0 0", "0"),
    ],
)
def test_percent_used(shell: Shell, counts: str, percent: str) -> None:
    done = shell("D=/none; S=/none; . $T/results.sh; percent_used", stdin=f"{counts}\n".encode())
    assert (done.stdout.decode(), done.stderr) == (percent, b"")
