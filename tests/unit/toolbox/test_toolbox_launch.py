"""launch.sh: the launch commands, before the devbox's command."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import compiled
from tests.unit.toolbox.toolbox_root import NEEDS_ROOT, Root

pytestmark = NEEDS_ROOT
FAILED = "assay-launch: the launch commands failed with exit code {}, see the log"
ASIDE = ["/.assay/toolbox/environ", "aside", "HOME"]
LAUNCH = ["--", "/.assay/toolbox/busybox", "sh", "/.assay/toolbox/launch.sh"]
BOOT = [*ASIDE, "ASSAY_PIDS_MAX=77", *LAUNCH, "agent", "/work"]
HERE = [*ASIDE, *LAUNCH, "--here"]


@pytest.fixture
def root(tmp_path: Path, environ: Path) -> Root:
    root = Root(tmp_path / "root", [compiled("drop", tmp_path), environ])
    (root.path / "work").mkdir()
    (root.path / "work").chmod(0o777)
    return root


def launch(
    root: Root, commands: str, mode: str, *command: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run launch.sh as the pod of this mode does."""
    (root.path / ".assay/files/launch").write_text(commands)
    if mode == "Copy":
        return root.run("sh", "-c", 'cd /work && exec "$@"', "x", *HERE, *command, env=env)
    return root.run("sh", "-c", 'exec 9>>/dev/termination-log; exec "$@"', "x", *BOOT, *command, env=env)


MODES = pytest.mark.parametrize("mode", ["Overlay", "Copy"])


@MODES
def test_runs_before_the_command_in_its_directory(root: Root, mode: str) -> None:
    done = launch(root, "pwd; a=(1 2); echo ${a[1]} >made\n", mode, "sh", "-c", "pwd; cat made; exit 9")
    assert (done.stdout.split(), done.returncode) == (["/work", "/work", "2"], 9), done.stderr
    assert root.message.read_text() == ""


@MODES
def test_what_it_leaves_running_stays(root: Root, mode: str) -> None:
    (root.path / "work/pid").touch(0o666)
    (root.path / "work/pid").chmod(0o666)
    left = "sleep 60 >/dev/null 2>&1 &\necho $! >pid\n"
    done = launch(root, left, mode, "sh", "-c", "cat /proc/$(cat pid)/comm; kill $(cat pid)")
    assert (done.stdout, done.returncode) == ("sleep\n", 0), done.stderr


@MODES
@pytest.mark.parametrize(
    ("commands", "code"),
    [("echo one; false\necho two\n", 1), ("exit 7", 7), ("if\n", 2), ("kill -9 $$", 137)],
)
def test_failure(root: Root, mode: str, commands: str, code: int) -> None:
    done = launch(root, commands, mode, "echo", "never")
    assert done.returncode == 125
    assert "never" not in done.stdout
    assert "two" not in done.stdout
    assert root.message.read_text().splitlines() == [FAILED.format(code)]
    assert FAILED.format(code) in done.stderr


@MODES
@pytest.mark.parametrize(("command", "code"), [("no-such-program", 127), ("/etc/passwd", 126)])
def test_commands_that_cannot_run(root: Root, mode: str, command: str, code: int) -> None:
    done = launch(root, "true", mode, command)
    assert done.returncode == code
    assert command in done.stderr


def test_both_run_as_the_user_and_neither_has_the_message(root: Root) -> None:
    look = "id -u; ls /proc/self/fd; ulimit -Hu; grep CapEff /proc/self/status; echo ${ASSAY_PIDS_MAX-unset}"
    done = launch(root, look, "Overlay", "bash", "-c", look)
    lines = done.stdout.split("\n")
    half = len(lines) // 2
    assert lines[:half] == lines[half:-1], "the same for both"
    assert lines[0] == "1234"
    assert "9" not in lines
    assert lines[half - 3 : half] == ["77", "CapEff:\t0000000000000000", "unset"]


@pytest.mark.parametrize(("value", "expected"), [(None, "60"), ("50", "50"), ("5000", "60"), ("0", "60")])
def test_limit_of_processes_only_goes_down(root: Root, value: str | None, expected: str) -> None:
    drop = "ulimit -u 60; exec /.assay/toolbox/drop 1234 1 1 bash -c 'ulimit -u; ulimit -Hu'"
    done = root.run("bash", "-c", drop, env={"ASSAY_PIDS_MAX": value} if value else None)
    assert done.stdout.split() == [expected, expected]


def test_limit_of_processes_of_itself(root: Root) -> None:
    drop = "ulimit -u unlimited; exec /.assay/toolbox/drop 0 0 0 bash -c 'ulimit -u'"
    assert root.run("bash", "-c", drop).stdout == "4096\n"
    assert root.run("bash", "-c", drop, env={"ASSAY_PIDS_MAX": "many"}).returncode == 125


@MODES
def test_no_variable_steers_the_launch_commands_and_all_are_there(root: Root, mode: str) -> None:
    (root.path / "work/start").write_text("echo steered; exit 0\n")
    steering = {"BASH_ENV": "/work/start", "ENV": "/work/start", "SHELLOPTS": "xtrace"}
    given = {**steering, "PS4": "$(echo steered >&2)", "user": "mine", "T": "mine"}
    done = launch(root, "set -x; echo launched; env >/work/seen\n", mode, "env", env=given)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "launched"), done.stderr
    assert "steered" not in done.stderr
    by_commands, by_the_command = (root.path / "work/seen").read_text().splitlines(), done.stdout.splitlines()
    assert {"BASH_ENV=/work/start", "ENV=/work/start", "user=mine", "T=mine"} <= set(by_commands)
    assert {f"{name}={value}" for name, value in given.items()} <= set(by_the_command)
