"""What holds for all scripts: they parse, are called the way pods call them, and come with the image."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import OPERATOR, TOOLBOX

SCRIPTS = sorted(TOOLBOX.glob("*.sh"))
DOCKERFILE = (OPERATOR / "Dockerfile").read_text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_script_parses(script: Path) -> None:
    shells = [["sh"]] + ([["busybox", "sh"]] if shutil.which("busybox") else [])
    for command in shells:
        done = subprocess.run([*command, "-n", str(script)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_script_header(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/.assay/toolbox/busybox sh"
    assert lines[1].startswith("# "), "the first line after it says what the script is for"


@pytest.mark.parametrize("script", [*SCRIPTS, OPERATOR / "build-image.sh"], ids=lambda p: p.name)
def test_no_shellcheck_findings(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    options = ["-s", "busybox", "-S", "warning", "-x", "-P", "SCRIPTDIR"]
    done = subprocess.run(["shellcheck", *options, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_failed_redirections_do_not_end_the_shell(script: Path) -> None:
    # `: >file` is a special builtin: where the redirection fails, the shell ends without our message.
    assert not re.search(r"(^|[;&|{] *):\s*>", script.read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["boot.sh", "init.sh", "score.sh", "enter.sh", "lib.sh", "place.sh", "run.sh"]
)
def test_privileged_scripts_call_tools_by_full_path(name: str) -> None:
    # With SYS_ADMIN held, nothing may be looked up in a PATH that leads into the agent's files.
    tools = [
        "mount",
        "umount",
        "mkdir",
        "rm",
        "cat",
        "chroot",
        "sleep",
        "kill",
        "sed",
        "awk",
        "tail",
        "head",
        "cut",
        "stat",
        "unshare",
        "mkfifo",
    ]
    for line in (TOOLBOX / name).read_text().splitlines():
        code = re.sub(r'"[^"]*"', '""', line).split(" #")[0]
        words = re.findall(r"(?:^|[;&|({!]|\bthen|\belse|\bdo)\s*([a-z_]+)", code)
        bare = set(words) & set(tools) - {"kill"}  # kill is a builtin
        assert line.startswith("#") or not bare, line


def test_dockerfile_works_without_buildkit() -> None:
    for word in ("--mount", "<<", "# syntax", "--chmod", "--link"):
        assert word not in DOCKERFILE


def test_dockerfile_names_all_programs_and_sources() -> None:
    ignore = (OPERATOR.parent / ".dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE):
        assert any(source.startswith(line[1:]) for line in ignore if line.startswith("!")), source
    for program in ("busybox", "bash", "drop"):
        assert re.search(rf"[ /]{program}\b", DOCKERFILE)
