"""A devbox by hand: its user, its files, its launch commands, and its disk without a pod."""

from __future__ import annotations

import time

from tests.tools.kube import apply, condition, get, kubectl, refusal, wait

from .disks import bash, devbox, execute, set_mode, until_reason
from .objects import image, python_image


def test_exec_lands_in_the_root_file_system_as_its_user(namespace: str) -> None:
    spec = {"image": image(), "user": "games", "workingDir": "/tmp"}
    apply(namespace, devbox("box", **spec, files=[{"name": "note.txt", "content": "read $me\n"}]))
    wait(namespace, "Ready", "devbox/box")
    assert execute(namespace, "box", "sh", "-c", "whoami; pwd").split() == ["games", "/tmp"]
    assert execute(namespace, "box", "cat", "/.assay/files/note.txt") == "read $me\n"
    bash(
        namespace,
        "box",
        "echo made > made; ! mount -t tmpfs x /mnt 2>/dev/null; ! ls /.assay/disk 2>/dev/null",
    )


def test_suspended_devbox_keeps_its_disk_and_no_pod(namespace: str) -> None:
    apply(namespace, devbox("box", image=image()))
    wait(namespace, "Ready", "devbox/box")
    execute(namespace, "box", "sh", "-c", "echo kept > /note; rm -rf /usr/share/doc")
    start = time.monotonic()
    set_mode(namespace, "box", "Suspended")
    wait(namespace, "Suspended", "devbox/box")
    print(f"suspended in {time.monotonic() - start:.1f} s")
    assert not get(namespace, "pods")
    assert get(namespace, "pvc", "box")["status"]["phase"] == "Bound"
    start = time.monotonic()
    set_mode(namespace, "box", "Running")
    kubectl("wait", "-n", namespace, "--for=condition=Suspended=false", "devbox/box", "--timeout=60s")
    wait(namespace, "Ready", "devbox/box")
    print(f"resumed in {time.monotonic() - start:.1f} s")
    assert execute(namespace, "box", "sh", "-c", "cat /note; test ! -e /usr/share/doc") == "kept\n"


def test_finished_devbox_is_opened_to_look_around(namespace: str) -> None:
    command = ["sh", "-c", "echo done > /result; exit 3"]
    apply(namespace, devbox("box", image=image(), command=command))
    wait(namespace, "Finished", "devbox/box")
    set_mode(namespace, "box", "Idle")
    wait(namespace, "Ready", "devbox/box")
    assert execute(namespace, "box", "cat", "/result") == "done\n"
    found = get(namespace, "devbox", "box")
    assert condition(found, "Finished")["reason"] == "Error"
    assert found["status"]["exitCode"] == 3


def test_launch_commands_run_first(namespace: str) -> None:
    commands = ["echo one > /log", 'echo "two $(id -u)" >> /log', "sleep 1000 &"]
    apply(
        namespace,
        devbox(
            "good",
            image=image(),
            launchCommands=commands,
            command=["sh", "-c", "cat /log; grep -hx sleep /proc/[0-9]*/comm"],
        ),
        devbox(
            "bad", image=image(), launchCommands=["echo trying", "false", "touch /never"], command=["true"]
        ),
        devbox(
            "served", image=python_image(), launchCommands=["python3 -m http.server 8000 >/dev/null 2>&1 &"]
        ),
    )
    wait(namespace, "Finished", "devbox/good", "devbox/bad")
    assert condition(get(namespace, "devbox", "good"), "Finished")["reason"] == "Completed"
    assert kubectl("logs", "-n", namespace, "good").split() == ["one", "two", "0", "sleep"]
    failed = condition(get(namespace, "devbox", "bad"), "Finished")
    assert failed["reason"] == "LaunchFailed", failed
    wait(namespace, "Ready", "devbox/served")
    fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000').status)"
    assert execute(namespace, "served", "python3", "-c", fetch) == "200\n"


def test_finished_devbox_goes_after_its_time(namespace: str) -> None:
    apply(namespace, devbox("brief", image=image(), command=["true"], ttlSecondsAfterFinished=3))
    kubectl("wait", "-n", namespace, "--for=delete", "devbox/brief", "--timeout=60s")
    assert not get(namespace, "devbox")


def test_spec_is_fixed_but_for_mode_and_time(namespace: str) -> None:
    apply(namespace, devbox("box", image=image(), command=["true"]))
    until_reason(namespace, "devbox", "box", "Completed", "Finished")
    change = '{"spec":{"command":["false"]}}'
    refused = refusal("patch", "-n", namespace, "devbox", "box", "--type=merge", "-p", change)
    assert "only operatingMode and ttlSecondsAfterFinished" in refused
