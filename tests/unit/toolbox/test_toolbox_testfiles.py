"""pristine.sh and tests.sh: tests and restored files where the agent left something else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
OWNER = "1234:1235"


class Roots:
    """An image's working directory, the agent's, and the volume of tests."""

    def __init__(self, toolbox: Path, folder: Path) -> None:
        self.toolbox, self.folder = toolbox, folder
        self.image, self.work, self.secret = folder / "image", folder / "work", folder / "secret"
        for path in (self.image, self.work, self.secret):
            path.mkdir()
        (self.secret / "kept").write_text("kept")

    def script(
        self, name: str, *args: str, restore: str, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        command = [str(self.toolbox / "busybox"), "sh", str(self.toolbox / name), *args]
        env = {**os.environ, "ASSAY_RESTORE": restore}
        return subprocess.run(command, input=stdin, capture_output=True, env=env, check=False)

    def volume(self, files: Mapping[str, str]) -> None:
        """As the kubelet writes it: symlinks into a directory of this version."""
        tests = self.folder / "assay" / "tests"
        version = tests / "..2026_11_24"
        for path, text in files.items():
            (version / path).parent.mkdir(parents=True, exist_ok=True)
            (version / path).write_text(text)
        (tests / "..data").symlink_to(version.name)
        for name in {path.split("/")[0] for path in files}:
            (tests / name).symlink_to(f"..data/{name}")

    def run(
        self, restore: str = "", files: Mapping[str, str] | None = None, work: Path | None = None
    ) -> None:
        archive = self.script("pristine.sh", str(self.image), restore=restore)
        assert (archive.returncode, archive.stderr) == (0, b"")
        if files:
            self.volume(files)
        done = self.script("tests.sh", str(work or self.work), OWNER, restore=restore, stdin=archive.stdout)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [p.name for p in self.secret.iterdir()] == ["kept"]
        assert (self.secret / "kept").read_text() == "kept"


@pytest.fixture
def roots(toolbox: Path, tmp_path: Path) -> Roots:
    return Roots(toolbox, tmp_path)


def owner(path: Path) -> str:
    stat = path.lstat()
    return f"{stat.st_uid}:{stat.st_gid}"


def test_tests_are_the_functions_own(roots: Roots) -> None:
    (roots.work / "tests").mkdir()
    roots.run(files={"tests/test_a.py": "a", "new/deep/run me.sh": "#!/bin/sh\n", ".hidden": "h"})
    assert (roots.work / "tests" / "test_a.py").read_text() == "a"
    assert (roots.work / ".hidden").read_text() == "h"
    script = roots.work / "new" / "deep" / "run me.sh"
    assert (script.stat().st_mode & 0o7777, (roots.work / ".hidden").stat().st_mode & 0o7777) == (
        0o755,
        0o644,
    )
    assert {owner(p) for p in (script, script.parent, roots.work / "tests" / "test_a.py")} == {OWNER}
    assert owner(roots.work / "tests") == "0:0", "what was there stays as it was"
    assert sorted(p.name for p in roots.work.iterdir()) == [".hidden", "new", "tests"]


@pytest.mark.parametrize("left", ["file link", "dangling", "directory link", "file", "fifo", "directory"])
def test_whatever_the_agent_left_gives_way(roots: Roots, left: str) -> None:
    test, parent = roots.work / "tests" / "test_a.py", roots.work / "tests"
    if left == "directory link":
        parent.symlink_to(roots.secret)
    elif left == "file":
        parent.write_text("x")
    else:
        parent.mkdir()
        if left == "file link":
            test.symlink_to(roots.secret / "kept")
        elif left == "dangling":
            test.symlink_to(roots.secret / "new")
        elif left == "fifo":
            os.mkfifo(test)
        else:
            (test / "x").mkdir(parents=True)
    roots.run(files={"tests/test_a.py": "a"})
    assert test.read_text() == "a"
    assert not test.is_symlink()
    assert not parent.is_symlink()


def test_restored_as_in_the_image(roots: Roots) -> None:
    (roots.image / "tests" / "data").mkdir(parents=True)
    (roots.image / "tests" / "data" / "x").write_text("image")
    (roots.image / "tests" / "link").symlink_to("data")
    (roots.image / "conftest.py").write_text("image")
    os.chown(roots.image / "conftest.py", 7, 8)
    (roots.image / "conftest.py").chmod(0o4750)
    (roots.image / "other").write_text("image")
    (roots.work / "tests").symlink_to(roots.secret)
    (roots.work / "conftest.py").write_text("agent")
    (roots.work / "setup.cfg").mkdir()
    (roots.work / "setup.cfg" / "x").write_text("agent")
    (roots.work / "other").write_text("agent")
    roots.run("tests\nconftest.py\nsetup.cfg\na b/c\nmissing\n")
    assert (roots.work / "tests" / "data" / "x").read_text() == "image"
    assert os.readlink(roots.work / "tests" / "link") == "data"
    assert (roots.work / "conftest.py").stat().st_mode & 0o7777 == 0o4750
    assert owner(roots.work / "conftest.py") == "7:8"
    assert not (roots.work / "setup.cfg").exists()
    assert (roots.work / "other").read_text() == "agent", "only what was named"


def test_files_the_agent_added_to_a_restored_directory_are_gone(roots: Roots) -> None:
    (roots.image / "tests").mkdir()
    (roots.work / "tests").mkdir()
    (roots.work / "tests" / "conftest.py").write_text("agent")
    roots.run("tests", files={"tests/test_a.py": "a"})
    assert [p.name for p in (roots.work / "tests").iterdir()] == ["test_a.py"]


def test_restoring_through_a_symlink_of_the_image_is_refused(roots: Roots) -> None:
    (roots.image / "real").mkdir()
    (roots.image / "real" / "x").write_text("image")
    (roots.image / "tests").symlink_to("real")
    done = roots.script("pristine.sh", str(roots.image), restore="tests/x")
    assert done.returncode == 1
    assert b"tests is a symlink" in done.stderr
    assert roots.script("pristine.sh", str(roots.image), restore="tests").returncode == 0


@pytest.mark.parametrize("left", ["nothing", "file", "dangling", "into /proc", "into ours", "link"])
def test_working_directory(roots: Roots, left: str) -> None:
    work = roots.folder / "app" / "work"
    work.parent.mkdir()
    moved = roots.folder / "moved"
    moved.mkdir()
    target = {"dangling": "/nowhere", "into /proc": "/proc/self", "link": str(moved)}
    if left == "file":
        work.write_text("x")
    elif left == "into ours":
        work.symlink_to(roots.folder / "assay" / "toolbox")
    elif left != "nothing":
        work.symlink_to(target[left])
    roots.run(files={"t.py": "a"}, work=work)
    assert (work / "t.py").read_text() == "a"
    assert work.is_symlink() == (left == "link")


def test_nothing_to_do(roots: Roots) -> None:
    roots.run(work=roots.folder / "gone")
    assert not (roots.folder / "gone").exists()
