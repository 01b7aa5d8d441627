"""build-image.sh builds when an input changed, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OPERATOR = Path(__file__).parents[3] / "operator"
DOCKER = """#!/bin/sh
case "$*" in
  "image inspect "*) cat "$STATE/label" 2>/dev/null ;;
  "version "*) echo "$ARCHITECTURE" ;;
  "build "*" operator/runner") echo compiled-in-a-container >>"$STATE/log"; cat >"$STATE/dockerfile"; echo sha256:0 ;;
  "build "*) echo built >>"$STATE/log"; ls build/wheels build/tools >"$STATE/wheels"; cp build/runner "$STATE/runner"
    while [ $# -gt 1 ]; do case $1 in --label) echo "${2#*=}" >"$STATE/label" ;; esac; shift; done ;;
  "create sha256:0") echo c0 ;;
  "cp c0:/runner "*) echo from a container >"$3" ;;
  "rm c0") echo removed >>"$STATE/log" ;;
  *) echo "unexpected: docker $*" >&2; exit 1 ;;
esac
"""
GO = """#!/bin/sh
case "$1" in
  list) [ "$GO_IS" = new ] || { echo "go.mod requires go >= 1.26.8" >&2; exit 1; } ;;
  build) echo compiled >>"$STATE/log"; [ "$GO_IS" = new ] || exit 1
    while [ "$1" != -o ]; do shift; done; echo "for $GOOS/$GOARCH, cgo $CGO_ENABLED" >"$2" ;;
esac
"""
PYTHON = """#!/bin/sh
[ "$1" = -m ] || exec PYTHON "$@"
echo downloaded >>"$STATE/log"
while [ $# -gt 1 ]; do case $1 in --dest) touch "$2/some.whl" ;; esac; shift; done
""".replace("PYTHON", sys.executable)


class Checkout:
    """A small checkout with stand-ins for docker, go and pip."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.state = folder / "state"
        programs = folder / "bin"
        runner = self.root / "operator" / "runner"
        for path in (
            self.root / "operator" / "assay",
            runner / "internal" / "testdata",
            self.state,
            programs,
        ):
            path.mkdir(parents=True)
        shutil.copy(OPERATOR / "build-image.sh", self.root / "operator")
        shutil.copy(OPERATOR / "runner" / "build.sh", runner)
        (runner / "go.mod").write_text("module m\n\ngo 1.26.8\n")
        (runner / "main.go").write_text("package main\n")
        (self.root / "operator" / "Dockerfile").write_text("FROM scratch\n")
        (self.root / "operator" / "assay" / "main.py").write_text("pass\n")
        (self.root / "operator" / "tools.txt").write_text("tool==1\n")
        (self.root / ".dockerignore").write_text("*\n")
        self.depend("a==1")
        for name, text in (("docker", DOCKER), ("go", GO), ("python3", PYTHON)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STATE": str(self.state),
            "GO_IS": "new",
            "ARCHITECTURE": "amd64",
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
    assert checkout.build() == ("x:y: built", ["compiled", "downloaded", "downloaded", "built"])
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
    assert checkout.build()[1] == ["compiled", "built"]


def test_tools_are_downloaded_when_their_versions_change(checkout: Checkout) -> None:
    checkout.build()
    (checkout.root / "operator" / "tools.txt").write_text("tool==2\n")
    assert checkout.build()[1] == ["compiled", "downloaded", "built"]


def test_mode_change_builds(checkout: Checkout) -> None:
    checkout.build()
    (checkout.root / "operator" / "assay" / "main.py").chmod(0o755)
    assert checkout.build()[1] == ["compiled", "built"]


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
    assert checkout.build()[1] == ["compiled", "downloaded", "built"]
    checkout.depend("a==1", comment="back again")
    assert checkout.build()[1] == ["compiled", "built"]


@pytest.mark.parametrize(
    ("path", "is_input"),
    [
        ("main.go", True),
        ("go.mod", True),
        ("internal/new.go", True),
        ("internal/new_test.go", False),
        ("internal/testdata/corpus", False),
        ("README.md", False),
    ],
)
def test_what_of_the_runner_s_module_is_in_the_image(checkout: Checkout, path: str, is_input: bool) -> None:
    checkout.build()
    with (checkout.root / "operator" / "runner" / path).open("a") as file:
        file.write("// more\n")
    assert (checkout.build()[0] == "x:y: built") is is_input


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_the_runner_is_static_and_for_the_engine_s_architecture(
    checkout: Checkout, architecture: str
) -> None:
    checkout.env["ARCHITECTURE"] = architecture
    checkout.build()
    assert (checkout.state / "runner").read_text() == f"for linux/{architecture}, cgo 0\n"


def test_without_a_new_enough_go_the_runner_is_compiled_in_a_container(checkout: Checkout) -> None:
    checkout.env["GO_IS"] = "old"
    assert "compiled" not in checkout.build()[1]
    assert (checkout.state / "runner").read_text() == "from a container\n"
    dockerfile = (checkout.state / "dockerfile").read_text()
    assert dockerfile.startswith("FROM golang:1.26.8\n")
    assert "GOARCH=amd64 /src/build.sh /runner" in dockerfile


def test_the_container_is_removed(checkout: Checkout) -> None:
    checkout.env["GO_IS"] = "old"
    assert checkout.build()[1] == ["compiled-in-a-container", "downloaded", "downloaded", "built", "removed"]
