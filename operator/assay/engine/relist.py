"""The safety net under the watches: full listings that find what a watch has missed, deletions above all."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from assay import metrics
from assay.kube.client import Client
from assay.kube.errors import ApiError, NotFound
from assay.kube.resources import Resource
from assay.kube_object import KubeObject
from assay.logs import about

from .cache import Cache

log = logging.getLogger(__name__)

OnChange = Callable[[str, KubeObject], None]

MAX_RETRY = 60.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A resource to list, and the label selector its watch uses."""

    resource: Resource
    label_selector: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where and how often to list."""

    namespaces: Sequence[str] = ()
    """All when empty."""
    second_after: float = 30.0
    """Seconds until the second listing, when the watches stand."""
    period: float = 600.0
    """Seconds between later ones."""


async def relist(
    client: Client, watched: Watched, cache: Cache, on_change: OnChange, namespace: str | None = None
) -> int:
    """List everything into the cache, drop what is no longer there; returns how many were listed.

    `on_change(kind, obj)` is called for every object that is new or different (as listed) and for every one
    dropped (as it was stored); what it raises is logged. A resource the cluster does not know is an empty listing.
    """
    resource = watched.resource
    kind = resource.kind
    mark = cache.mark()
    alive: set[str] = set()
    try:
        async for obj in client.list(resource, namespace, watched.label_selector):
            alive.add(obj["metadata"]["uid"])
            with _survived(kind, obj):
                if cache.put(kind, obj, listed_at=mark):
                    on_change(kind, obj)
    except NotFound:
        log.info("%s %s is not installed in this cluster", resource.api_version, resource.plural)
    for lost in cache.drop_missing(kind, mark, alive, namespace):
        metrics.relist_missing_total.labels(kind).inc()
        with _survived(kind, lost):
            on_change(kind, lost)
    return len(alive)


@contextmanager
def _survived(kind: str, obj: KubeObject) -> Iterator[None]:
    """One object stops no listing: what it raises is logged."""
    try:
        yield
    except Exception:
        meta = obj["metadata"]
        log.exception(
            "a listed object was passed over", extra=about(kind, meta.get("namespace", ""), meta["name"])
        )


class Relister:
    """Lists each watched resource at start, after 30 s (the watches stand by then), then every 10 minutes.

    `synced` is set when each has been listed once: nothing that counts children may run before.
    """

    def __init__(
        self,
        client: Client,
        cache: Cache,
        watched: Sequence[Watched],
        on_change: OnChange,
        schedule: Schedule | None = None,
    ) -> None:
        schedule = schedule or Schedule()
        self._client = client
        self._cache = cache
        self._watched = watched
        self._on_change = on_change
        self._namespaces: Sequence[str | None] = schedule.namespaces or (None,)
        self._second_after = schedule.second_after
        self._period = schedule.period
        self._slots = asyncio.Semaphore(3)  # pages in memory at once
        self._unsynced = {one.resource for one in watched}
        self.synced = asyncio.Event()
        if not watched:
            self.synced.set()

    async def run(self, stop: asyncio.Event) -> None:
        """List again and again until stopped."""
        tasks = [
            asyncio.create_task(self._follow(one), name=f"relist {one.resource.plural}")
            for one in self._watched
        ]
        waiter = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiter}:
                task.result()  # these never end
        finally:
            for task in (waiter, *tasks):
                task.cancel()
            await asyncio.gather(waiter, *tasks, return_exceptions=True)

    async def _follow(self, watched: Watched) -> None:
        failures, period = 0, self._second_after
        while True:
            try:
                await self._once(watched)
            except Exception as error:
                wait = min(MAX_RETRY, 2.0**failures) * random.uniform(0.8, 1.2)
                failures += 1
                metrics.relist_total.labels(watched.resource.kind, "error").inc()
                trace = None if isinstance(error, ApiError) else error  # an answer explains itself
                message = "listing %s: %s; again in %.0f s"
                log.warning(message, watched.resource.plural, error, wait, exc_info=trace)
            else:
                failures = 0
                metrics.relist_total.labels(watched.resource.kind, "success").inc()
                self._unsynced.discard(watched.resource)
                if not self._unsynced:
                    self.synced.set()
                wait, period = period * random.uniform(0.9, 1.1), self._period
            await asyncio.sleep(wait)

    async def _once(self, watched: Watched) -> None:
        async with self._slots:
            for namespace in self._namespaces if watched.resource.namespaced else (None,):
                count = await relist(self._client, watched, self._cache, self._on_change, namespace)
                log.debug("listed %d %s in %s", count, watched.resource.plural, namespace or "all namespaces")
