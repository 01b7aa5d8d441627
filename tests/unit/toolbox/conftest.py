"""The toolbox's scripts, run on this machine: in a pod they live under /.assay, here in a copy with other paths."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import TOOLBOX, Shell, compiled

# Stands in for busybox where the machine has none: its applets are this machine's programs.
STAND_IN = """#!/bin/sh
if [ "$1" = sh ]; then shift; exec /bin/sh "$@"; fi
for folder in /usr/sbin /usr/bin /sbin /bin; do
  [ ! -x $folder/"$1" ] || { applet=$folder/$1; shift; exec $applet "$@"; }
done
exit 127
"""


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that keeps variables from our scripts."""
    return compiled("environ", tmp_path_factory.mktemp("environ"))


@pytest.fixture
def toolbox(tmp_path: Path, environ: Path) -> Path:
    """A copy of the toolbox whose /.assay and /etc are folders of this test."""
    folder = tmp_path / "assay" / "toolbox"
    folder.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    for script in TOOLBOX.glob("*.sh"):
        text = (
            script.read_text().replace("/.assay/", f"{tmp_path}/assay/").replace("/etc/", f"{tmp_path}/etc/")
        )
        (folder / script.name).write_text(text)
    shutil.copy(environ, folder)
    busybox = folder / "busybox"
    if real := shutil.which("busybox"):
        shutil.copy(real, busybox)
    else:
        busybox.write_text(STAND_IN)
        busybox.chmod(0o755)
    if bash := shutil.which("bash"):
        shutil.copy(bash, folder / "bash")
    return folder


@pytest.fixture
def shell(toolbox: Path) -> Shell:
    """Runs shell text with `T` and `B` set, as the scripts have them."""

    def run(
        text: str, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        prelude = f"set -u; T={toolbox}; B=$T/busybox\n"
        command = [str(toolbox / "busybox"), "sh", "-c", prelude + text, "test", *args]
        return subprocess.run(command, input=stdin, capture_output=True, env=env, check=False)

    return run
