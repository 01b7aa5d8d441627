"""operatingMode: which pod a devbox has, and what is said while it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile import devbox_mode, devbox_pod, devbox_status, pods
from assay.reconcile.outcome import Outcome
from tests.unit.build.objects import Obj, existing
from tests.unit.reconcile.statuses import pod

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)
BOX = existing("Devbox", "box")
Mode = Literal["Running", "Suspended", "Idle"]


def turn(mode: Mode, status: DevboxStatus, shown: Obj | None) -> Outcome | None:
    view = pods.view(shown, "devbox") if shown else None
    return devbox_mode.turn(BOX, DevboxSpec(image="i", operating_mode=mode), status, view, NOW)


def running() -> DevboxStatus:
    view = pods.view(pod("running"), "devbox")
    return _devbox(devbox_pod.decide(BOX, DevboxSpec(image="i"), DevboxStatus(), view, NOW))


def finished() -> DevboxStatus:
    view = pods.view(pod("error"), "devbox")
    return _devbox(devbox_pod.decide(BOX, DevboxSpec(image="i"), running(), view, NOW))


def suspended(status: DevboxStatus) -> DevboxStatus:
    ended = turn("Suspended", status, pod("running"))
    assert ended
    gone = turn("Suspended", _devbox(ended), None)
    assert gone
    return _devbox(gone)


def _devbox(outcome: Outcome) -> DevboxStatus:
    assert isinstance(outcome.status, DevboxStatus)
    return outcome.status.model_copy(deep=True)


def said(status: DevboxStatus, type_: str) -> tuple[str, str] | None:
    found = conditions.find(status.conditions, type_)
    return (found.status, found.reason) if found else None


def test_a_running_devbox_is_left_alone() -> None:
    assert turn("Running", running(), pod("running")) is None
    assert turn("Running", DevboxStatus(), None) is None, "it is to be started"


@pytest.mark.parametrize("mode", ["Suspended", "Idle"])
def test_the_pod_of_another_mode_is_ended_and_waited_for(mode: Mode) -> None:
    ended = turn(mode, running(), pod("running"))
    assert ended
    assert ended.write
    assert len(ended.delete) == 1
    status = _devbox(ended)
    assert said(status, "Ready") == ("False", "Stopping")
    assert status.pod_name is None, "or it would count as lost"
    assert status.start_time is None
    waits = turn(mode, status, pod("running", deleting=True))
    assert waits
    assert (waits.write, waits.delete) == (False, ())


def test_suspended_says_so_once_the_pod_is_gone() -> None:
    status = suspended(running())
    assert said(status, "Suspended") == ("True", "DiskKept")
    assert said(status, "Ready") == ("False", "Suspended")
    assert said(status, "Finished") is None
    assert (status.phase, status.pod_name, status.claim_name) == ("Suspended", None, "box")
    assert status.suspend_time == NOW
    again = turn("Suspended", status.model_copy(deep=True), None)
    assert again
    assert again.status == status, "and nothing new after that"


def test_a_suspended_devbox_is_started_again() -> None:
    status = suspended(running())
    assert turn("Running", status, None) is None
    view = pods.view(pod("running"), "devbox")
    status = _devbox(devbox_pod.decide(BOX, DevboxSpec(image="i"), status, view, NOW))
    assert said(status, "Suspended") == ("False", "Resumed")
    assert said(status, "Ready") == ("True", "Running")
    assert status.suspend_time is None


def test_suspended_from_the_start_waits_for_its_claim() -> None:
    assert turn("Suspended", DevboxStatus(), None) is None


def test_how_a_command_ended_is_said_before_its_pod_goes() -> None:
    assert turn("Suspended", running(), pod("error")) is None
    ended = turn("Suspended", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    assert _devbox(ended).start_time == running().start_time, "that is history"


def test_a_finished_devbox_stays_as_it_is() -> None:
    for shown in (pod("error"), None):
        rests = turn("Running", finished(), shown)
        assert rests
        assert (rests.write, rests.delete, rests.create) == (False, (), ())


def test_a_finished_devbox_is_opened_to_look_around() -> None:
    ended = turn("Idle", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    status = _devbox(ended)
    assert turn("Idle", status, None) is None, "an idle pod is to be made"
    up = pod("running", mode="idle")
    assert turn("Idle", status, up) is None
    outcome = devbox_pod.idle(BOX, status, pods.view(up, "devbox"), NOW)
    status = _devbox(outcome)
    assert said(status, "Ready") == ("True", "Idle")
    assert said(status, "Finished") == ("True", "Error")
    assert (status.phase, status.pod_name, status.exit_code) == ("Idle", "box", 3)


def test_an_idle_pod_that_cannot_boot_says_why_and_is_not_made_again() -> None:
    outcome = devbox_pod.idle(BOX, finished(), pods.view(pod("disk-full", mode="idle"), "devbox"), NOW)
    assert said(_devbox(outcome), "Ready") == ("False", "DiskFull")
    assert (outcome.delete, outcome.create) == ((), ())


def test_a_finished_devbox_that_was_suspended_runs_anew() -> None:
    status = suspended(finished())
    assert said(status, "Finished") == ("True", "Error")
    anew = turn("Running", status, None)
    assert anew
    assert anew.requeue == 0
    status = _devbox(anew)
    assert said(status, "Finished") == ("False", "Resumed")
    assert (status.exit_code, status.message, status.finish_time, status.start_time) == (None,) * 4
    assert turn("Running", status, None) is None, "it is to be started"


def test_set_running_while_it_is_being_suspended_still_waits_for_the_pod() -> None:
    status = _devbox(turn("Suspended", finished(), pod("error")) or Outcome(DevboxStatus()))
    waits = turn("Running", status, pod("error", deleting=True))
    assert waits
    assert (waits.write, waits.delete, waits.requeue) == (False, (), None)


@pytest.mark.parametrize(("after", "left"), [(0, 60.0), (59, 1.0), (60, 0.0), (90, -30.0)])
def test_time_to_live(after: int, left: float) -> None:
    spec, status = DevboxSpec(image="i", ttl_seconds_after_finished=60), finished()
    assert status.finish_time
    now = status.finish_time + timedelta(seconds=after)
    assert devbox_mode.time_left(spec, status, now) == left
    assert devbox_mode.time_left(spec, running(), now) is None
    assert devbox_mode.time_left(DevboxSpec(image="i"), status, now) is None


# --- a disk that is a copy ---


def preparing(which: str, status: DevboxStatus | None = None, *, deleting: bool = False) -> Outcome:
    shown = pod(which, mode="prepare", deleting=deleting)
    status = status or DevboxStatus()
    assert turn("Running", status, shown) is None
    return devbox_pod.preparing(BOX, status, pods.view(shown, "devbox"), NOW)


def test_the_directories_are_kept_and_the_preparing_pod_goes() -> None:
    outcome = preparing("prepared")
    status = _devbox(outcome)
    assert status.directories == ["bin", "etc", "lib-1", "usr"], "what is no name of a directory is left out"
    assert len(outcome.delete) == 1
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
    outcome = preparing(which)
    status = _devbox(outcome)
    assert said(status, "Finished") == ("True", reason)
    rests = turn("Running", status, pod(which, mode="prepare"))
    assert rests
    assert not rests.write
    assert devbox_status.ready_reason(status) == "Finished"


def test_while_the_copy_is_made() -> None:
    assert said(_devbox(preparing("running")), "Ready") == ("False", "Preparing")
    assert not preparing("creating").write
