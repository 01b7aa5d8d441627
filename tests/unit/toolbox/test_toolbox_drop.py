"""drop: the last step before the agent's or a scoring function's command."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import TOOLBOX

ORDINARY = 0xA80425FB  # what container engines grant by default


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("drop") / "drop"
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(TOOLBOX / "drop.c")]
    subprocess.run(command, check=True)
    program.chmod(0o755)
    for parent in list(program.parents)[:3]:
        parent.chmod(0o755)
    return str(program)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["0", "0", "0"],
        ["x", "0", "0", "true"],
        ["0", "-1", "0", "true"],
        ["4294967295", "0", "0", "true"],
    ],
)
def test_wrong_arguments(drop: str, args: list[str]) -> None:
    assert run(drop, *args).returncode == 125


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@as_root
@pytest.mark.parametrize("uid", [0, 1234])
def test_capabilities_user_and_groups(drop: str, uid: int) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in run(drop, str(uid), "77", "77,5,6", "cat", "/proc/self/status").stdout.splitlines()
    )
    assert status["Uid"].split() == [str(uid)] * 4
    assert status["Gid"].split() == ["77"] * 4
    assert status["Groups"].split() == ["5", "6", "77"]
    caps = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert caps["CapBnd"] & ~ORDINARY == 0
    assert caps["CapInh"] == caps["CapAmb"] == 0
    assert caps["CapPrm"] == caps["CapEff"] == (caps["CapBnd"] if uid == 0 else 0)


@as_root
def test_output_can_be_opened_again(drop: str) -> None:
    done = run(drop, "1234", "77", "77", "sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


@as_root
def test_files_stay_whose_they_are(drop: str, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        subprocess.run([drop, "1234", "77", "77", "true"], stdout=log, check=True)
    assert (tmp_path / "log").stat().st_uid == 0


@as_root
@pytest.mark.parametrize(("command", "code"), [("no-such-program", 127), ("/etc/passwd", 126)])
def test_commands_that_cannot_run(drop: str, command: str, code: int) -> None:
    done = run(drop, "0", "0", "0", command)
    assert done.returncode == code
    assert command in done.stderr


@as_root
@pytest.mark.parametrize("groups", ["", "1,", "1,,2", "a", "1;2"])
def test_wrong_groups(drop: str, groups: str) -> None:
    assert run(drop, "0", "0", groups, "true").returncode == 125
