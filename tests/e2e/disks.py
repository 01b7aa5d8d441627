"""What tests of disks share: devboxes by hand, commands in them, and a manifest of a whole root file system."""

from __future__ import annotations

from typing import Any

from tests.tools.kube import condition, get, kubectl

from . import objects

SHELL = "/.assay/shell"

# One line per path: type, mode, owner, links, size, device, target, content, extended attributes. Written in Python's
# standard library alone; /proc, /sys, /dev and what is ours, the kubelet's or kind's is not on the disk.
MANIFEST = r"""
import hashlib, os, stat, sys
skip = {"/proc", "/sys", "/dev", "/.assay", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/product_uuid"}
inodes, lines = {}, []
def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            h.update(block)
    return h.hexdigest()[:16]
def add(path):
    s = os.lstat(path)
    kind = stat.S_IFMT(s.st_mode)
    first = inodes.setdefault((s.st_dev, s.st_ino), path) if s.st_nlink > 1 and kind == stat.S_IFREG else path
    what = digest(path) if kind == stat.S_IFREG else os.readlink(path) if kind == stat.S_IFLNK else ""
    names = os.listxattr(path) if kind in (stat.S_IFREG, stat.S_IFDIR) else []
    xattrs = sorted((n, os.getxattr(path, n).hex()) for n in names if not n.startswith("user.overlay."))
    size = s.st_size if kind == stat.S_IFREG else 0
    owner = f"{s.st_mode:o} {s.st_uid}:{s.st_gid}"
    lines.append(f"{path} {owner} {size} {s.st_rdev} {what} {first} {xattrs} {int(s.st_mtime)}")
def walk(directory):
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if path in skip:
            continue
        add(path)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            walk(path)
walk("/")
sys.stdout.write("\n".join(lines) + "\n")
"""

# Everything a root file system can hold that a careless copy loses.
CHANGES = r"""
set -e
rm -rf /usr/share/doc /opt; mkdir /opt                      # a directory of the image, deleted; another, replaced
rm -rf /etc/apt; mkdir -p /etc/apt; echo new > /etc/apt/sources
mkdir -p /new/deep; echo data > /new/deep/file; ln /new/deep/file /new/hard; ln -s deep/file /new/soft
echo root > /at-the-root; chmod 4755 /at-the-root
useradd -m worker; install -o worker -g worker -m 640 /dev/null /new/owned
mkfifo /new/pipe; chmod 1777 /new
python3 -c 'import os; os.setxattr("/new/deep/file", "user.note", b"kept"); os.utime("/new/deep/file", (1e9, 1e9))'
python3 - <<'PY'
import os, struct
# VFS_CAP_REVISION_2 with CAP_NET_RAW, effective: what `setcap cap_net_raw+ep` writes.
os.setxattr("/at-the-root", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
PY
dd if=/dev/urandom of=/new/random bs=1k count=300 status=none
"""


def devbox(name: str, **spec: Any) -> dict[str, Any]:
    """A devbox by hand."""
    return objects.obj("Devbox", name, {"disk": {"size": "256Mi"}, **spec})


def snapshot(name: str, of: str, **more: Any) -> dict[str, Any]:
    """A snapshot of a devbox."""
    return objects.obj("DiskSnapshot", name, {"devboxRef": {"name": of}, **more})


def execute(namespace: str, pod: str, *command: str) -> str:
    """A command in a devbox, as its user."""
    return kubectl("exec", "-n", namespace, pod, "--", SHELL, *command)


def python(namespace: str, pod: str, script: str) -> str:
    """A Python script in a devbox."""
    return kubectl("exec", "-i", "-n", namespace, pod, "--", SHELL, "python3", "-", stdin=script)


def bash(namespace: str, pod: str, script: str) -> str:
    """A shell script in a devbox."""
    return kubectl("exec", "-i", "-n", namespace, pod, "--", SHELL, "bash", "-s", stdin=script)


def set_mode(namespace: str, name: str, mode: str) -> None:
    """Change the operatingMode of a devbox."""
    change = f'{{"spec":{{"operatingMode":"{mode}"}}}}'
    kubectl("patch", "-n", namespace, "devbox", name, "--type=merge", "-p", change)


def reason(namespace: str, kind: str, name: str, type_: str = "Ready") -> str | None:
    """The reason of a condition."""
    found: str | None = condition(get(namespace, kind, name), type_).get("reason")
    return found


def until_reason(
    namespace: str, kind: str, name: str, wanted: str, type_: str = "Ready", timeout: float = 120
) -> dict[str, Any]:
    """The condition, once it has that reason."""

    def look() -> dict[str, Any] | None:
        found = condition(get(namespace, kind, name), type_)
        return found if found.get("reason") == wanted else None

    return objects.eventually(look, timeout, lambda: str(get(namespace, kind, name).get("status")))
