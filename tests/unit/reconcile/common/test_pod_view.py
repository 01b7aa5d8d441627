"""What is read from a pod's status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.reconcile.common import pod_view
from tests.unit.reconcile.statuses import STATUSES, pod

START, END = datetime(2026, 1, 2, 10, tzinfo=UTC), datetime(2026, 1, 2, 10, 0, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("which", "started", "exit_code", "ended", "trouble", "killed_by"),
    [
        ("unseen", None, None, False, None, None),
        ("unschedulable", None, None, False, "Unschedulable", None),
        ("creating", None, None, False, None, None),
        ("pull-back-off", None, None, False, "ImagePullBackOff", None),
        ("no-secret", None, None, False, "CreateContainerConfigError", None),
        ("running", START, None, False, None, None),
        ("completed", START, 0, True, None, None),
        ("error", START, 3, True, None, None),
        ("boot-failed", START, 125, True, None, None),
        ("network-open", START, 125, True, None, None),
        ("init-network-open", None, None, True, None, "NetworkOpen"),
        ("init-failed", None, None, True, None, "BootFailed"),
        ("oom-killed", START, 137, True, None, None),
        ("node-rebooted", None, 137, True, None, None),
        ("evicted-by-kubelet", START, 137, True, None, "Evicted"),
        ("evicted-before-it-started", None, None, True, None, "Evicted"),
        ("not-admitted", None, None, True, None, "NodeRefused"),
        ("past-its-own-deadline", START, 137, True, None, "DeadlineExceeded"),
        ("drained", START, None, False, None, "Drained"),
    ],
)
def test_view(
    which: str,
    started: datetime | None,
    exit_code: int | None,
    ended: bool,
    trouble: str | None,
    killed_by: str | None,
) -> None:
    view = pod_view.view(pod(which), "devbox")
    assert view.started_at == started
    assert (view.terminated.exit_code if view.terminated else None) == exit_code
    assert view.ended is ended
    assert (view.trouble[0] if view.trouble else None) == trouble
    assert (view.killed_by[0] if view.killed_by else None) == killed_by


@pytest.mark.parametrize(
    ("why", "pod_reason", "cause"),
    [
        ("TerminationByKubelet", "Evicted", "Evicted"),
        ("TerminationByKubelet", "Terminated", "NodeLost"),
        ("TerminationByKubelet", "Preempting", "Preempted"),
        ("TerminationByKubelet", "a word of tomorrow", "Evicted"),
        ("PreemptionByScheduler", None, "Preempted"),
        ("EvictionByEvictionAPI", None, "Drained"),
        ("DeletionByTaintManager", None, "NodeLost"),
        ("DeletionByPodGC", None, "NodeLost"),
        ("of a later Kubernetes", None, "Evicted"),
    ],
)
def test_who_took_the_pod_away(why: str, pod_reason: str | None, cause: str) -> None:
    shown = pod("drained")
    shown["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": why}]
    if pod_reason:
        shown["status"]["reason"] = pod_reason
    killed_by = pod_view.view(shown, "devbox").killed_by
    assert killed_by is not None
    assert (killed_by.reason, killed_by.message) == (cause, why)


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ("unschedulable", "Insufficient memory"),
        ("pull-back-off", "Back-off pulling image"),
        ("no-secret", 'secret "model" not found'),
    ],
)
def test_trouble_says_what_the_cluster_says(which: str, says: str) -> None:
    trouble = pod_view.view(pod(which), "devbox").trouble
    assert trouble is not None
    assert says in trouble[1]


@pytest.mark.parametrize("which", STATUSES)
def test_nothing_is_said_of_a_container_that_is_not_there(which: str) -> None:
    view = pod_view.view(pod(which), "another")
    assert (view.started_at, view.terminated) == (None, None)


@pytest.mark.parametrize("deleting", [True, False])
def test_deletion_and_node(deleting: bool) -> None:
    view = pod_view.view(pod("running", deleting=deleting), "devbox")
    assert (view.deleting, view.node) == (deleting, "node-1")


def test_how_it_ended() -> None:
    end = pod_view.view(pod("error"), "devbox").terminated
    assert end == pod_view.Terminated(3, "Error", "no key", START, END)


def test_a_pod_without_any_status() -> None:
    view = pod_view.view({"metadata": {"name": "x"}}, "devbox")
    assert not view.deleting
    assert not view.ended
    assert (view.node, view.started_at, view.terminated) == (None, None, None)
    assert (view.trouble, view.killed_by) == (None, None)
