"""Limits the CPU time that a user's input can take: the operator has one thread for all users.

A validator with linear-time regular expressions (jsonschema-rs) would not replace it: references that fan out take
exponential time there too, and native code cannot be interrupted.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class CpuLimitExceeded(Exception):
    """The block took more CPU time than it may."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise CpuLimitExceeded in the block after that much CPU time. Main thread only.

    It also interrupts regular expressions, because CPython's engine checks for signals.
    """

    def stop(*_: object) -> None:
        raise CpuLimitExceeded

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
