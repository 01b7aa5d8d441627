"""build-image.sh builds when an input changed, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import OPERATOR

DOCKER = """#!/bin/sh
case "$1 $2" in
  "image inspect") cat "$STATE/label" 2>/dev/null ;;
  "version "*) echo amd64 ;;
  "build "*) echo built >>"$STATE/log"; ls build/wheels build/tools >"$STATE/wheels"
    while [ $# -gt 1 ]; do case $1 in --label) echo "${2#*=}" >"$STATE/label" ;; esac; shift; done ;;
esac
"""
PYTHON = """#!/bin/sh
[ "$1" = -m ] || exec PYTHON "$@"
echo downloaded >>"$STATE/log"
while [ $# -gt 1 ]; do case $1 in --dest) touch "$2/some.whl" ;; esac; shift; done
""".replace("PYTHON", sys.executable)


class Checkout:
    """A small checkout with stand-ins for docker and pip."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.state = folder / "state"
        programs = folder / "bin"
        for path in (self.root / "operator" / "assay", self.state, programs):
            path.mkdir(parents=True)
        shutil.copy(OPERATOR / "build-image.sh", self.root / "operator")
        (self.root / "operator" / "assay" / "main.py").write_text("pass\n")
        (self.root / "operator" / "tools.txt").write_text("tool==1\n")
        (self.root / ".dockerignore").write_text("*\n")
        self.depend("a==1")
        for name, text in (("docker", DOCKER), ("python3", PYTHON)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STATE": str(self.state),
            "ASSAY_CACHE": str(folder / "cache"),
        }

    def depend(self, requirement: str, comment: str = "") -> None:
        text = f'[project]\nname = "assay"\ndependencies = ["{requirement}"] # {comment}\n'
        (self.root / "pyproject.toml").write_text(text)

    def build(self) -> tuple[str, list[str]]:
        """What it printed, and what it did."""
        script = self.root / "operator" / "build-image.sh"
        done = subprocess.run([str(script), "x:y"], env=self.env, capture_output=True, text=True, check=True)
        log = self.state / "log"
        did = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return done.stdout.strip(), did


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_builds_once(checkout: Checkout) -> None:
    assert checkout.build() == ("x:y: built", ["downloaded", "downloaded", "built"])
    assert (checkout.state / "wheels").read_text().split() == [
        "build/tools:",
        "some.whl",
        "build/wheels:",
        "some.whl",
    ]
    assert checkout.build() == ("x:y: unchanged", [])


def test_source_change_builds_without_download(checkout: Checkout) -> None:
    checkout.build()
    (checkout.root / "operator" / "assay" / "main.py").write_text("print()\n")
    assert checkout.build()[1] == ["built"]


def test_tools_are_downloaded_when_their_versions_change(checkout: Checkout) -> None:
    checkout.build()
    (checkout.root / "operator" / "tools.txt").write_text("tool==2\n")
    assert checkout.build()[1] == ["downloaded", "built"]


def test_mode_change_builds(checkout: Checkout) -> None:
    checkout.build()
    (checkout.root / "operator" / "assay" / "main.py").chmod(0o755)
    assert checkout.build()[1] == ["built"]


def test_byte_code_and_times_do_not_matter(checkout: Checkout) -> None:
    checkout.build()
    cache = checkout.root / "operator" / "assay" / "__pycache__"
    cache.mkdir()
    (cache / "main.pyc").write_bytes(b"x")
    os.utime(checkout.root / "operator" / "assay" / "main.py", (1, 1))
    assert checkout.build() == ("x:y: unchanged", [])


def test_wheels_are_kept_per_set_of_dependencies(checkout: Checkout) -> None:
    checkout.build()
    checkout.depend("a==2")
    assert checkout.build()[1] == ["downloaded", "built"]
    checkout.depend("a==1", comment="back again")
    assert checkout.build()[1] == ["built"]
