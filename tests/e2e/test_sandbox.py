"""What an agent that is root in its devbox tries on the runner, on its node, and on what functions share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import get

from .objects import bash, python_image, run_one, scenario, shell

pytestmark = pytest.mark.usefixtures("each_placement")

# The signals that a process can send in a way that looks like a fault of the receiver's own.
SUPERVISOR = r"""
import ctypes, os, resource, signal
libc = ctypes.CDLL(None, use_errno=True)
info = (ctypes.c_int * 32)()
for number in range(1, 65):
    if number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        continue  # these are passed on to the agent itself
    os.system(f"kill -{number} 1")
    info[0], info[2] = number, -1
    libc.syscall(129, 1, number, info)
won = []
for path in ("environ", "mem", "maps", *(f"fd/{number}" for number in range(20))):
    try:
        with open(f"/proc/1/{path}", "r+b" if path == "mem" else "rb") as file:
            file.read(1)
        won.append(path)
    except OSError:
        pass
if libc.ptrace(16, 1, 0, 0) == 0:
    won.append("ptrace")
for path in ("/dev/termination-log", "/.assay/boot.json", "/.assay/toolbox/runner", "/.assay/shell"):
    try:
        open(path, "a").write("assay/2 exit=0 timeout=0 seconds=1\n1.0\n")
        won += [path] if path.startswith("/.assay") else []
    except OSError:
        pass
os.system("umount -l /proc; mount -t tmpfs none /proc; mv /proc /moved; ln -s /nowhere /.assay")
open("/answer", "w").write((" ".join(won) or "nothing") + "\n")
os._exit(9)
"""
RAW = """
import socket
for family, protocol in ((socket.AF_INET, 255), (socket.AF_INET, 1), (socket.AF_PACKET, 0)):
    try:
        socket.socket(family, socket.SOCK_RAW, protocol)
        open("/answer", "a").write("raw\\n")
    except PermissionError:
        pass
open("/answer", "a").write("tried\\n")
"""
JUDGE = """
B=/.assay/toolbox/busybox; d=$($B mktemp -d); echo 0 > $d/score
$B sleep 3
$B httpd -p 127.0.0.1:8099 -h $d || echo "httpd: in use" >&2
$B wget -qO- http://127.0.0.1:8099/score
"""
ANSWERS = """mkdir -p /w; echo 1 > /w/score
printf '#!/bin/sh\\n/.assay/toolbox/busybox httpd -f -p 8099 -h /w\\n' > /check; chmod 755 /check"""
SECRET = "a5e1f0c2"


def said(run: dict[str, Any], name: str) -> str:
    """What a function printed."""
    return str(next(one for one in run["status"]["scores"] if one["name"] == name).get("message"))


def on_python(name: str, *functions: dict[str, Any]) -> dict[str, Any]:
    """A scenario on an image with Python."""
    made = scenario(name, *functions)
    made["spec"]["environment"]["image"] = python_image()
    return made


def test_root_gets_nothing_out_of_the_supervisor(namespace: str) -> None:
    judged = on_python("attacked", bash("seen", "cat /answer; echo 0.25"))
    run = run_one(namespace, {"type": "Command", "command": ["python3", "-c", SUPERVISOR]}, judged)
    assert (run["status"]["agent"]["exitCode"], run["status"]["score"]) == (9, 0.25), run["status"]
    assert "nothing" in said(run, "seen"), said(run, "seen")


def test_no_raw_packets(namespace: str) -> None:
    judged = on_python("raw", bash("seen", "cat /answer; echo 0.25"))
    run = run_one(namespace, {"type": "Command", "command": ["python3", "-c", RAW]}, judged)
    assert run["status"]["score"] == 0.25
    assert "tried" in said(run, "seen")
    assert "raw" not in said(run, "seen")


def test_files_of_the_node_cannot_be_filled(namespace: str) -> None:
    fill = (
        "cd /etc; for f in hosts hostname resolv.conf; do head -c 9000000 /dev/zero >> $f; done;"
        " cat hosts hostname resolv.conf | wc -c > /answer"
    )
    run = run_one(
        namespace,
        shell(fill),
        scenario("node", bash("seen", '[ "$(cat /answer)" -lt 2000000 ] && echo 1 || echo 0')),
    )
    assert run["status"]["score"] == 1.0, run["status"]["scores"]


def test_functions_share_no_loopback(namespace: str) -> None:
    smoke = bash("smoke", "/check; echo 0", weight=0.001, onError="Zero", timeoutSeconds=20)
    judge = bash("judge", JUDGE, root="Clean", weight=1)
    run = run_one(namespace, shell(ANSWERS), scenario("loopback", smoke, judge))
    assert run["status"]["score"] == 0.0, run["status"]["scores"]


def test_a_planted_program_cannot_read_the_script_that_runs_it(namespace: str) -> None:
    script = f"grep -q . /answer\n# {SECRET}\necho 0.25\n"
    plant = (
        "printf '#!/bin/sh\\ncat /.assay/files/* /proc/self/fd/* /proc/$PPID/fd/3 /proc/$PPID/cmdline"
        " 2>/dev/null >&2\\n' > /usr/bin/grep; chmod 755 /usr/bin/grep; echo 42 > /answer"
    )
    run = run_one(namespace, shell(plant), scenario("hidden", bash("hidden", script)))
    assert run["status"]["score"] == 0.25
    assert SECRET not in said(run, "hidden")


TELLS = """cat > /usr/bin/grep <<'END'
#!/bin/sh
env; env >&2
printf '{"comment": "%s"}' "$KEY" > "$ASSAY_RESULTS/result.json"
END
chmod 755 /usr/bin/grep; echo 42 > /answer"""


def test_of_a_hidden_output_a_planted_program_tells_nothing(namespace: str) -> None:
    """The shell that calls it knows what is hidden: whatever reaches the output, the output reaches nobody."""
    script = f"export KEY={SECRET}\ngrep -q . /answer\necho 0.25\n"
    hidden, shown = bash("hidden", script, output="Hidden"), bash("shown", script)
    run = run_one(namespace, shell(TELLS), scenario("hidden", hidden, shown))
    assert run["status"]["score"] == 0.25
    scores = {one["name"]: one for one in run["status"]["scores"]}
    assert SECRET not in str(scores["hidden"])
    assert not {"message", "comment", "subscores"} & scores["hidden"].keys()
    assert SECRET in scores["shown"]["message"], "the program tells it where the output is shown"
    assert SECRET in scores["shown"]["comment"]
    assert SECRET not in str(get(namespace, "events"))
