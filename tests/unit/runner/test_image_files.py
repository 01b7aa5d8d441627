"""What makes the image: the Dockerfile, and shell scripts that run on a developer's machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

OPERATOR = Path(__file__).parents[3] / "operator"
SCRIPTS = [OPERATOR / "build-image.sh", *sorted((OPERATOR / "runner").glob("*.sh"))]
DOCKERFILE = (OPERATOR / "Dockerfile").read_text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_no_shellcheck_findings(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", "-S", "warning", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_a_script_can_be_run_and_says_what_it_is_for(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1].startswith(f"# {script.name} ")
    assert script.stat().st_mode & 0o111 == 0o111


def test_dockerfile_works_without_buildkit() -> None:
    for word in ("--mount", "<<", "# syntax", "--chmod", "--link"):
        assert word not in DOCKERFILE


def test_every_source_is_in_the_context() -> None:
    ignore = (OPERATOR.parent / ".dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE):
        assert any(source.startswith(line[1:]) for line in ignore if line.startswith("!")), source


def test_the_toolbox_has_its_three_programs() -> None:
    toolbox = DOCKERFILE.split("FROM ")[1]
    for program in ("busybox", "bash", "runner"):
        assert re.search(rf"[ /]{program}\b", toolbox)
