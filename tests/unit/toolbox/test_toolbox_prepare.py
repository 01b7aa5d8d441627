"""prepare.sh: the image's directories on a disk for Copy mode."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import compiled
from tests.unit.toolbox.toolbox_root import NEEDS_ROOT, Root

pytestmark = NEEDS_ROOT


@pytest.fixture
def root(tmp_path: Path, environ: Path) -> Root:
    root = Root(tmp_path / "root", [compiled("copytree", tmp_path), environ])
    (root.path / "home/agent/file").write_text("as built\n")
    (root.path / "tmp").mkdir()
    (root.path / "tmp").chmod(0o1777)
    for name in ("a+b.c_d-E", ".hidden", "odd name", "mounted"):
        (root.path / name).mkdir()
    (root.path / "link").symlink_to("home")
    (root.path / "file").touch()
    (root.path / "etc/hosts").write_text("image\n")
    return root


@pytest.fixture
def disk(root: Root) -> Path:
    return root.path / ".assay/disk"


MOUNTS = 'mount --bind "$0/tmp" "$0/mounted"; mount --bind "$0/etc/passwd" "$0/etc/hosts"'
MESSAGE = "assay-prepare: .hidden a+b.c_d-E etc home tmp"


def test_copies_the_image_s_directories_but_no_mounts(root: Root, disk: Path) -> None:
    done = root.script("prepare.sh", setup=MOUNTS)
    assert done.returncode == 0, done.stderr
    assert root.message.read_text() == f"{MESSAGE}\n", "usr and mounted are mounts here"
    assert "odd name" in done.stderr
    assert (disk / "root.complete").exists()
    assert sorted(path.name for path in (disk / "root").iterdir()) == MESSAGE.split()[1:]
    assert (disk / "root/home/agent/file").read_text() == "as built\n"
    assert (disk / "root/tmp").stat().st_mode & 0o7777 == 0o1777
    assert (disk / "root/etc/hosts").read_bytes() == b"", "a place for the mount, not its content"
    assert not (disk / ".room").exists()


def test_a_complete_copy_stays_as_it_is(root: Root, disk: Path) -> None:
    root.script("prepare.sh", setup=MOUNTS)
    (disk / "root/home/agent/file").write_text("the agent's\n")
    (disk / "root/not a name").mkdir()
    (disk / "root/aside").symlink_to("home")
    done = root.script("prepare.sh")
    assert (done.returncode, root.message.read_text()) == (0, f"{MESSAGE}\n")
    assert (disk / "root/home/agent/file").read_text() == "the agent's\n"


def test_a_copy_that_was_cut_off_is_made_again(root: Root, disk: Path) -> None:
    (disk / "root/home/agent").mkdir(parents=True)
    (disk / "root/home/agent/file").write_text("as bu")
    assert root.script("prepare.sh", setup=MOUNTS).returncode == 0
    assert (disk / "root/home/agent/file").read_text() == "as built\n"


@pytest.mark.parametrize("fill", ["", 'head -c 1M /dev/zero >"$0/.assay/disk/full" || true'])
def test_full_disk(root: Root, fill: str) -> None:
    (root.path / "home/agent/large").write_bytes(os.urandom(300_000))
    tiny = f'mount -t tmpfs -o size=200k none "$0/.assay/disk"; {fill}'
    done = root.script("prepare.sh", setup=tiny)
    assert done.returncode == 125
    first = root.message.read_text().splitlines()[0]
    assert first.startswith("assay-boot: disk full: raise the disk's size"), first
    assert fill or "cannot copy the image's /home" in first
    assert first in done.stderr


def test_other_failures_say_why(root: Root) -> None:
    read_only = 'mount -t tmpfs -o ro none "$0/.assay/disk"'
    done = root.script("prepare.sh", setup=read_only)
    assert done.returncode == 125
    assert root.message.read_text().startswith("assay-boot: cannot write to the disk")
    assert "Read-only file system" in root.message.read_text()


def test_disk_of_the_other_mode(root: Root, disk: Path) -> None:
    (disk / "upper").mkdir()
    assert root.script("prepare.sh").returncode == 125
    assert "rootFilesystem: Overlay" in root.message.read_text()


def test_more_names_than_a_message_holds(root: Root) -> None:
    for i in range(30):
        (root.path / f"{i:02}{'x' * 100}").mkdir()
    assert root.script("prepare.sh").returncode == 125
    assert "too many directories" in root.message.read_text()


def test_boot_refuses_a_full_disk(root: Root) -> None:
    text = '. /.assay/toolbox/lib.sh; die() { fail_boot "$@"; }; require_room; echo booted'
    full = (
        'mount -t tmpfs -o size=64k none "$0/.assay/disk"; head -c 1M /dev/zero >"$0/.assay/disk/x" || true'
    )
    done = root.run("sh", "-c", text, setup=full)
    assert (done.returncode, done.stdout) == (125, "")
    assert root.message.read_text().startswith("assay-boot: disk full: raise the disk's size")
    assert root.run("sh", "-c", text).stdout == "booted\n"
