"""The HTTP side of the fake API server: discovery, verbs, pages and watches."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonpatch
from aiohttp import web

from assay.kube.resources import PODS
from tests.integration.fakecollection import Collection, Fault, Json
from tests.integration.fakestorage import merged
from tests.integration.fakewatch import Call, Watch, status_object

if TYPE_CHECKING:
    from tests.integration.fakeapi import FakeApi

_BUILT_IN = {
    *("", "batch", "networking.k8s.io", "coordination.k8s.io", "events.k8s.io", "apiextensions.k8s.io"),
}
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(slots=True)
class Request:
    """Any request and what became of it."""

    verb: str
    resource: str
    namespace: str
    name: str
    code: int
    query: Mapping[str, str]
    body: Any
    agent: str


def application(api: "FakeApi") -> web.Application:
    """The server's application."""
    handler = _Handler(api)
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handler.serve)
    return app


class _Handler:
    def __init__(self, api: "FakeApi") -> None:
        self.api = api
        self.storage = api.storage

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.api.latency:
            await asyncio.sleep(self.api.latency)
        if self.api.token and request.headers.get("Authorization") != f"Bearer {self.api.token}":
            return _status(Fault(401, "Unauthorized", "Unauthorized"))
        parts = request.path.strip("/").split("/")
        found = self._discovery(parts) if request.method == "GET" else None
        if found is not None:
            return web.json_response(found)
        try:
            call = await self._understand(request, parts)
        except Fault as fault:
            return _status(fault)
        record = Request(
            call.verb,
            call.resource,
            call.namespace or "",
            call.name,
            0,
            call.query,
            call.body,
            _agent(request),
        )
        self.api.requests.append(record)
        try:
            self.api.check_failures(call.verb, call.resource)
            if call.verb == "watch":
                record.code = 200
                return await self._watch(request, call)
            answer = self._answer(call)
            if call.verb == "create":
                record.name = answer["metadata"]["name"]
        except Fault as fault:
            record.code = fault.status
            return _status(fault)
        record.code = 201 if call.verb == "create" else 200
        if isinstance(answer, str):
            return web.Response(text=answer)
        return web.json_response(answer, status=record.code)

    def _discovery(self, parts: list[str]) -> Json | None:
        resources = [where.resource for where in self.storage.collections.values()]
        match parts:
            case ["version"]:
                return {"major": "1", "minor": "36", "gitVersion": "v1.36.3-fake"}
            case ["api"]:
                return {"kind": "APIVersions", "versions": ["v1"]}
            case ["apis"]:
                groups: dict[str, list[Json]] = {}
                for one in sorted({(one.group, one.version) for one in resources if one.group}):
                    version = {"groupVersion": "/".join(one), "version": one[1]}
                    groups.setdefault(one[0], []).append(version)
                listed = [
                    {"name": name, "versions": versions, "preferredVersion": versions[0]}
                    for name, versions in groups.items()
                ]
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
            case ["api", version] | ["apis", _, version]:
                group = parts[1] if parts[0] == "apis" else ""
                served = [
                    where
                    for where in self.storage.collections.values()
                    if (where.resource.group, where.resource.version) == (group, version)
                ]
                names = [line for where in served for line in _advertised(where)]
                return (
                    {"kind": "APIResourceList", "groupVersion": "/".join(parts[1:]), "resources": names}
                    if names
                    else None
                )
        return None

    async def _understand(self, request: web.Request, parts: list[str]) -> Call:
        nothing = Fault(404, "NotFound", "the server could not find the requested resource")
        match parts:
            case ["api", version, *rest]:
                group = ""
            case ["apis", group, version, *rest]:
                pass
            case _:
                raise nothing
        namespace = None
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        if not 1 <= len(rest) <= 3:
            raise nothing
        plural, name, subresource = [*rest, "", ""][:3]
        where = self.storage.collections.get((group, plural))
        if where is None or where.resource.version != version:
            raise nothing
        resource = where.resource
        verb = _VERBS.get(request.method)
        if verb == "get" and not name:
            verb = "watch" if request.query.get("watch") in ("true", "1") else "list"
        if verb is None or (verb in ("create", "list", "watch")) == bool(name):
            raise Fault(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        if namespace is None and name and resource.namespaced:
            raise nothing
        if verb == "create" and namespace is None and resource.namespaced:
            raise Fault(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        text = await request.text()
        try:
            body = json.loads(text) if text else None
        except ValueError:
            raise Fault(400, "BadRequest", "the body is not JSON") from None
        if verb in ("create", "update") and not isinstance(body, dict):
            raise Fault(400, "BadRequest", "the body is not an object")
        content_type, accept = request.content_type, request.headers.get("Accept", "")
        return Call(verb, where, namespace, name, subresource, request.query, body, content_type, accept)

    def _answer(self, call: Call) -> Any:
        storage, where = self.storage, call.where
        if call.subresource == "log" and where.resource == PODS and call.verb == "get":
            return self._log(call)
        if call.subresource and (call.subresource != "status" or not where.has_status):
            raise Fault(404, "NotFound", "the server could not find the requested resource")
        match call.verb:
            case "get":
                return storage.get(where, call.slot)
            case "list":
                return self._list(call)
            case "create":
                return storage.create(where, call.namespace or "", call.body)
            case "update":
                return storage.update(where, call.slot, lambda _: call.body, call.subresource)
            case "patch":
                return storage.update(where, call.slot, _patch(call), call.subresource)
        options = {**call.query, **(call.body or {})}
        return _deleted(call, storage.delete(where, call.slot, options))

    def _log(self, call: Call) -> str:
        self.storage.get(call.where, call.slot)
        lines = self.api.logs.get(call.slot, "").splitlines(keepends=True)
        if "tailLines" in call.query:
            tail = int(call.query["tailLines"])
            lines = lines[-tail:] if tail else []
        data = "".join(lines).encode()
        return data[: int(call.query.get("limitBytes", len(data)))].decode(errors="replace")

    def _list(self, call: Call) -> Json:
        token = call.query.get("continue")
        if token is None:
            with self.storage.lock:
                version = self.storage.version
                items = self.storage.select(call.where, call.namespace, call.matches())
        elif token in self.api.pages:
            version, items = self.api.pages.pop(token)
        else:
            raise Fault(410, "Expired", "the provided continue parameter is too old")
        limit = int(call.query.get("limit", 0)) or len(items)
        meta: Json = {"resourceVersion": str(version)}
        if items[limit:]:
            meta["continue"] = f"{version}-{len(self.api.requests)}"
            if not call.selects:
                meta["remainingItemCount"] = len(items) - limit
            self.api.pages[meta["continue"]] = (version, items[limit:])
        return _listed(call, meta, items[:limit])

    async def _watch(self, request: web.Request, call: Call) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        watch = Watch(self.api, call, response)
        try:
            await watch.run()
        except (ConnectionResetError, asyncio.CancelledError):
            pass
        finally:
            with self.storage.lock:
                call.where.listeners.discard(watch.listener)
        return response


def _patch(call: Call) -> Callable[[Json], Json]:
    if call.content_type == "application/merge-patch+json":
        if not isinstance(call.body, dict):
            raise Fault(400, "BadRequest", "the patch is not an object")
        return lambda obj: merged(obj, call.body)
    if call.content_type != "application/json-patch+json":
        raise Fault(415, "UnsupportedMediaType", f"{call.content_type} is not played here")

    def change(obj: Json) -> Json:
        try:
            return dict(jsonpatch.apply_patch(obj, call.body))
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise Fault(422, "Invalid", f"the patch does not apply: {error}") from error

    return change


def _deleted(call: Call, obj: Json) -> Json:
    """The answer to a deletion: the object if it was marked, otherwise only that it is gone."""
    if obj["metadata"].get("deletionTimestamp"):
        return obj
    res = call.where.resource
    details = {"name": call.name, "group": res.group, "kind": res.plural, "uid": obj["metadata"]["uid"]}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _listed(call: Call, meta: Json, items: list[Json]) -> Json:
    res = call.where.resource
    if "as=PartialObjectMetadataList" in call.accept:
        head = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata"}
        partial = [{**head, "metadata": one["metadata"]} for one in items]
        return {**head, "kind": "PartialObjectMetadataList", "metadata": meta, "items": partial}
    if res.group in _BUILT_IN:  # lists of what is not a custom resource leave out what is known
        items = [{key: one[key] for key in one if key not in ("apiVersion", "kind")} for one in items]
    return {"apiVersion": res.api_version, "kind": f"{res.kind}List", "metadata": meta, "items": items}


def _advertised(where: Collection) -> list[Json]:
    res = where.resource
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    line = {
        "name": res.plural,
        "singularName": res.kind.lower(),
        "namespaced": res.namespaced,
        "kind": res.kind,
    }
    lines: list[Json] = [{**line, "verbs": verbs}]
    if where.has_status:
        lines.append(
            {**line, "name": f"{res.plural}/status", "singularName": "", "verbs": ["get", "patch", "update"]}
        )
    return lines


def _status(fault: Fault) -> web.Response:
    return web.json_response(status_object(fault), status=fault.status, headers=dict(fault.headers))


def _agent(request: web.Request) -> str:
    return request.headers.get("User-Agent", "")
