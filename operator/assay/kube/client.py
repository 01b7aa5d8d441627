"""A small client of the Kubernetes API: raw JSON in and out, typed errors, writes limited and counted."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from assay import __version__, metrics
from assay.kube_object import KubeObject

from . import nesting
from .connection import JSON, Answer, Connection, Login, Request, load_configuration
from .errors import AnswerTooLarge, Conflict, NotFound, Unavailable, from_response
from .merge_patch import merge_patch
from .rate_limit import TokenBucket
from .resources import PODS, Resource, resource_of

FIELD_MANAGER = "assay-operator"
PAGE = 50
WATCH_SILENCE = 90.0
"""Seconds without a line after which a watch is taken for dead: a bookmark comes each minute."""
LOG_SILENCE = 3600.0
"""Seconds for which an agent may write nothing while its log is followed."""
PAGE_BYTES = 8 * 1024 * 1024
"""A page of a listing that is larger is asked for again, with fewer objects: an object may have 1.5 MiB."""


_VERSION = Resource("", "", "version", "Info", namespaced=False)
"""Not a resource of an API version; it gives metrics a name."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a resource."""

    resource: Resource
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None

    def query(self) -> dict[str, str]:
        """As parameters of a request."""
        selectors = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: text for name, text in selectors.items() if text}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API server."""

    verb: str
    """As RBAC and metrics name it: get, list, create, patch, delete."""
    method: str
    resource: Resource
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    subresource: str | None = None
    max_bytes: int | None = None
    """Of the answer; AnswerTooLarge."""

    def __str__(self) -> str:
        """For messages."""
        return f"{self.method} {self.path}"


class Client:
    """The API server as the operator sees it.

    `urgent` writes do not wait for the rate limit: a Lease renewed behind a thousand creates would be lost.
    """

    def __init__(self, connection: Connection, limiter: TokenBucket, manager: str = FIELD_MANAGER) -> None:
        self._connection = connection
        self._limiter = limiter
        self._manager = manager

    @classmethod
    async def connect(
        cls, kubeconfig: str | None = None, *, writes_per_second: float = 50.0, burst: int = 100
    ) -> Self:
        """Log in by a kubeconfig, the pod's service account, or the user's default kubeconfig."""
        limiter = TokenBucket(writes_per_second, burst)
        return await cls.login(Login(kubeconfig), limiter, FIELD_MANAGER)

    @classmethod
    async def login(cls, login: Login, limiter: TokenBucket, manager: str) -> Self:
        """Log in by a context of a kubeconfig; `manager` is who writes. ConfigError."""
        connection = Connection(await load_configuration(login), login, f"{manager}/{__version__}")
        return cls(connection, limiter, manager)

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def version(self) -> str:
        """The version of the API server, as `v1.36.3`."""
        return str((await self._json(Call("get", "GET", _VERSION, "/version"))).get("gitVersion"))

    async def get(self, res: Resource, namespace: str | None, name: str) -> KubeObject:
        """Read one object."""
        return await self._json(Call("get", "GET", res, res.path(namespace, name)))

    async def list(
        self,
        res: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: int = PAGE,
    ) -> AsyncIterator[KubeObject]:
        """All objects, read in pages of `limit` or, where they are large, fewer; each with its apiVersion and kind.

        Raises Gone if the pages took so long that the server forgot the listing; start anew then.
        """
        selection = Selection(res, namespace, label_selector, field_selector)
        async for page in self.pages(selection, limit):
            for item in page["items"]:
                yield item

    async def pages(self, selection: Selection, limit: int = PAGE) -> AsyncIterator[KubeObject]:
        """The pages of a listing, each with `metadata.resourceVersion` and `items`, as `list` reads them."""
        res, query = selection.resource, selection.query()
        while True:
            query["limit"] = str(limit)
            max_bytes = PAGE_BYTES if limit > 1 else None
            try:
                page = await self._json(
                    Call("list", "GET", res, res.path(selection.namespace), query, max_bytes=max_bytes)
                )
            except (AnswerTooLarge, MemoryError):
                if limit == 1:
                    raise
                limit = max(1, limit // 4)
                continue
            page["items"] = page.get("items") or []
            for item in page["items"]:
                item["apiVersion"], item["kind"] = res.api_version, res.kind  # a typed list leaves them out
            yield page
            if not (token := (page.get("metadata") or {}).get("continue")):
                return
            query["continue"] = token

    async def watch(self, selection: Selection, version: str) -> AsyncIterator[KubeObject]:
        """The changes since a resourceVersion: `type` and `object`, bookmarks too, until the server ends the watch.

        Gone if the version is too old: list again. Unavailable if the connection broke: watch on from the last version.
        """
        res = selection.resource
        watch = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version}
        path = res.path(selection.namespace)
        call = Call("watch", "GET", res, path, {**selection.query(), **watch})
        async for line in self._lines(call, WATCH_SILENCE):
            change = nesting.loads(line)
            if change.get("type") == "ERROR":
                status = change.get("object") or {}
                raise from_response(int(status.get("code") or 500), json.dumps(status).encode(), {})
            yield change

    async def create(
        self, obj: Mapping[str, Any], *, resource: Resource | None = None, urgent: bool = False
    ) -> KubeObject:
        """Create an object, of a registered resource or the one given; AlreadyExists if its name is taken."""
        res = resource or resource_of(obj)
        path = res.path((obj.get("metadata") or {}).get("namespace"))
        return await self._write(Call("create", "POST", res, path, body=obj), urgent=urgent)

    async def patch(
        self,
        obj: Mapping[str, Any],
        change: Mapping[str, Any],
        *,
        subresource: str | None = None,
        urgent: bool = False,
    ) -> KubeObject:
        """Send a JSON merge patch of the object that `obj` names (apiVersion, kind, metadata).

        If `obj` has a resourceVersion, the patch holds only for that version; otherwise Conflict.
        """
        res, metadata = resource_of(obj), obj["metadata"]
        if version := metadata.get("resourceVersion"):
            change = {**change, "metadata": {**(change.get("metadata") or {}), "resourceVersion": version}}
        path = res.path(metadata.get("namespace"), metadata["name"], subresource)
        call = Call("patch", "PATCH", res, path, body=change, subresource=subresource)
        return await self._write(call, urgent=urgent)

    async def patch_status(self, obj: Mapping[str, Any], status: Mapping[str, Any]) -> KubeObject | None:
        """Make the status of `obj` what is given, by the smallest merge patch; None if nothing was to send.

        `obj` is the object as observed (apiVersion, kind, metadata, status): Conflict if it has changed since.
        """
        change = merge_patch(obj.get("status") or {}, status)
        return await self.patch(obj, {"status": change}, subresource="status") if change else None

    async def delete(self, obj: Mapping[str, Any]) -> KubeObject | None:
        """Delete the object that `obj` names; success if it is gone, or if the name now belongs to another uid.

        Returns the object if it takes its time to go (its deletionTimestamp is set), None if it is gone.
        """
        res, metadata = resource_of(obj), obj["metadata"]
        options: KubeObject = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
        }
        if uid := metadata.get("uid"):
            options["preconditions"] = {"uid": uid}
        path = res.path(metadata.get("namespace"), metadata["name"])
        try:
            answer = await self._write(Call("delete", "DELETE", res, path, body=options))
        except NotFound:
            return None
        except Conflict:
            if uid is None:
                raise
            return None
        return answer if _takes_its_time(answer) else None

    async def pod_log(
        self, namespace: str, name: str, container: str | None = None, tail_lines: int | None = None
    ) -> str:
        """The last lines of a container's log; the whole log without `tail_lines`."""
        query = {"container": container, "tailLines": None if tail_lines is None else str(tail_lines)}
        call = Call(
            "get",
            "GET",
            PODS,
            PODS.path(namespace, name, "log"),
            query={key: value for key, value in query.items() if value is not None},
            subresource="log",
        )
        return (await self._request(call)).body.decode(errors="replace")

    async def follow_log(self, namespace: str, name: str, container: str) -> AsyncIterator[str]:
        """The lines of a container's log, as it writes them, until it ends."""
        query = {"container": container, "follow": "true"}
        path = PODS.path(namespace, name, "log")
        call = Call("get", "GET", PODS, path, query, subresource="log")
        async for line in self._lines(call, LOG_SILENCE):
            yield line.decode(errors="replace")

    async def _lines(self, call: Call, silence: float) -> AsyncIterator[bytes]:
        """The whole lines of an answer as they come; a last line without its end only if the answer is complete."""
        accept = "*/*" if call.subresource == "log" else JSON
        buffer = b""
        async for chunk in self._connection.stream(
            Request(call.method, call.path, call.query, accept=accept), silence
        ):
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                yield line
        if buffer and call.subresource == "log":
            yield buffer

    async def _write(self, call: Call, *, urgent: bool = False) -> KubeObject:
        if not urgent:
            metrics.write_throttle_seconds.observe(await self._limiter.acquire())
        if call.method != "DELETE":
            call = replace(call, query={"fieldManager": self._manager})
        return await self._json(call)

    async def _json(self, call: Call) -> KubeObject:
        answer = await self._request(call)
        try:
            parsed = nesting.loads(answer.body)
        except ValueError as error:
            raise Unavailable(answer.status, "BadAnswer", f"{call}: the answer is no JSON") from error
        if not isinstance(parsed, dict):
            raise Unavailable(answer.status, "BadAnswer", f"{call}: the answer is no object")
        return parsed

    async def _request(self, call: Call) -> Answer:
        resource = f"{call.resource.plural}/{call.subresource}" if call.subresource else call.resource.plural
        accept = "*/*" if call.subresource == "log" else JSON
        try:
            answer = await self._connection.request(
                Request(call.method, call.path, call.query, call.body, accept, call.max_bytes)
            )
        except Unavailable:
            metrics.api_requests_total.labels(call.verb, resource, "none").inc()
            raise
        metrics.api_requests_total.labels(call.verb, resource, str(answer.status)).inc()
        if answer.status >= 300:
            raise from_response(answer.status, answer.body, answer.headers)
        return answer


def _takes_its_time(answer: KubeObject) -> bool:
    """Whether a deletion's answer is an object that goes later; a pod that is gone has a deletionTimestamp too."""
    metadata = answer.get("metadata") or {}
    if answer.get("kind") == "Status" or not metadata.get("deletionTimestamp"):
        return False
    return bool(metadata.get("finalizers")) or metadata.get("deletionGracePeriodSeconds") != 0
