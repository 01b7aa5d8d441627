"""operatingMode: which pod a devbox has, and what is reported while it changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.devbox.operating_mode import time_left
from tests.unit.reconcile.devbox.boxes import (
    NOW,
    decide,
    decide_mode,
    finished,
    observed,
    reported,
    running,
    status_of,
    suspended,
)
from tests.unit.reconcile.statuses import pod


def test_a_running_devbox_is_left_alone() -> None:
    assert decide_mode("Running", running(), pod("running")) is None
    assert decide_mode("Running", DevboxStatus(), None) is None, "it is to be started"


@pytest.mark.parametrize("mode", ["Suspended", "Idle"])
def test_the_pod_of_another_mode_is_ended_and_waited_for(mode: str) -> None:
    ended = decide_mode(mode, running(), pod("running"))
    assert ended
    assert ended.write
    assert len(ended.delete) == 1
    status = status_of(ended)
    assert reported(status, "Ready") == ("False", "Stopping")
    assert status.pod_name is None, "or it would count as lost"
    assert status.start_time is None
    waits = decide_mode(mode, status, pod("running", deleting=True))
    assert waits
    assert (waits.write, waits.delete) == (False, ())


def test_suspended_is_reported_once_the_pod_is_gone() -> None:
    status = suspended(running())
    assert reported(status, "Suspended") == ("True", "DiskKept")
    assert reported(status, "Ready") == ("False", "Suspended")
    assert reported(status, "Finished") is None
    assert (status.phase, status.pod_name, status.claim_name) == ("Suspended", None, "box")
    assert status.suspend_time == NOW
    again = decide_mode("Suspended", status, None)
    assert again
    assert again.status == status, "and nothing new after that"


def test_a_suspended_devbox_is_started_again() -> None:
    status = suspended(running())
    assert decide_mode("Running", status, None) is None
    status = status_of(decide(observed(pod("running"), status)))
    assert reported(status, "Suspended") == ("False", "Resumed")
    assert reported(status, "Ready") == ("True", "Running")
    assert status.suspend_time is None


def test_suspended_from_the_start_waits_for_its_claim() -> None:
    assert decide_mode("Suspended", DevboxStatus(), None) is None


def test_how_a_command_ended_is_reported_before_its_pod_goes() -> None:
    assert decide_mode("Suspended", running(), pod("error")) is None
    ended = decide_mode("Suspended", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    assert status_of(ended).start_time == running().start_time, "that is history"


def test_a_finished_devbox_stays_as_it_is() -> None:
    for shown in (pod("error"), None):
        rests = decide_mode("Running", finished(), shown)
        assert rests
        assert (rests.write, rests.delete, rests.create) == (False, (), ())


def test_a_finished_devbox_is_opened_to_look_around() -> None:
    ended = decide_mode("Idle", finished(), pod("error"))
    assert ended
    assert len(ended.delete) == 1
    status = status_of(ended)
    assert decide_mode("Idle", status, None) is None, "an idle pod is to be created"
    up = pod("running", role="idle")
    assert decide_mode("Idle", status, up) is None
    status = status_of(decide(observed(up, status)))
    assert reported(status, "Ready") == ("True", "Idle")
    assert reported(status, "Finished") == ("True", "Error")
    assert (status.phase, status.pod_name, status.exit_code) == ("Idle", "box", 3)


def test_a_finished_devbox_that_was_suspended_runs_again() -> None:
    status = suspended(finished())
    assert reported(status, "Finished") == ("True", "Error")
    again = decide_mode("Running", status, None)
    assert again
    assert again.requeue == 0
    status = status_of(again)
    assert reported(status, "Finished") == ("False", "Resumed")
    assert (status.exit_code, status.message, status.finish_time, status.start_time) == (None,) * 4
    assert decide_mode("Running", status, None) is None, "it is to be started"


def test_set_running_while_it_is_being_suspended_still_waits_for_the_pod() -> None:
    status = status_of(decide_mode("Suspended", finished(), pod("error")))
    waits = decide_mode("Running", status, pod("error", deleting=True))
    assert waits
    assert (waits.write, waits.delete, waits.requeue) == (False, (), None)


@pytest.mark.parametrize(("after", "left"), [(0, 60.0), (59, 1.0), (60, 0.0), (90, -30.0)])
def test_time_to_live(after: int, left: float) -> None:
    spec, status = DevboxSpec(image="i", ttl_seconds_after_finished=60), finished()
    assert status.finish_time
    now = status.finish_time + timedelta(seconds=after)
    assert time_left(observed(None, status, spec, now)) == left
    assert time_left(observed(None, running(), spec, now)) is None
    assert time_left(observed(None, status, now=now)) is None
