"""The pod of an idle devbox."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.reconcile.devbox.boxes import decide, finished, observed, reported, running, status_of
from tests.unit.reconcile.statuses import pod


def idle(which: str, **more: Any) -> Any:
    return decide(observed(pod(which, role="idle", **more), finished()))


def test_an_idle_pod_that_cannot_boot_says_why_and_is_not_created_again() -> None:
    decision = idle("disk-full")
    assert reported(decision.status, "Ready") == ("False", "DiskFull")
    assert (decision.delete, decision.create) == ((), ())


@pytest.mark.parametrize(
    ("which", "reason"), [("completed", "Error"), ("error", "Error"), ("evicted-by-kubelet", "Evicted")]
)
def test_the_end_of_an_idle_pod_is_not_that_of_the_command(which: str, reason: str) -> None:
    decision = decide(observed(pod(which, role="idle"), running()))
    assert reported(decision.status, "Ready") == ("False", reason)
    assert reported(decision.status, "Finished") is None
    assert decision.status.phase == "Pending"


def test_a_start_under_way_and_an_end_cost_no_write() -> None:
    assert not idle("creating").write
    assert not idle("running", deleting=True).write


def test_what_keeps_an_idle_pod_from_starting_is_reported() -> None:
    assert reported(status_of(idle("no-secret")), "Ready") == ("False", "CreateContainerConfigError")
