"""What keeps something from starting, and what was last read of that: Events are not read at every reconcile."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from assay.clock import monotonic

from . import pod_view
from .pod_view import Cause, PodView

REMEMBERED = 10_000


class Hold(NamedTuple):
    """What keeps something from starting, and after how many seconds to look again."""

    cause: Cause | None = None
    look_again: float | None = None


NO_HOLD = Hold()
"""Nothing is known to keep it from starting, and nothing is to be looked at."""


class StartLooks:
    """The answers of the last looks, by the uid of what waits, until it is time to look again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, Cause | None]] = OrderedDict()

    def __len__(self) -> int:
        """How many objects it remembers."""
        return len(self._known)

    def recent(self, uid: str) -> Hold | None:
        """The last answer, with the seconds that it still holds; None: look."""
        until, cause = self._known.get(uid, (0.0, None))
        left = until - monotonic()
        return Hold(cause, left) if left > 0 else None

    def keep(self, uid: str, hold: Hold) -> Hold:
        """Remember an answer until `hold.look_again` seconds have passed; returns it."""
        self._known[uid] = (monotonic() + (hold.look_again or 0.0), hold.cause)
        self._known.move_to_end(uid)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return hold


def trouble(pod: PodView | None, hold: Hold, now: datetime) -> Hold:
    """What to report of a pod that has not started, by its status and by Events; these say more."""
    if hold.cause or pod is None or pod.trouble is None:
        return hold
    if early := pod_view.patience_left(pod, now):
        return Hold(None, early)
    return Hold(pod.trouble, hold.look_again)
