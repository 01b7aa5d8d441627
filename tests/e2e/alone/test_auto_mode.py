"""Nodes that cannot make user namespaces: Auto finds out by a probe, says why, and copies."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.disks import devbox
from tests.e2e.objects import command, finished, image, scenario, scenario_run, shell
from tests.tools.kube import apply, get, kubectl, wait

OPERATOR = ("-n", "assay-system")
# The kernel gives a user namespace no sysfs while a file of the one that is there is covered (kind does so by itself
# on machines with DMI data: tests/cluster/node.py).
COVERED = "/sys/kernel/uevent_seqnum"


def on_the_node(*command: str) -> None:
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    subprocess.run(["docker", "exec", node, *command], check=True, timeout=60)


def forget_probes() -> None:
    kubectl("delete", "configmap", *OPERATOR, "assay-root-filesystems", "--ignore-not-found")


@pytest.fixture
def mend() -> Iterator[Callable[[], None]]:
    """No pod with a user namespace starts on the node, until this is called; the operator knows of no probe."""
    on_the_node("mount", "--bind", "/dev/null", COVERED)
    mended = False

    def once() -> None:
        nonlocal mended
        if not mended:
            on_the_node("umount", COVERED)
            forget_probes()
            mended = True

    try:
        forget_probes()
        # A success is remembered by the process as well.
        kubectl("rollout", "restart", *OPERATOR, "deployment/assay-operator")
        kubectl("rollout", "status", *OPERATOR, "deployment/assay-operator", "--timeout=120s")
        yield once
    finally:
        once()


def test_auto_copies_where_nodes_cannot_overlay(namespace: str, mend: Callable[[], None]) -> None:
    right = command("right", "grep", "-qx", "42", "/etc/answer")
    apply(namespace, devbox("copied", image=image()), scenario("s", right))
    wait(namespace, "Ready", "devbox/copied", timeout=180)
    status = get(namespace, "devbox", "copied")["status"]
    assert status["rootFilesystem"] == "Copy"
    assert "sysfs" in status["rootFilesystemReason"], "in the words of the kubelet"
    apply(namespace, scenario_run("run", "s", shell("echo 42 > /etc/answer")))
    assert finished(namespace, "run")["status"]["score"] == 1.0

    # The node is mended, and what was found of it deleted: the next devbox asks again.
    mend()
    apply(namespace, devbox("overlaid", image=image()))
    wait(namespace, "Ready", "devbox/overlaid", timeout=180)
    assert get(namespace, "devbox", "overlaid")["status"]["rootFilesystem"] == "Overlay"
