"""Where the toolbox is, and how its scripts are run here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

OPERATOR = Path(__file__).parents[3] / "operator"
TOOLBOX = OPERATOR / "toolbox"

Shell = Callable[..., subprocess.CompletedProcess[bytes]]
"""Runs shell text with positional parameters; keywords: stdin, env."""


def aside(toolbox: Path, script: str, *args: str, given: Sequence[str] = ()) -> list[str]:
    """The command line of a script, as the operator makes it (assay.build.rootfs)."""
    environ = [str(toolbox / "environ"), "aside", "HOME", *given, "--"]
    return [*environ, str(toolbox / "busybox"), "sh", str(toolbox / script), *args]


def compiled(name: str, folder: Path) -> Path:
    """A C program of the toolbox."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    options = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *options, "-o", str(folder / name), str(TOOLBOX / f"{name}.c")], check=True)
    return folder / name
