"""operatingMode: which pod a devbox has, and what is said while it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox import operating_mode, pod_lifecycle
from assay.reconcile.devbox import status as devbox_status
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
BOX = existing("Devbox", "box")
Mode = Literal["Running", "Suspended", "Idle"]


def decide_mode(mode: Mode, status: DevboxStatus, shown: Obj | None) -> Decision | None:
    view = pod_view.view(shown, "devbox") if shown else None
    return operating_mode.decide_mode(BOX, DevboxSpec(image="i", operating_mode=mode), status, view, NOW)


def running() -> DevboxStatus:
    view = pod_view.view(pod("running"), "devbox")
    return _devbox(pod_lifecycle.decide(BOX, DevboxSpec(image="i"), DevboxStatus(), view, NOW))


def finished() -> DevboxStatus:
    view = pod_view.view(pod("error"), "devbox")
    return _devbox(pod_lifecycle.decide(BOX, DevboxSpec(image="i"), running(), view, NOW))


def suspended(status: DevboxStatus) -> DevboxStatus:
    ended = decide_mode("Suspended", status, pod("running"))
    assert ended
    gone = decide_mode("Suspended", _devbox(ended), None)
    assert gone
    return _devbox(gone)


def _devbox(decision: Decision) -> DevboxStatus:
    assert isinstance(decision.status, DevboxStatus)
    return decision.status.model_copy(deep=True)


def said(status: DevboxStatus, type_: str) -> tuple[str, str] | None:
    found = conditions.find(status.conditions, type_)
    return (found.status, found.reason) if found else None


def test_a_running_devbox_is_left_alone() -> None:
    assert decide_mode("Running", running(), pod("running")) is None
    assert decide_mode("Running", DevboxStatus(), None) is None, "it is to be started"


@pytest.mark.parametrize("mode", ["Suspended", "Idle"])
def test_the_pod_of_another_mode_is_ended_and_waited_for(mode: Mode) -> None:
    ended = decide_mode(mode, running(), pod("running"))
    assert ended
    assert ended.write
    assert len(ended.delete) == 1
    status = _devbox(ended)
    assert said(status, "Ready") == ("False", "Stopping")
    assert status.pod_name is None, "or it would count as lost"
    assert status.start_time is None
    waits = decide_mode(mode, status, pod("running", deleting=True))
    assert waits
    assert (waits.write, waits.delete) == (False, ())


def test_suspended_says_so_once_the_pod_is_gone() -> None:
    status = suspended(running())
    assert said(status, "Suspended") == ("True", "DiskKept")
    assert said(status, "Ready") == ("False", "Suspended")
    assert said(status, "Finished") is None
    assert (status.phase, status.pod_name, status.claim_name) == ("Suspended", None, "box")
    assert status.suspend_time == NOW
    again = decide_mode("Suspended", status.model_copy(deep=True), None)
    assert again
    assert again.status == status, "and nothing new after that"


def test_a_suspended_devbox_is_started_again() -> None:
    status = suspended(running())
    assert decide_mode("Running", status, None) is None
    view = pod_view.view(pod("running"), "devbox")
    status = _devbox(pod_lifecycle.decide(BOX, DevboxSpec(image="i"), status, view, NOW))
    assert said(status, "Suspended") == ("False", "Resumed")
    assert said(status, "Ready") == ("True", "Running")
    assert status.suspend_time is None


def test_suspended_from_the_start_waits_for_its_claim() -> None:
    assert decide_mode("Suspended", DevboxStatus(), None) is None


def test_how_a_command_ended_is_said_before_its_pod_goes() -> None:
    assert decide_mode("Suspended", running(), pod("error")) is None
    ended = decide_mode("Suspended", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    assert _devbox(ended).start_time == running().start_time, "that is history"


def test_a_finished_devbox_stays_as_it_is() -> None:
    for shown in (pod("error"), None):
        rests = decide_mode("Running", finished(), shown)
        assert rests
        assert (rests.write, rests.delete, rests.create) == (False, (), ())


def test_a_finished_devbox_is_opened_to_look_around() -> None:
    ended = decide_mode("Idle", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    status = _devbox(ended)
    assert decide_mode("Idle", status, None) is None, "an idle pod is to be made"
    up = pod("running", mode="idle")
    assert decide_mode("Idle", status, up) is None
    decision = pod_lifecycle.idle(BOX, status, pod_view.view(up, "devbox"), NOW)
    status = _devbox(decision)
    assert said(status, "Ready") == ("True", "Idle")
    assert said(status, "Finished") == ("True", "Error")
    assert (status.phase, status.pod_name, status.exit_code) == ("Idle", "box", 3)


def test_an_idle_pod_that_cannot_boot_says_why_and_is_not_made_again() -> None:
    decision = pod_lifecycle.idle(
        BOX, finished(), pod_view.view(pod("disk-full", mode="idle"), "devbox"), NOW
    )
    assert said(_devbox(decision), "Ready") == ("False", "DiskFull")
    assert (decision.delete, decision.create) == ((), ())


def test_a_finished_devbox_that_was_suspended_runs_anew() -> None:
    status = suspended(finished())
    assert said(status, "Finished") == ("True", "Error")
    anew = decide_mode("Running", status, None)
    assert anew
    assert anew.requeue == 0
    status = _devbox(anew)
    assert said(status, "Finished") == ("False", "Resumed")
    assert (status.exit_code, status.message, status.finish_time, status.start_time) == (None,) * 4
    assert decide_mode("Running", status, None) is None, "it is to be started"


def test_set_running_while_it_is_being_suspended_still_waits_for_the_pod() -> None:
    status = _devbox(decide_mode("Suspended", finished(), pod("error")) or Decision(DevboxStatus()))
    waits = decide_mode("Running", status, pod("error", deleting=True))
    assert waits
    assert (waits.write, waits.delete, waits.requeue) == (False, (), None)


@pytest.mark.parametrize(("after", "left"), [(0, 60.0), (59, 1.0), (60, 0.0), (90, -30.0)])
def test_time_to_live(after: int, left: float) -> None:
    spec, status = DevboxSpec(image="i", ttl_seconds_after_finished=60), finished()
    assert status.finish_time
    now = status.finish_time + timedelta(seconds=after)
    assert operating_mode.time_left(spec, status, now) == left
    assert operating_mode.time_left(spec, running(), now) is None
    assert operating_mode.time_left(DevboxSpec(image="i"), status, now) is None


# --- a disk that is a copy ---


def preparing(which: str, status: DevboxStatus | None = None, *, deleting: bool = False) -> Decision:
    shown = pod(which, mode="prepare", deleting=deleting)
    status = status or DevboxStatus()
    assert decide_mode("Running", status, shown) is None
    return pod_lifecycle.preparing(BOX, status, pod_view.view(shown, "devbox"), NOW)


def test_the_directories_are_kept_and_the_preparing_pod_goes() -> None:
    decision = preparing("prepared")
    status = _devbox(decision)
    assert status.directories == ["bin", "etc", "lib-1", "usr"], "what is no name of a directory is left out"
    assert len(decision.delete) == 1
    assert said(status, "Finished") is None
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
    status = _devbox(decision)
    assert said(status, "Finished") == ("True", reason)
    rests = decide_mode("Running", status, pod(which, mode="prepare"))
    assert rests
    assert not rests.write
    assert devbox_status.ready_reason(status) == "Finished"


def test_while_the_copy_is_made() -> None:
    assert said(_devbox(preparing("running")), "Ready") == ("False", "Preparing")
    assert not preparing("creating").write
