"""The pod that copies an image onto a disk."""

from __future__ import annotations

import pytest

from assay.api.devbox import DevboxStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox.status import ready_reason
from tests.unit.reconcile.devbox.boxes import decide, decide_mode, observed, reported, status_of
from tests.unit.reconcile.statuses import pod


def preparing(which: str, status: DevboxStatus | None = None, *, deleting: bool = False) -> Decision:
    shown = pod(which, role="prepare", deleting=deleting)
    status = status or DevboxStatus()
    assert decide_mode("Running", status, shown) is None
    return decide(observed(shown, status))


def test_the_directories_are_kept_and_the_preparing_pod_goes() -> None:
    decision = preparing("prepared")
    status = status_of(decision)
    assert status.directories == ["bin", "etc", "lib-1", "usr"], "what is no name of a directory is left out"
    assert len(decision.delete) == 1
    assert reported(status, "Finished") is None
    assert status.pod_name is None
    assert len(preparing("prepared", status).delete) == 1, "tried again after a crash"
    assert preparing("prepared", status, deleting=True).delete == ()


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("disk-full", "DiskFull"),
        ("boot-failed", "BootFailed"),
        ("completed", "BootFailed"),
        ("evicted-by-kubelet", "Evicted"),
    ],
)
def test_a_disk_that_cannot_be_prepared(which: str, reason: str) -> None:
    decision = preparing(which)
    status = status_of(decision)
    assert reported(status, "Finished") == ("True", reason)
    rests = decide_mode("Running", status, pod(which, role="prepare"))
    assert rests
    assert not rests.write
    assert ready_reason(status) == "Finished"


def test_while_the_image_is_copied() -> None:
    assert reported(status_of(preparing("running")), "Ready") == ("False", "Preparing")
    assert not preparing("creating").write
