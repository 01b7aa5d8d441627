"""Monotonic time by the running loop's clock, so that tests may run on virtual time."""

import asyncio
import time


def monotonic() -> float:
    """Monotonic seconds (the two clocks are the same one on Linux)."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()
