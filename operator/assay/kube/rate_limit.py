"""A token bucket for coroutines."""

import asyncio

from assay.clock import monotonic


class TokenBucket:
    """Allows `burst` at once and `rate` per second after that, first come, first served.

    A caller reserves its token at once and sleeps until the reservation is due: no lock, no wake-up storm.
    `rate <= 0` means no limit.
    """

    def __init__(self, rate: float, burst: int = 1) -> None:
        self.rate = rate
        self.burst = max(1, burst)
        self._tokens = float(self.burst)
        self._at: float | None = None

    async def acquire(self) -> float:
        """Wait for a token; returns the seconds waited."""
        if self.rate <= 0:
            return 0.0
        time = monotonic()
        if self._at is not None:
            self._tokens = min(self.burst, self._tokens + (time - self._at) * self.rate)
        self._at = time
        self._tokens -= 1
        if self._tokens >= 0:
            return 0.0
        wait = -self._tokens / self.rate
        try:
            await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self._tokens += 1  # not used: those behind may come earlier than they would have
            raise
        return wait
