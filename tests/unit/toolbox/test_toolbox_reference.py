"""reference.sh applies reference patches with whatever the image has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import aside

PATCH = """\
diff --git a/src/app.py b/src/app.py
--- a/src/app.py
+++ b/src/app.py
@@ -1,3 +1,3 @@
 def answer():
-    return 41
+    return 42
 # end
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+hello"""  # no newline at the end, as from a YAML block


def reference(
    toolbox: Path,
    work: Path,
    kind: str,
    text: str,
    tools: list[str],
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    programs = work.parent / "bin"
    programs.mkdir(exist_ok=True)
    for name in [*tools, "sh", "cat", "tail", "which", "env"]:
        if not (path := shutil.which(name)):
            pytest.skip(f"{name} is not installed")
        if not (programs / name).exists():
            (programs / name).symlink_to(path)
    file = work.parent / "reference"
    file.write_text(text)
    env = {"PATH": str(programs), "HOME": str(work.parent), "LC_ALL": "C"}
    command = aside(toolbox, "reference.sh", kind, str(file))
    return subprocess.run(
        command, cwd=work, env={**env, **(more or {})}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work" / "src").mkdir(parents=True)
    (tmp_path / "work" / "src" / "app.py").write_text("def answer():\n    return 41\n# end\n")
    return tmp_path / "work"


TOOLS = pytest.mark.parametrize("tools", [["git"], ["patch"]], ids=" ".join)


@TOOLS
def test_patch(toolbox: Path, work: Path, tools: list[str]) -> None:
    done = reference(toolbox, work, "patch", PATCH, tools)
    assert done.returncode == 0, done.stderr
    assert "return 42" in (work / "src" / "app.py").read_text()
    assert (work / "new.txt").read_text() == "hello\n"


@TOOLS
def test_patch_that_does_not_fit(toolbox: Path, work: Path, tools: list[str]) -> None:
    (work / "src" / "app.py").write_text("something else\n")
    done = reference(toolbox, work, "patch", PATCH, tools)
    assert done.returncode != 0
    assert "src/app.py" in done.stderr, "names the file and hunk"
    assert "assay-reference: the patch does not apply" in done.stderr


def test_patch_in_a_folder_of_a_repository(toolbox: Path, work: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    subprocess.run(
        ["git", "init", "-q", str(work.parent)], check=True, env={**os.environ, "HOME": str(work.parent)}
    )
    done = reference(toolbox, work, "patch", PATCH, ["git"])
    assert done.returncode == 0, done.stderr
    assert (work / "new.txt").exists(), (
        "git alone would skip, silently, what is not below the repository's top"
    )


def test_script(toolbox: Path, work: Path) -> None:
    done = reference(toolbox, work, "script", "set -e; a=(1 2 3); echo ${a[2]} >made; exit 4\n", [])
    assert (done.returncode, (work / "made").read_text()) == (4, "3\n")


def test_unknown_kind(toolbox: Path, work: Path) -> None:
    done = reference(toolbox, work, "magic", "", [])
    assert done.returncode == 125
    assert "magic" in done.stderr


def test_an_agents_variables_do_not_steer_the_script(toolbox: Path, work: Path) -> None:
    leak = "$(cat ../reference >leaked)"
    more = {"BASH_ENV": leak, "ENV": leak, "PS4": leak, "SHELLOPTS": "xtrace", "MINE": "mine"}
    done = reference(toolbox, work, "script", "set -x; echo $MINE >made\n", ["env"], more)
    assert (done.returncode, (work / "made").read_text()) == (0, "mine\n"), done.stderr
    assert not (work / "leaked").exists()
