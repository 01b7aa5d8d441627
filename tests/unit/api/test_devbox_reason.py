"""The reason that `kubectl get devboxes` prints."""

from __future__ import annotations

import pytest

from assay.api.devbox import DevboxStatus
from tests.unit.reconcile.contexts import condition

READY = condition("Ready", "True", "Running")
WAITS = condition("Ready", "False", "FailedMount")
RESTS = condition("Ready", "False", "Finished")
IDLE = condition("Ready", "True", "Idle")
ENDED = condition("Finished", "True", "Error")


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([], None),
        ([READY], "Running"),
        ([WAITS], "FailedMount"),
        ([RESTS, ENDED], "Error"),
        ([IDLE, ENDED], "Idle"),
        ([WAITS, condition("Finished", "False", "Resumed")], "FailedMount"),
    ],
    ids=["new", "runs", "waits", "ended", "opened after its end", "runs again"],
)
def test_a_devbox_shows_what_it_does_waits_for_or_ended_by(
    conditions: list[object], reason: str | None
) -> None:
    status = DevboxStatus.model_validate({"conditions": conditions, "phase": "x"})
    assert status.derived().reason == reason
    assert status.reason is None, "what was observed stays as it was"
