"""Limits how often a status is written that only counts others: hundreds of them may change at once."""

from __future__ import annotations

from collections import OrderedDict

from assay.clock import monotonic

from .decision import Decision

INTERVAL_SECONDS = 1.0


class StatusRate:
    """When each object's status was last written; holds only the writes of the last interval."""

    def __init__(self) -> None:
        self._written: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many objects it remembers."""
        return len(self._written)

    def limit(self, uid: str, decision: Decision, is_news: bool) -> Decision:
        """The decision, its write held back if it is no news and the object was written a moment ago."""
        time = monotonic()
        self._forget_before(time - INTERVAL_SECONDS)
        last = self._written.get(uid)
        if last is not None and not is_news:
            decision.write, decision.requeue = False, last + INTERVAL_SECONDS - time
        else:
            self._written[uid] = time
            self._written.move_to_end(uid)
        return decision

    def _forget_before(self, time: float) -> None:
        while self._written and next(iter(self._written.values())) <= time:
            self._written.popitem(last=False)
