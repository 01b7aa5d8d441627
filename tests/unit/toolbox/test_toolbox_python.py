"""python.sh finds a Python and runs a script in it, isolated."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import aside

SCRIPT = "import os, sys\nprint(sys.flags.isolated, os.getcwd() in sys.path, *sys.argv[1:])\nprint(0.5)\n"
VERSION = "3.12.10"


def python(
    toolbox: Path,
    *args: str,
    version: str = VERSION,
    seen: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
    text: str = SCRIPT,
) -> subprocess.CompletedProcess[str]:
    """With a python3 on PATH that says it is of this version; `seen` are the contract's variables."""
    folder = toolbox.parent.parent
    programs, script = folder / "bin", folder / "script"
    programs.mkdir(exist_ok=True)
    numbers = ", ".join(version.split("."))
    # -I -c CODE CONSTRAINT is the question; anything else is the answer's use.
    (programs / "python3").write_text(
        f'#!/bin/sh\n[ "$2" = -c ] || exec {sys.executable} "$@"\n'
        f'exec {sys.executable} -I -c "import sys; sys.version_info = ({numbers})\n$3" "$4"\n'
    )
    (programs / "python3").chmod(0o755)
    script.write_text(text)
    env = {"PATH": f"/nowhere:{programs}", "PYTHONPATH": str(folder)}
    command = aside(toolbox, "python.sh", str(script), *args, given=seen)
    return subprocess.run(
        command, cwd=folder, env={**env, **(more or {})}, capture_output=True, text=True, check=False
    )


def test_isolated(toolbox: Path) -> None:
    done = python(toolbox)
    assert (done.returncode, done.stdout.split()) == (0, ["1", "False", "0.5"]), done.stderr


@pytest.mark.parametrize(
    ("constraint", "admitted"),
    [
        ("", True),
        (">=3.11", True),
        (">=3.11,<3.13", True),
        (">= 3.11 , < 3.13", True),
        (">=3.13", False),
        ("<3.12", False),
        ("<=3.12", False),
        ("<=3.12.10", True),
        (">3.12.10", False),
        (">3.12", True),
        ("==3.12.10", True),
        ("==3.12", False),
        ("==3.12.*", True),
        ("!=3.12.*", False),
        ("!=3.11.*", True),
        ("!=3.12.10", False),
        ("~=3.12", True),
        ("~=3.11", True),
        ("~=3.12.4", True),
        ("~=3.12.11", False),
        ("~=3.11.4", False),
        ("3.12", True),
        ("3", True),
        ("3.1", False),
        ("3.12.*", True),
        ("3.11", False),
    ],
)
def test_version_constraints(toolbox: Path, constraint: str, admitted: bool) -> None:
    done = python(toolbox, "", constraint)
    assert done.returncode == (0 if admitted else 125), done.stderr
    if not admitted:
        assert f"no python3 {constraint} on PATH" in done.stderr
        assert str(toolbox.parent.parent / "bin" / "python3") in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize("constraint", ["=3.12", "3.12.", "><3", "3..1", "*"])
def test_odd_constraints(toolbox: Path, constraint: str) -> None:
    done = python(toolbox, "", constraint)
    assert done.returncode == 125
    assert f"no such version constraint: {constraint}" in done.stderr


def test_no_python(toolbox: Path) -> None:
    (toolbox.parent.parent / "script").write_text(SCRIPT)
    command = aside(toolbox, "python.sh", str(toolbox.parent.parent / "script"))
    env = {"PATH": os.devnull}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert "no python3 on PATH" in done.stderr


def test_requirements_need_uv(toolbox: Path) -> None:
    done = python(toolbox, str(toolbox.parent.parent / "script"))
    assert done.returncode == 125
    assert "there is no uv" in done.stderr


UV = """#!/bin/sh
/usr/bin/env | /bin/sed "s/^/$1 /" >&2
[ "$1" = pip ] || { /bin/mkdir -p "$5/bin"; /bin/ln -s "$4" "$5/bin/python"; }
"""


def test_uv_sees_what_the_contract_sets_and_the_script_sees_everything(toolbox: Path) -> None:
    folder = toolbox.parent.parent
    tools = toolbox.parent / "tools"
    tools.mkdir()
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    more = {
        "UV_FIND_LINKS": "/agent",
        "LD_PRELOAD_": "/agent",
        "UV_INDEX_URL": "https://index",
    }
    (folder / "requirements").write_text("x\n")
    done = python(toolbox, str(folder / "requirements"), seen=["UV_INDEX_URL"], more=more)
    assert (done.returncode, done.stdout.split()[-1]) == (0, "0.5"), done.stderr
    for step in ("venv", "pip"):
        seen = {
            line.split("=")[0].removeprefix(f"{step} ")
            for line in done.stderr.splitlines()
            if line.startswith(step)
        }
        assert {"UV_INDEX_URL", "UV_CACHE_DIR", "PATH"} <= seen
        assert not seen & {"UV_FIND_LINKS", "LD_PRELOAD_", "PYTHONPATH"}
    look = "import os\nprint(*(os.environ[n] for n in ('UV_FIND_LINKS', 'PYTHONPATH')))"
    assert python(toolbox, more=more, text=look).stdout.split() == ["/agent", str(folder)]
