"""Kubernetes Events about objects, for people: few, and never a reason to fail."""

import logging
import os
import socket
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from assay import metrics
from assay.clock import monotonic
from assay.kube.client import Client

log = logging.getLogger(__name__)

REPEAT_SECONDS = 600.0
REMEMBERED = 10_000
MAX_NOTE_BYTES = 1024
MAX_WORD = 128


class Recorder:
    """Posts Events in the name of `component`, the same one about an object at most once in ten minutes."""

    def __init__(self, client: Client, component: str) -> None:
        self._client = client
        self._component = component
        self._instance = (os.environ.get("POD_NAME") or socket.gethostname())[:MAX_WORD]
        self._posted: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def emit(self, obj: Mapping[str, Any], type: str, reason: str, message: str, action: str) -> None:
        """Post an Event (type Normal or Warning); a failure is only logged."""
        try:
            await self._emit(obj, type, reason, shorten(message, MAX_NOTE_BYTES), action)
        except Exception as error:
            metrics.events_total.labels("failed").inc()
            log.warning("event %s was not posted: %s", reason, error)

    async def _emit(self, obj: Mapping[str, Any], type: str, reason: str, note: str, action: str) -> None:
        meta = obj["metadata"]
        once = (meta.get("uid", ""), reason, note)
        if not self._first(once):
            metrics.events_total.labels("repeated").inc()
            return
        namespace = meta.get("namespace") or "default"
        regarding = {
            "apiVersion": obj.get("apiVersion"),
            "kind": obj.get("kind"),
            "namespace": meta.get("namespace"),
            "name": meta["name"],
            "uid": meta.get("uid"),
            "resourceVersion": meta.get("resourceVersion"),
        }
        event = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"namespace": namespace, "name": f"{meta['name'][:220]}.{uuid.uuid4().hex[:16]}"},
            "eventTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "reportingController": self._component,
            "reportingInstance": self._instance,
            "regarding": {key: value for key, value in regarding.items() if value},
            "type": type,
            "reason": reason[:MAX_WORD],
            "action": action[:MAX_WORD],
            "note": note,
        }
        try:
            await self._client.create(event)
        except BaseException:
            self._posted.pop(once, None)  # so that the next attempt is not taken for a repetition
            raise
        metrics.events_total.labels("posted").inc()

    def _first(self, once: tuple[str, str, str]) -> bool:
        time = monotonic()
        while self._posted:
            oldest, at = next(iter(self._posted.items()))
            if time - at < REPEAT_SECONDS and len(self._posted) < REMEMBERED:
                break
            del self._posted[oldest]
        if once in self._posted:
            return False
        self._posted[once] = time
        return True


def shorten(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, with an ellipsis if anything was cut."""
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: limit - 3].decode(errors="ignore") + "…"
