"""Leader election by one coordination.k8s.io Lease, with the timing rules of client-go.

Clocks of machines are never compared: a foreign Lease has expired when *we* have seen its record unchanged
for its whole duration. The holder gives up well before: `RENEW_DEADLINE` after its last good renewal began.
"""

import asyncio
import inspect
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from assay import metrics
from assay.clock import monotonic
from assay.kube.client import Client
from assay.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from assay.kube.resources import LEASES

log = logging.getLogger(__name__)


class Timing(NamedTuple):
    """Seconds, as client-go has them."""

    duration: float = 15.0
    """How long the Lease is valid without a renewal."""
    renew: float = 5.0
    deadline: float = 10.0
    """After so long without a successful renewal the holder gives up."""
    retry: float = 2.0


class Lease:
    """One candidate; `identity` must be unique to the process (pod name plus something random)."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        name: str,
        identity: str,
        timing: Timing | None = None,
    ) -> None:
        timing = timing or Timing()
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._duration = timing.duration
        self._renew_every = timing.renew
        self._deadline = timing.deadline
        self._retry = timing.retry
        self._seen: dict[str, Any] | None = None  # the record last seen ...
        self._seen_at = 0.0  # ... and when it last changed, by our clock
        self._renewed_at = 0.0
        self.held = False

    async def acquire(self, stop: asyncio.Event) -> bool:
        """Wait until the Lease is ours (True) or until stopped (False)."""
        holder = None
        while not stop.is_set():
            if await self._attempt():
                log.info("holding the lease %s/%s as %s", self._namespace, self._name, self._identity)
                return True
            if holder != (holder := self._spec().get("holderIdentity")):
                log.info("waiting for the lease %s/%s held by %s", self._namespace, self._name, holder)
            await _wait(stop, self._retry * random.uniform(0.8, 1.2))
        return False

    async def keep(self, on_lost: Callable[[], Awaitable[None] | None]) -> None:
        """Renew the Lease until it is lost, then call `on_lost` and return; cancel this to stop renewing."""
        wait = self._renew_every
        while self.held:
            await asyncio.sleep(wait)
            renewed = await self._attempt()
            if not self.held or (not renewed and monotonic() - self._renewed_at >= self._deadline):
                break
            # Never sleep past the deadline: what follows it must not write any more.
            wait = self._renew_every if renewed else min(self._retry, self._left())
        self._set_held(False)
        log.error(
            "lost the lease %s/%s to %s", self._namespace, self._name, self._spec().get("holderIdentity")
        )
        result = on_lost()
        if inspect.isawaitable(result):
            await result

    async def release(self) -> None:
        """Give the Lease back, so that the next one need not wait for it to expire; never raises."""
        if not self.held or self._seen is None:
            return
        self._set_held(False)
        time = _micro_time()
        spec = {"holderIdentity": None, "leaseDurationSeconds": 1, "renewTime": time, "acquireTime": time}
        try:
            async with asyncio.timeout(self._renew_every):
                await self._patch(spec)
        except (ApiError, TimeoutError) as error:
            log.warning("the lease %s/%s was not released: %s", self._namespace, self._name, error)

    async def _attempt(self) -> bool:
        """Take or renew once; True if the Lease is ours now. Sets `held` to False only if another has it."""
        started = monotonic()
        limit = max(0.001, self._left()) if self.held else self._deadline
        try:
            async with asyncio.timeout(limit):
                taken = await self._take()
        except (AlreadyExists, Conflict):
            return False  # someone was quicker; the next attempt reads who
        except (ApiError, TimeoutError) as error:
            log.warning("lease %s/%s: %s", self._namespace, self._name, error or "timeout")
            return False
        if taken:
            self._renewed_at = started
        self._set_held(taken)
        return taken

    async def _take(self) -> bool:
        try:
            self._observe(await self._client.get(LEASES, self._namespace, self._name))
        except NotFound:
            self._observe(await self._client.create(self._fresh(), urgent=True))
            return True
        spec = self._spec()
        holder = spec.get("holderIdentity") or ""
        if holder not in ("", self._identity):
            if self.held:
                return False  # another has led meanwhile, even if its time is over too
            expires = self._seen_at + float(spec.get("leaseDurationSeconds") or self._duration)
            if monotonic() < expires:
                return False
        time = _micro_time()
        change: dict[str, Any] = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._duration)),
            "renewTime": time,
        }
        if holder != self._identity:
            change |= {"acquireTime": time, "leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1}
        await self._patch(change)
        return True

    async def _patch(self, spec: dict[str, Any]) -> None:
        assert self._seen is not None
        self._observe(await self._client.patch(self._seen, {"spec": spec}, urgent=True))

    def _observe(self, lease: dict[str, Any]) -> None:
        if self._seen is None or lease.get("spec") != self._seen.get("spec"):
            self._seen_at = monotonic()
        self._seen = lease

    def _spec(self) -> dict[str, Any]:
        return dict((self._seen or {}).get("spec") or {})

    def _left(self) -> float:
        return self._renewed_at + self._deadline - monotonic()

    def _fresh(self) -> dict[str, Any]:
        time = _micro_time()
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"namespace": self._namespace, "name": self._name},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": max(1, round(self._duration)),
                "acquireTime": time,
                "renewTime": time,
                "leaseTransitions": 0,
            },
        }

    def _set_held(self, held: bool) -> None:
        self.held = held
        metrics.leader.set(held)


def _micro_time() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
