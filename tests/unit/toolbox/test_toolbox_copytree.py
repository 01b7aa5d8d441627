"""copytree: directories of an image, exactly as they are."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.toolbox.toolbox_paths import compiled
from tests.unit.toolbox.toolbox_root import NEEDS_ROOT

CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep
# Of 0: what every user has; an entry for user 1234 and the mask. (linux/posix_acl_xattr.h)
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, bits, who)
    for tag, bits, who in (
        (1, 6, ~0 & 0xFFFFFFFF),
        (2, 4, 1234),
        (4, 4, ~0 & 0xFFFFFFFF),
        (16, 4, ~0 & 0xFFFFFFFF),
        (32, 0, ~0 & 0xFFFFFFFF),
    )
)


@pytest.fixture(scope="module")
def copytree(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(compiled("copytree", tmp_path_factory.mktemp("copytree")))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def manifest(top: Path) -> dict[str, Any]:
    """Everything about the files below that a copy has to keep."""
    found = {}
    for path in sorted([top, *top.rglob("*")]):
        st = path.lstat()
        content: Any = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = path.read_bytes()
        names = os.listxattr(path, follow_symlinks=False)
        attributes = {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
        links = st.st_nlink if not path.is_dir() else None
        found[str(path.relative_to(top))] = (
            *(oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns, st.st_rdev, links, attributes),
            content,
        )
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A bit of everything; what needs root only if we are."""
    top = tmp_path / "tree"
    (top / "sub/deeper").mkdir(parents=True)
    (top / "sub/file").write_bytes(os.urandom(3_000_000))
    (top / "sub/empty").touch()
    (top / "hard").hardlink_to(top / "sub/file")
    (top / "link").symlink_to("sub/file")
    (top / "dangling").symlink_to("/nowhere/at all")
    (top / "link2").hardlink_to(top / "link")
    (top / "new\nline é").write_text("x")
    os.mkfifo(top / "fifo", 0o640)
    (top / "suid").write_text("#!")
    (top / "private").mkdir(mode=0o700)
    os.setxattr(top / "sub/file", "user.note", b"\0binary")
    os.setxattr(top / "sub", "user.note", b"of a directory")
    if os.geteuid() == 0:
        os.setxattr(top / "sub/empty", "system.posix_acl_access", ACL)
        for path, owner in (
            ("suid", (12, 34)),
            ("sub", (1234, 1235)),
            ("dangling", (5, 6)),
            ("fifo", (7, 8)),
        ):
            os.chown(top / path, *owner, follow_symlinks=False)
        os.setxattr(top / "suid", "security.capability", CAPABILITY)
        os.mknod(top / "device", 0o20644, os.makedev(1, 3))
    (top / "suid").chmod(0o6755)
    (top / "sub/deeper").chmod(0o1777)
    for touched in (top / "sub/file", top / "dangling", top / "sub/deeper", top / "sub", top):
        os.utime(touched, ns=(10**18 + 1, 10**18 + 123456789), follow_symlinks=False)
    return top


def test_all_is_kept(copytree: str, tree: Path, tmp_path: Path) -> None:
    before = manifest(tree)
    done = run(copytree, tree, tmp_path / "copy")
    assert (done.returncode, done.stderr) == (0, "")
    assert manifest(tmp_path / "copy") == before
    assert (tmp_path / "copy/hard").samefile(tmp_path / "copy/sub/file")


def test_again_over_a_copy_that_was_cut_off(copytree: str, tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    run(copytree, tree, copy)
    (copy / "sub/file").write_text("cut off")  # `hard` too
    (copy / "hard").unlink()
    (copy / "suid").unlink()
    (copy / "suid").symlink_to(tmp_path / "outside")
    shutil.rmtree(copy / "private")
    (copy / "private").write_text("not a directory")
    (copy / "sub").chmod(0)
    assert run(copytree, tree, copy).returncode == 0
    assert manifest(copy) == manifest(tree)
    assert not (tmp_path / "outside").exists()


def test_to_another_file_system(copytree: str, tree: Path) -> None:
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK) or shared.stat().st_dev == tree.stat().st_dev:
        pytest.skip("no other file system")
    copy = shared / f"assay-copytree-{os.getpid()}"
    try:
        assert run(copytree, tree, copy).returncode == 0
        assert manifest(copy) == manifest(tree)
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def test_holes_stay_holes(copytree: str, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    sizes = {"start": 0, "middle": 1 << 29, "end": (1 << 30) - 3}
    for name, offset in sizes.items():
        with (tmp_path / "tree" / name).open("wb") as file:
            file.truncate(1 << 30)
            file.seek(offset)
            file.write(b"abc")
    assert run(copytree, tmp_path / "tree", tmp_path / "copy").returncode == 0
    for name, offset in sizes.items():
        with (tmp_path / "copy" / name).open("rb") as file:
            file.seek(offset)
            assert file.read(3) == b"abc"
            st = os.fstat(file.fileno())
        assert (st.st_size, st.st_blocks * 512 < 1_000_000) == (1 << 30, True)


def test_sockets_are_left_out(copytree: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        done = run(copytree, tmp_path / "tree", tmp_path / "copy")
    assert (done.returncode, list((tmp_path / "copy").iterdir())) == (0, [])
    assert "socket, left out" in done.stderr


def test_paths_to_skip_become_places(copytree: str, tree: Path, tmp_path: Path) -> None:
    done = run(copytree, "-x", tree / "sub", "-x", tree / "suid", tree, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "copy"
    assert list((copy / "sub").iterdir()) == []
    assert (copy / "suid").read_bytes() == b""
    assert (copy / "sub").stat().st_mode == (tree / "sub").stat().st_mode
    assert (copy / "hard").stat().st_size == 3_000_000


@NEEDS_ROOT
def test_mounts_become_places(copytree: str, tree: Path, tmp_path: Path) -> None:
    (tree / "a b").mkdir()
    mounts = 'mount -t tmpfs none "$1/a b"; touch "$1/a b/inside"; mount --bind /etc/passwd "$1/suid"; "$0" "$1" "$2"'
    command = ["unshare", "-m", "sh", "-ec", mounts, copytree, str(tree), str(tmp_path / "copy")]
    assert run(*command).returncode == 0
    assert list((tmp_path / "copy/a b").iterdir()) == []
    assert (tmp_path / "copy/suid").read_bytes() == b""
    assert (tmp_path / "copy/sub/file").exists()


@NEEDS_ROOT
@pytest.mark.parametrize("options", ["size=100k", "nr_inodes=4"])
def test_full_disk(copytree: str, tree: Path, tmp_path: Path, options: str) -> None:
    (tmp_path / "disk").mkdir()
    full = f'mount -t tmpfs -o {options} none "$2"; "$0" "$1" "$2/copy"'
    done = run("unshare", "-m", "sh", "-ec", full, copytree, tree, tmp_path / "disk")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("copytree: disk full: ")
    assert last.endswith(": No space left on device")


@NEEDS_ROOT
def test_devices_where_they_are_not_allowed(copytree: str, tree: Path, tmp_path: Path) -> None:
    done = run("setpriv", "--bounding-set=-mknod", copytree, tree, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    assert "device: a device, left out" in done.stderr
    assert not (tmp_path / "copy/device").exists()
    assert stat.S_ISFIFO((tmp_path / "copy/fifo").stat().st_mode)


def test_paths_too_long_to_name_are_left_out(copytree: str, tmp_path: Path) -> None:
    # Agents can make such, and must not be able to stop a copy of their disk with them.
    top = tmp_path / "tree"
    top.mkdir()
    (top / "file").touch()
    here = os.open(top, os.O_RDONLY)
    for _ in range(2100):  # more than PATH_MAX / 2
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    done = run("sh", "-c", 'ulimit -n 64; "$@"', "x", copytree, top, tmp_path / "copy")
    assert done.returncode == 0, done.stderr[-300:]
    assert "path is too long" in done.stderr
    assert (tmp_path / "copy/file").exists()
    assert (tmp_path / ("copy" + "/d" * 1900)).is_dir()
    for name in ("tree", "copy"):
        subprocess.run(["rm", "-rf", str(tmp_path / name)], check=True)  # shutil fears such depths


@pytest.mark.parametrize(
    "args", [[], ["only"], ["-y", "a", "b"], ["/nowhere/at/all", "/tmp/x"], ["/etc/passwd", "/tmp/x"]]
)
def test_wrong_arguments(copytree: str, args: list[str]) -> None:
    done = run(copytree, *args)
    assert done.returncode == 1
    assert done.stderr
