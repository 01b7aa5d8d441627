"""A request understood by the fake API server, and its watch streams."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.integration.fakecollection import Collection, Fault, Json
from tests.integration.fakeselectors import Match, field_selector, label_selector

if TYPE_CHECKING:
    from tests.integration.fakeapi import FakeApi


@dataclass(slots=True)
class Call:
    """A request understood."""

    verb: str
    where: Collection
    namespace: str | None
    name: str
    subresource: str
    query: Mapping[str, str]
    body: Any
    content_type: str
    accept: str

    @property
    def resource(self) -> str:
        plural = self.where.resource.plural
        return f"{plural}/{self.subresource}" if self.subresource else plural

    @property
    def slot(self) -> tuple[str, str]:
        return (self.namespace or "", self.name)

    @property
    def selects(self) -> bool:
        """Whether some objects may be left out."""
        return bool(self.query.get("labelSelector") or self.query.get("fieldSelector"))

    def matches(self) -> Match:
        labels = label_selector(self.query.get("labelSelector", ""))
        fields = field_selector(self.query.get("fieldSelector", ""), self.where.resource.kind)
        return lambda obj: labels(obj) and fields(obj)


class Watch:
    """One stream."""

    def __init__(self, api: "FakeApi", call: Call, response: web.StreamResponse) -> None:
        self.api, self.call, self.response = api, call, response
        self.matches = call.matches()
        self.cut = api.cut
        self.dead = api.dead
        self.news = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.listener: Callable[[], object] = lambda: loop.call_soon_threadsafe(self.news.set)
        with api.storage.lock:
            call.where.listeners.add(self.listener)
        self.cursor = int(call.query.get("resourceVersion") or 0)
        self.compacted = 0 < self.cursor < api.storage.compacted

    async def run(self) -> None:
        if self.api.watch_error:
            await self.write({"type": "ERROR", "object": status_object(self.api.watch_error)})
            return
        if self.cursor == 0 or self.call.query.get("sendInitialEvents") == "true":
            with self.api.storage.lock:
                self.cursor = self.api.storage.version
                initial = self.api.storage.select(self.call.where, self.call.namespace, self.matches)
            for obj in initial:
                await self.send("ADDED", obj)
            await self.bookmark({"k8s.io/initial-events-end": "true"})
        loop = asyncio.get_running_loop()
        ends = loop.time() + float(self.call.query.get("timeoutSeconds", 1e9))
        closing = asyncio.create_task(self.cut.wait())
        closing.add_done_callback(lambda _: self.news.set())
        try:
            while not self.cut.is_set() and loop.time() < ends:
                if self.compacted or self.cursor < self.call.where.lost:
                    gone = Fault(410, "Expired", f"too old resource version: {self.cursor}")
                    await self.write({"type": "ERROR", "object": status_object(gone)})
                    return
                self.news.clear()
                await self.catch_up()
                try:
                    async with asyncio.timeout(min(self.api.bookmark_seconds, max(0.0, ends - loop.time()))):
                        await self.news.wait()
                except TimeoutError:
                    await self.bookmark()
        finally:
            closing.cancel()

    async def catch_up(self) -> None:
        with self.api.storage.lock:
            reached, changes = self.api.storage.version, self.call.where.since(self.cursor)
        for change in changes:
            self.cursor = change.version
            obj, before = change.obj, change.before
            if self.call.namespace not in (None, obj["metadata"].get("namespace")):
                continue
            now, earlier = self.matches(obj), before is not None and self.matches(before)
            if change.type == "DELETED":
                type = "DELETED" if now or earlier else None
            else:
                type = {(1, 0): "ADDED", (1, 1): "MODIFIED", (0, 1): "DELETED"}.get((now, earlier))
            if type:
                await self.send(type, obj)
        self.cursor = max(self.cursor, reached)

    async def send(self, type: str, obj: Json) -> None:
        await self.write({"type": type, "object": obj})

    async def bookmark(self, annotations: Json | None = None) -> None:
        if self.call.query.get("allowWatchBookmarks") != "true":
            return
        res = self.call.where.resource
        meta: Json = {"resourceVersion": str(self.cursor)}
        if annotations:
            meta["annotations"] = annotations
        await self.send("BOOKMARK", {"apiVersion": res.api_version, "kind": res.kind, "metadata": meta})

    async def write(self, event: Json) -> None:
        if not self.dead.is_set():
            await self.response.write(json.dumps(event).encode() + b"\n")


def status_object(fault: Fault) -> Json:
    """The body of an error."""
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "code": fault.status,
        "reason": fault.reason,
        "message": fault.message,
    }
