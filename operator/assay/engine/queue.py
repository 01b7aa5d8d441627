"""The work queue: which keys to reconcile, when, and how many at once."""

import asyncio
import heapq
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from assay import metrics
from assay.clock import monotonic
from assay.logs import about

log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)
OnFailing = Callable[[K, Exception], Awaitable[None]]

FAILING = 3


class _Failing(NamedTuple):
    times: int = 0
    due: float = 0.0
    """When to try again; a run that began earlier was an event's."""


class WorkQueue(Generic[K]):
    """A deduplicating queue of keys with delays and back-off.

    A key waits at most once, runs at most once at a time, and if added while it runs, runs once more after.
    A handler gets only the key and must read the present state: how often and why the key was added is lost.

    A key whose handler fails is tried again after a time that doubles with each failure. A key that is added meanwhile
    runs at once, but such a run changes nothing about the back-off if it fails: events come as often as they like.
    """

    def __init__(
        self,
        *,
        base_delay: float = 1.0,
        max_delay: float = 30.0,
    ) -> None:
        self._base_delay = base_delay
        self._max_delay = max_delay
        self._ready: dict[K, float] = {}  # in order of arrival, with the time of it
        self._running: dict[K, asyncio.Task[None]] = {}
        self._again: dict[K, None] = {}  # added while running
        self._heap: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}  # a heap entry with another time than here is void
        self._serial = 0
        self._failing: dict[K, _Failing] = {}
        self._wake = asyncio.Event()
        self._on_failing: OnFailing[K] | None = None

    def __len__(self) -> int:
        """Keys waiting for a worker (not those delayed or running)."""
        return len(self._ready)

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing runs; delayed keys do not count."""
        return not self._ready and not self._running

    def due_within(self, seconds: float) -> bool:
        """Whether a delayed key becomes ready within that time."""
        return any(due <= monotonic() + seconds for due in self._due.values())

    def add(self, key: K) -> None:
        """Run the key as soon as there is a worker."""
        if key in self._running:
            self._again[key] = None
            return
        if key in self._ready:
            return
        self._ready[key] = monotonic()
        metrics.queue_depth.labels(_kind(key)).inc()
        self._wake.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Run the key after a time; of several such times the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        due = monotonic() + seconds
        if key in self._due and self._due[key] <= due:
            return
        self._due[key] = due
        self._serial += 1
        heapq.heappush(self._heap, (due, self._serial, key))
        self._wake.set()

    def forget(self, key: K) -> None:
        """Start the key's back-off anew."""
        self._failing.pop(key, None)

    async def run(
        self,
        handler: Callable[[K], Awaitable[float | None]],
        workers: int,
        stop: asyncio.Event,
        on_failing: OnFailing[K] | None = None,
    ) -> None:
        """Hand keys to the handler until stopped; then wait for the runs under way (cancelled if this is).

        The handler's value is the seconds after which the key should run again, or None. `on_failing` is called with
        the error when a key has failed FAILING times in a row, and then each time it fails when it was due.
        """
        self._on_failing = on_failing
        waiter = self._wake_on(stop)
        try:
            while not stop.is_set():
                if (
                    waiter.done()
                ):  # kopf has cancelled it: it cancels every task that was started while it ran
                    waiter = self._wake_on(stop)
                self._wake.clear()
                self._promote()
                while self._ready and len(self._running) < workers:
                    self._start(next(iter(self._ready)), handler)
                await self._sleep()
            if self._running:
                await asyncio.wait(self._running.values())
        finally:
            waiter.cancel()
            rest = list(self._running.values())
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    def _wake_on(self, stop: asyncio.Event) -> asyncio.Task[bool]:
        waiter = asyncio.create_task(stop.wait())
        waiter.add_done_callback(lambda _: self._wake.set())
        return waiter

    def _promote(self) -> None:
        """Move what is due from the heap to the ready ones."""
        time = monotonic()
        while self._heap:
            due, _, key = self._heap[0]
            valid = self._due.get(key) == due
            if valid and due > time:
                break
            heapq.heappop(self._heap)
            if valid:
                del self._due[key]
                self.add(key)

    async def _sleep(self) -> None:
        delay = max(0.0, self._heap[0][0] - monotonic()) if self._heap else None
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _start(self, key: K, handler: Callable[[K], Awaitable[float | None]]) -> None:
        arrived = self._ready.pop(key)
        kind, time = _kind(key), monotonic()
        metrics.queue_depth.labels(kind).dec()
        metrics.queue_latency_seconds.labels(kind).observe(time - arrived)
        task = asyncio.create_task(self._handle(key, kind, handler), name=f"reconcile {key}")
        self._running[key] = task
        task.add_done_callback(lambda _: self._finished(key))

    def _finished(self, key: K) -> None:
        del self._running[key]
        if key in self._again:
            del self._again[key]
            self.add(key)
        self._wake.set()

    async def _handle(self, key: K, kind: str, handler: Callable[[K], Awaitable[float | None]]) -> None:
        result, begun = "success", monotonic()
        try:
            again = await handler(key)
        except Exception as error:
            result = "error"
            await self._failed(key, error, begun)
        else:
            self.forget(key)
            if again is not None:
                result = "requeue"
                self.add_after(key, again)
        metrics.reconcile_total.labels(kind, result).inc()
        metrics.reconcile_duration_seconds.labels(kind).observe(monotonic() - begun)

    async def _failed(self, key: K, error: Exception, begun: float) -> None:
        failing = self._failing.get(key, _Failing())
        if was_due := begun >= failing.due:
            delay = max(self._backoff(failing.times), getattr(error, "retry_after", 0.0))
            failing = _Failing(failing.times + 1, monotonic() + delay)
            self._failing[key] = failing
        delay = failing.due - monotonic()
        self.add_after(key, delay)
        answered = hasattr(
            error, "status"
        )  # the API server answered: its message is enough, a trace would add nothing
        level = logging.WARNING if answered else logging.ERROR
        message = "reconcile failed: %s; again in %.1f s"
        log.log(level, message, error, delay, exc_info=None if answered else error, extra=_about(key))
        if was_due and failing.times >= FAILING and self._on_failing:
            try:
                await self._on_failing(key, error)
            except Exception as unreported:
                message = "the failure could not be reported: %s; again in %.1f s"
                log.warning(message, unreported, delay, exc_info=unreported, extra=_about(key))

    def _backoff(self, failures: int) -> float:
        delay = min(self._max_delay, self._base_delay * 2.0 ** min(failures, 30))
        return delay * random.uniform(0.8, 1.0)  # objects that failed together do not come back together


def _about(key: object) -> dict[str, str]:
    return about(_kind(key), getattr(key, "namespace", ""), getattr(key, "name", str(key)))


def _kind(key: object) -> str:
    return str(getattr(key, "kind", ""))
