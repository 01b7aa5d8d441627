"""astgrep.sh: from what ast-grep says to a score. A stand-in takes ast-grep's place; pods run the real one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import aside

# Parses every pattern but `(((`; knows Python alone; finds the pattern as plain text.
STAND_IN = r"""#!/bin/sh
[ -z "${AGENT_S:-}" ] || { echo "steered by $AGENT_S" >&2; exit 9; }
language= stdin=
while [ $# -gt 1 ]; do
  case $1 in
    --pattern) pattern=$2; shift ;;
    --lang) language=$2; shift ;;
    --config) grep -q ruleDirs "$2" || exit 9; shift ;;
  esac
  shift
done
case $language in '' | py | python) ;; *) echo "$language is not supported!" >&2; exit 2 ;; esac
if [ "$pattern" = '(((' ] && [ "$language" ]; then echo 'Warning: Pattern contains an ERROR node' >&2; exit 0; fi
[ "$1" = --stdin ] && exit 1
grep -rnF --include='*.py' -e "$pattern" "$1"
"""


@pytest.fixture
def devbox(toolbox: Path, tmp_path: Path) -> Path:
    tools = toolbox.parent / "tools"
    tools.mkdir()
    (tools / "sgconfig.yml").write_text("ruleDirs: []\n")
    (tools / "ast-grep").write_text(STAND_IN)
    (tools / "ast-grep").chmod(0o755)
    work = tmp_path / "devbox" / "app"
    (work / "src").mkdir(parents=True)
    (work / "src" / "a.py").write_text("print(1)\n" * 7)
    (work / "docs").mkdir()
    (work / "docs" / "a.odd").write_text("print(1)\n")
    (work / "sgconfig.yml").write_text("customLanguages: {}\n")
    return tmp_path / "devbox"


def astgrep(toolbox: Path, devbox: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "ASSAY_DEVBOX": str(devbox), "ASSAY_DEVBOX_WORKDIR": f"{devbox}/app"}
    env |= {"AGENT_S": "1"}
    command = aside(toolbox, "astgrep.sh", *args, given=["ASSAY_DEVBOX", "ASSAY_DEVBOX_WORKDIR"])
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("args", "score"),
    [
        (["print(", "."], "1.0"),
        (["print(", "src", "python"], "1.0"),
        (["absent", "."], "0.0"),
        (["absent", "src", "py"], "0.0"),
        (["absent", "docs"], "0.0"),
    ],
)
def test_scores(toolbox: Path, devbox: Path, args: list[str], score: str) -> None:
    done = astgrep(toolbox, devbox, *args)
    assert (done.returncode, done.stdout) == (0, f"{score}\n"), done.stderr
    if score == "1.0":
        assert len(done.stderr.splitlines()) == 5, "a few of the matches"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["(((", "."], "cannot parse the pattern in any language"),
        (["(((", "src", "python"], "cannot parse the pattern as python"),
        (["x", "src", "klingon"], "klingon"),
        (["x", "gone"], "no directory gone in the working directory"),
        (["x", "src/a.py"], "no directory src/a.py"),
        (["x", "../.."], "out of the agent's tree"),
        (["x", "out"], "out of the agent's tree"),
        (["x"], "usage"),
    ],
)
def test_questions_that_make_no_sense(toolbox: Path, devbox: Path, args: list[str], said: str) -> None:
    (devbox / "app" / "out").symlink_to("/etc")
    done = astgrep(toolbox, devbox, *args)
    assert (done.returncode, done.stdout) == (125, "")
    assert said in done.stderr.splitlines()[-1]
