"""Nodes that cannot make user namespaces: Auto finds out by a probe, says why, and copies."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.disks import devbox
from tests.e2e.objects import command, finished, image, scenario, scenario_run, shell
from tests.tools.kube import apply, get, kubectl, wait

OPERATOR = ("-n", "assay-system")
LIMIT = "/proc/sys/user/max_user_namespaces"


def on_the_node(script: str) -> str:
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    done = ["docker", "exec", "--privileged", node, "sh", "-c", script]
    return subprocess.run(done, check=True, timeout=60, capture_output=True, text=True).stdout.strip()


def forget_probes() -> None:
    kubectl("delete", "configmap", *OPERATOR, "assay-root-filesystems", "--ignore-not-found")


@pytest.fixture
def without_user_namespaces() -> Iterator[None]:
    """Nothing on the node can make one; the operator knows of no probe."""
    before = on_the_node(f"cat {LIMIT}")
    try:
        on_the_node(f"echo 0 >{LIMIT}")
        forget_probes()
        # A success is remembered by the process as well.
        kubectl("rollout", "restart", *OPERATOR, "deployment/assay-operator")
        kubectl("rollout", "status", *OPERATOR, "deployment/assay-operator", "--timeout=120s")
        yield
    finally:
        on_the_node(f"echo {before} >{LIMIT}")
        forget_probes()


def test_auto_copies_where_nodes_cannot_overlay(namespace: str, without_user_namespaces: None) -> None:
    apply(
        namespace,
        devbox("copied", image=image()),
        scenario("s", command("right", "grep", "-qx", "42", "/etc/answer")),
    )
    wait(namespace, "Ready", "devbox/copied", timeout=180)
    status = get(namespace, "devbox", "copied")["status"]
    assert status["rootFilesystem"] == "Copy"
    assert "namespace" in status["rootFilesystemReason"], "the kubelet's own words"
    apply(namespace, scenario_run("run", "s", shell("echo 42 > /etc/answer")))
    assert finished(namespace, "run")["status"]["score"] == 1.0

    # The node is mended, and what was found of it deleted: the next devbox asks again.
    on_the_node(f"echo 100000 >{LIMIT}")
    forget_probes()
    apply(namespace, devbox("overlaid", image=image()))
    wait(namespace, "Ready", "devbox/overlaid", timeout=180)
    assert get(namespace, "devbox", "overlaid")["status"]["rootFilesystem"] == "Overlay"
