"""Statuses that only count others are written once a second at most, and nothing is remembered for ever."""

from __future__ import annotations

import pytest

from assay.api.meta import Status
from assay.reconcile.common import status_rate
from assay.reconcile.common.decision import Decision
from assay.reconcile.common.status_rate import StatusRate


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time = 100.0
        monkeypatch.setattr(status_rate, "monotonic", lambda: self.time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def limit(rate: StatusRate, uid: str = "a", is_news: bool = False) -> Decision:
    return rate.limit(uid, Decision(Status()), is_news)


def test_counts_wait_until_a_second_has_passed(clock: Clock) -> None:
    rate = StatusRate()
    assert limit(rate).write
    clock.time += 0.25
    held = limit(rate)
    assert (held.write, held.requeue) == (False, 0.75)
    clock.time += 0.75
    assert limit(rate).write


def test_news_is_written_at_once_and_others_are_not_held_back(clock: Clock) -> None:
    rate = StatusRate()
    assert limit(rate).write
    assert limit(rate, is_news=True).write
    assert limit(rate, "b").write


def test_it_forgets_who_was_written_longer_ago(clock: Clock) -> None:
    rate = StatusRate()
    for number in range(1000):
        limit(rate, f"uid-{number}")
        clock.time += 0.01
    assert len(rate) <= 101
    clock.time += 5
    limit(rate, "last")
    assert len(rate) == 1
