"""What a root agent leaves in what its pod's containers share, and whether a function finds any of it."""

from __future__ import annotations

import pytest

from .objects import bash, python_image, run_one, scenario

pytestmark = pytest.mark.usefixtures("each_placement")

MARK = "left-by-the-agent"
LEAVE = f"""
import ctypes, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
left = []

def attempt(name, action):
    try:
        if action() is not False:
            left.append(name)
    except OSError:
        pass

def write(path):
    with open(path, "a") as file:
        file.write("{MARK}\\n")

for path in ("/dev/shm/{MARK}", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/mqueue/{MARK}",
             "/.assay/scratch/{MARK}", "/.assay/results/{MARK}", "/dev/termination-log"):
    attempt(path, lambda path=path: write(path))
attempt("shm", lambda: libc.shmget(0x5EED, 4096, 0o1666) >= 0)
attempt("sem", lambda: libc.semget(0x5EED, 1, 0o1666) >= 0)
attempt("msg", lambda: libc.msgget(0x5EED, 0o1666) >= 0)
if os.fork() == 0:  # a child that wants to outlive everything
    os.setsid()
    if os.fork():
        os._exit(0)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\\0{MARK}")
    abstract.listen()
    server = socket.socket()
    server.bind(("0.0.0.0", 8077))
    server.listen()
    libc.prctl(15, b"{MARK}")
    for signal in range(1, 65):
        try:
            __import__("signal").signal(signal, __import__("signal").SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        time.sleep(1)
time.sleep(1)
open("/left", "w").write(" ".join(left))
"""
SEEK = f"""
B=/.assay/toolbox/busybox; found=
for path in /dev/shm/{MARK} /dev/mqueue/{MARK} /.assay/scratch /.assay/disk /.assay/results/{MARK}; do
  $B test -e $path && found="$found $path"
done
for path in /etc/hosts /etc/hostname /etc/resolv.conf; do $B grep -q {MARK} $path && found="$found $path"; done
$B grep -q 24301 /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg && found="$found sysvipc"
$B grep -q {MARK} /proc/net/unix && found="$found abstract"
$B cat /proc/[0-9]*/comm | $B grep -q {MARK} && found="$found process"
$B nc -w 1 127.0.0.1 8077 </dev/null && found="$found server"
$B grep -q agent-only /proc/[0-9]*/environ && found="$found environment"
$B cat /left; echo; echo "found:$found"
[ -z "$found" ] && [ -s /left ] && echo 1 || echo 0
"""


@pytest.mark.parametrize("root", ["Merged", "Clean"])
def test_nothing_outlives_the_agent_but_its_disk(namespace: str, root: str) -> None:
    seek = SEEK.replace("/left", "/devbox/left") if root == "Clean" else SEEK
    judged = scenario("shared", bash("seek", seek, root=root))
    judged["spec"]["environment"]["image"] = python_image()
    agent = {
        "type": "Command",
        "command": ["python3", "-c", LEAVE],
        "env": [{"name": "MINE", "value": "agent-only"}],
    }
    run = run_one(namespace, agent, judged)
    assert run["status"]["score"] == 1.0, run["status"]["scores"]
    assert "shm" in run["status"]["scores"][0]["message"], "the agent must have left something"
