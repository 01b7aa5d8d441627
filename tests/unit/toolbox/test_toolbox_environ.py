"""environ: what an image, a Secret or a user sets reaches what they run, and nothing of ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import TOOLBOX

STEERING = {
    "BASH_ENV": "/agent/start",
    "ENV": "/agent/start",
    "SHELLOPTS": "xtrace",
    "BASHOPTS": "extdebug",
    "PS4": "$(echo steered >&2)",
    "BASH_FUNC_echo%%": "() { builtin echo steered; }",
    "IFS": "e",
    "CDPATH": "/agent",
    "GLOBIGNORE": "*",
    "PATH": "/agent%func:/usr/bin:/bin",
    "LD_PRELOAD": "",
    "PYTHONSTARTUP": "/agent/start",
    "PERL5OPT": "-Mx",
    "NODE_OPTIONS": "-r x",
    "TMPDIR": "/agent",
    "LANG": "x",
}
ODD = {
    "discovery.type": "single-node",
    "app-mode": "quick",
    "lines": "a\nASSAY_KEEP=/\nb",
    "B": "bravo",
    "workdir": "/elsewhere",
    "OLDPWD": "/old",
    "empty": "",
    "signs": "='\"$(x)`\\",
    "long": "x" * 100_000,
}
SHOW = "import os, json; print(json.dumps(dict(os.environ)))"


def run(environ: Path, *args: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(environ), *args], env=dict(env), capture_output=True, text=True, check=False)


def shown(environ: Path, *args: str, env: Mapping[str, str]) -> dict[str, str]:
    """The variables that the command at the end sees."""
    done = run(environ, *args, sys.executable, "-I", "-c", SHOW, env=env)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return {name: value for name, value in found.items() if name != "LC_CTYPE"}  # Python's own


def test_a_script_sees_only_what_it_is_given(environ: Path) -> None:
    env = {**STEERING, **ODD, "HOME": "/home/me", "GIVEN": "a=b"}
    seen = shown(environ, "aside", "HOME", "GIVEN", "ABSENT", "TOLD=c=d", "EMPTY=", "--", env=env)
    assert seen == {"HOME": "/home/me", "GIVEN": "a=b", "TOLD": "c=d", "EMPTY": ""}


def test_what_a_script_starts_sees_everything_as_it_was(environ: Path) -> None:
    env = {**STEERING, **ODD, "HOME": "/home/me"}
    assert shown(environ, "aside", "HOME", "TOLD=x", "--", str(environ), "back", "--", env=env) == env


def test_what_a_script_hands_on_wins(environ: Path) -> None:
    both = [
        "aside",
        "HOME=/ours",
        "PWD=/here",
        "OURS=x",
        "--",
        str(environ),
        "back",
        "HOME",
        "PWD",
        "NONE",
        "--",
    ]
    assert shown(environ, *both, env={"HOME": "/theirs", "A": "a"}) == {
        "HOME": "/ours",
        "A": "a",
        "PWD": "/here",
    }


def test_one_after_the_other(environ: Path) -> None:
    """A script of ours that starts one of the user's, which is run by another script of ours."""
    first = ["aside", "T=1", "--", str(environ), "back", "T", "--"]
    second = [str(environ), "aside", "U=2", "--", str(environ), "back", "U", "--"]
    assert shown(environ, *first, *second, env=ODD) == {**ODD, "T": "1", "U": "2"}


def control_variables() -> list[str]:
    """Every name of ours that is read or set anywhere in the toolbox."""
    sources = [*TOOLBOX.glob("*.sh"), *TOOLBOX.glob("*.c")]
    return sorted(
        {name for file in sources for name in re.findall(r"\bASSAY_[A-Z_]*[A-Z]", file.read_text())}
    )


def test_no_name_of_ours_comes_from_an_image_or_a_secret(environ: Path) -> None:
    names = control_variables()
    assert {"ASSAY_CLOSED", "ASSAY_NESTED_USERNS", "ASSAY_PIDS_MAX", "ASSAY_RESTORE", "ASSAY_ROOT"} <= set(
        names
    )
    forged = dict.fromkeys(
        [*names, "ASSAY_KEEP", "ASSAY_", "ASSAY_OF_TOMORROW"], "/.assay/disk /dev/termination-log"
    )
    given = {"ASSAY_RUN": "r", "ASSAY_PARAM_A": "1", "ASSAYER": "not ours"}
    env = {**forged, **given}
    assert shown(environ, "aside", "HOME", "ASSAY_ROOT=Clean", "--", env=env) == {"ASSAY_ROOT": "Clean"}
    control = [f"{name}=ours" for name in names]
    handed = ["aside", "ASSAY_RUN", "ASSAY_PARAM_A", *control, "--", str(environ), "back", "--"]
    assert shown(environ, *handed, env=env) == given, (
        "what a script starts does not see its control variables"
    )


@pytest.mark.parametrize("script", sorted(TOOLBOX.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_leave_the_image_s_programs_to_environ(script: Path) -> None:
    """What a script of ours starts by a bare `"$@"` would be in our environment, not in the user's."""
    if script.name == "here.sh":
        return  # the devbox's user from the start: nothing was set aside
    starts = re.findall(r'^.*(?:exec|/drop) .*"\$@".*$', script.read_text(), re.MULTILINE)
    for line in starts:
        assert re.search(r'environ back [^|;&]*-- "\$@"|\$B |\$T/\w+\.sh', line), line


def test_failures(environ: Path) -> None:
    assert run(environ, "back", "--", "true", env={}).returncode == 125
    assert "no environment was set aside" in run(environ, "back", "--", "true", env={}).stderr
    for wrong in ([], ["aside"], ["aside", "A"], ["aside", "A", "--"], ["away", "--", "true"]):
        done = run(environ, *wrong, env={})
        assert (done.returncode, done.stderr[:6]) == (125, "usage:")
    for command, code in (("/no/such", 127), ("/etc/passwd", 126)):
        done = run(environ, "aside", "--", command, env={})
        assert (done.returncode, command in done.stderr) == (code, True)


def test_the_program_is_looked_up_where_the_user_says(environ: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\necho mine\n")
    (tmp_path / "mine").chmod(0o755)
    both = ["aside", "--", str(environ), "back", "--", "mine"]
    assert run(environ, *both, env={"PATH": str(tmp_path)}).stdout == "mine\n"
    assert run(environ, *both, env={"PATH": "/nowhere"}).returncode == 127


# --- bash ---

BASH = "/bin/bash"
SCRIPT = """set -x
cd sub 2>/dev/null && echo cd
echo score=0.0 *
"""


def bash(environ: Path, work: Path, *names: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Not as root, for whom bash itself is careful."""
    temporary = Path(tempfile.gettempdir())
    for path in {*environ.parents, work, *work.parents}:
        if path.is_relative_to(temporary) and path != temporary:
            path.chmod(0o755)
    (work / "script").write_text(SCRIPT)
    command = [str(environ), "bash", *names, "--", BASH, "script"]
    user = 1234 if os.geteuid() == 0 else None
    return subprocess.run(
        command, cwd=work, env=dict(env), user=user, capture_output=True, text=True, check=False
    )


STEERS_BASH = [
    "BASH_ENV",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "IFS",
    "CDPATH",
    "GLOBIGNORE",
    "BASH_FUNC_echo%%",
]
STEERS_BASH += ["POSIXLY_CORRECT", "BASH_XTRACEFD", "FUNCNEST"]


@pytest.mark.parametrize("name", [*STEERS_BASH, "all"])
def test_nothing_steers_a_bash_script(environ: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "agent" / "sub").mkdir(parents=True)
    (tmp_path / "start").write_text("echo score=1.0; exit 0\n")
    values = {
        **STEERING,
        "BASH_ENV": str(tmp_path / "start"),
        "ENV": str(tmp_path / "start"),
        "CDPATH": str(tmp_path / "agent"),
        "POSIXLY_CORRECT": "1",
        "BASH_XTRACEFD": "1",
        "FUNCNEST": "1",
    }
    given = values if name == "all" else {name: values[name]}
    done = bash(environ, tmp_path, env={"PATH": "/usr/bin:/bin", **given})
    assert (done.returncode, done.stdout) == (0, "score=0.0 agent script start\n"), done.stderr
    assert "steered" not in done.stderr


def test_the_author_may_say_how_the_own_script_is_traced(environ: Path, tmp_path: Path) -> None:
    assert "my trace: echo" in bash(environ, tmp_path, "PS4", env={"PS4": "my trace: "}).stderr


def test_what_a_bash_script_starts_sees_the_variables(environ: Path, tmp_path: Path) -> None:
    env = {
        "PATH": "/usr/bin:/bin",
        "BASH_ENV": "/x",
        "ENV": "/x",
        "LD_LIBRARY_PATH": "/x",
        "CDPATH": "/x",
        "odd.name": "1",
    }
    (tmp_path / "script").write_text("/usr/bin/env\n")
    command = [str(environ), "bash", "--", BASH, str(tmp_path / "script")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert {f"{name}={value}" for name, value in env.items()} <= set(done.stdout.splitlines())


def test_bash_asks_no_library_who_its_user_is(environ: Path, tmp_path: Path) -> None:
    """It does where SHELL is not set: by what /etc/nsswitch.conf names, which may be the agent's."""
    (tmp_path / "script").write_text("/usr/bin/env\n")
    command = [str(environ), "bash", "--", BASH, str(tmp_path / "script")]
    assert (
        f"SHELL={BASH}" in subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout
    )
    kept = subprocess.run(command, env={"SHELL": "/bin/zsh"}, capture_output=True, text=True, check=True)
    assert "SHELL=/bin/zsh" in kept.stdout
