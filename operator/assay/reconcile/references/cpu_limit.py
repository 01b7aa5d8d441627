"""A limit for what users' input may make us compute: the operator is one thread, which serves everyone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooLong(Exception):
    """It was given up."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TooLong in the block after so much CPU time, regular expressions included. Main thread only."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
