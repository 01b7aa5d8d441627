"""An API server in this process, for integration tests: the real protocol, none of the cluster behind it.

    async with FakeApi() as api:
        client = await Client.connect(api.kubeconfig(tmp_path / "kubeconfig"))

It serves every resource registered in `assay.kube.resources` and those kopf looks at. The test plays the cluster by
the methods of the object (not counted as traffic) and by hooks. The tests of `apiserver` hold it against a real
kube-apiserver. Missing: admission and defaults, schemas, RBAC, quotas, server-side apply, the end of namespaces,
grace periods, TLS; garbage is collected at once.
"""

import asyncio
import copy
import inspect
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import kopf
import yaml
from aiohttp import web

from assay.kube.resources import EVENTS, LEASES, Resource, known, resource_of
from tests.integration import fakehttp, fakeselectors
from tests.integration.fakecollection import Collection, Fault, Json
from tests.integration.fakestorage import Storage, merged

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
CUSTOM_RESOURCE_DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
CORE_EVENTS = Resource("", "v1", "events", "Event")
FIRST_NAMESPACES = ("default", "ns", "team", "assay-system")

Hook = Callable[[Json], Awaitable[None] | None]


class Write(NamedTuple):
    """A changing request, as tests count them; a subresource is part of the resource: `pods/status`."""

    method: str
    resource: str
    namespace: str
    name: str


@dataclass(slots=True)
class _Failure:
    verb: str
    resource: str
    status: int
    times: int
    reason: str
    headers: Mapping[str, str]


class FakeApi:
    """The server; see the module's docstring."""

    def __init__(self, *resources: Resource, bookmark_seconds: float = 60.0) -> None:
        self.storage = Storage()
        for one in (NAMESPACES, CUSTOM_RESOURCE_DEFINITIONS, CORE_EVENTS, *known(), *resources):
            self.storage.add(one)
        self.storage.created.append(self._created)
        self.bookmark_seconds = bookmark_seconds
        self.latency = 0.0
        self.token: str | None = None
        self.requests: list[fakehttp.Request] = []
        self.logs: dict[tuple[str, str], str] = {}
        self.url = ""
        self.cut = asyncio.Event()
        self.dead = asyncio.Event()
        self.watch_error: Fault | None = None
        """What each new watch ends with at once."""
        self.pages: dict[str, tuple[int, list[Json]]] = {}
        self._failures: list[_Failure] = []
        self._hooks: list[tuple[Resource, Hook]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # A thread of its own: kopf takes every task born while it runs for its own, waits for it and cancels it.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-api", daemon=True)
        application = fakehttp.application(self)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        for name in FIRST_NAMESPACES:
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, NAMESPACES)

    async def __aenter__(self) -> Self:
        self._thread.start()
        self.storage.later = self._loop.call_soon_threadsafe
        await self._over_there(self._open())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._over_there(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()
        for task in self._tasks:
            if not task.cancelled() and (error := task.exception()):
                raise error  # a broken hook must not pass for a passed test

    async def _close(self) -> None:
        self._cut()
        self.storage.later = lambda *_: None
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _open(self) -> None:
        self.cut = asyncio.Event()
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def _over_there(self, work: Coroutine[Any, Any, None]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    @property
    def login(self) -> kopf.ConnectionInfo:
        """Where it is, and how to get in."""
        return kopf.ConnectionInfo(server=self.url, token=self.token)

    def kubeconfig(self, path: Path) -> str:
        """Write a kubeconfig for this server; returns its path."""
        user = {"token": self.token} if self.token else {}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": user}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        }
        path.write_text(yaml.safe_dump(config))
        return str(path)

    @property
    def writes(self) -> list[Write]:
        """Every changing request, refused ones included."""
        methods = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
        return [
            Write(methods[one.verb], one.resource, one.namespace, one.name)
            for one in self.requests
            if one.verb in methods
        ]

    def count_writes(self, *ignored: str) -> Counter[tuple[str, str]]:
        """Writes by method and resource; without Events and Leases unless others are given."""
        leave = ignored or (EVENTS.plural, LEASES.plural)
        return Counter((one.method, one.resource) for one in self.writes if one.resource not in leave)

    def create(self, obj: Json, resource: Resource | None = None) -> Json:
        """Create an object, by a person as it were; namespace `default` if it has none."""
        resource = resource or resource_of(obj)
        namespace = obj["metadata"].get("namespace") or "default"
        where = self.storage.collection(resource)
        return copy.deepcopy(self.storage.create(where, namespace if resource.namespaced else "", obj))

    def get(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """A copy of an object, or None."""
        return copy.deepcopy(self.storage.collection(resource).objects.get((namespace, name)))

    def all(self, resource: Resource, namespace: str | None = None) -> list[Json]:
        """Copies of all objects of a resource."""
        where = self.storage.collection(resource)
        return [copy.deepcopy(one) for one in self.storage.select(where, namespace, lambda _: True)]

    def selected(self, resource: Resource, label_selector: str | None) -> list[Json]:
        """All objects that a watch with this selector shows; none where the resource is not installed."""
        where = self.storage.collections.get((resource.group, resource.plural))
        if where is None:
            return []
        return self.storage.select(where, None, fakeselectors.label_selector(label_selector or ""))

    def patch(
        self, resource: Resource, namespace: str, name: str, body: Json, subresource: str | None = None
    ) -> Json:
        """Merge-patch an object."""
        where = self.storage.collection(resource)
        changed = self.storage.update(where, (namespace, name), lambda obj: merged(obj, body), subresource)
        return copy.deepcopy(changed)

    def patch_status(self, resource: Resource, namespace: str, name: str, status: Json) -> Json:
        """Merge-patch an object's status, as the kubelet or another controller would."""
        return self.patch(resource, namespace, name, {"status": status}, "status")

    def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        """Delete an object with its dependents."""
        self.storage.delete(self.storage.collection(resource), (namespace, name), options)

    def on_create(self, resource: Resource, callback: Hook) -> None:
        """Call back with a copy of each object created from now on, in the server's thread.

        A coroutine runs as a task there: it may sleep and call our methods, not await what the test awaits.
        """
        self._hooks.append((resource, callback))

    def fail(
        self, verb: str, resource: str, status: int, times: int = 1, reason: str = "", **headers: str
    ) -> None:
        """Refuse the next such requests; verb and resource may be `*`, header names have _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._failures.append(_Failure(verb, resource, status, times, reason, named))

    def cut_watches(self) -> None:
        """End all watch streams under way."""
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        self.cut.set()
        self.cut = asyncio.Event()

    def silence_watches(self) -> None:
        """Send nothing any more on the watch streams under way, and leave them open."""
        dead, self.dead = self.dead, asyncio.Event()
        dead.set()

    def compact(self) -> None:
        """Forget the history: a watch or a listing begun before answers 410."""
        self.storage.compact()
        self._loop.call_soon_threadsafe(self.pages.clear)

    def check_failures(self, verb: str, resource: str) -> None:
        """Raise the failure ordered for such a request, if any (for the HTTP side)."""
        for one in self._failures:
            if one.verb in ("*", verb) and one.resource in ("*", resource) and one.times > 0:
                one.times -= 1
                fault = Fault(one.status, one.reason, "ordered by the test")
                fault.headers = one.headers
                raise fault

    def _created(self, where: Collection, obj: Json) -> None:
        for resource, callback in self._hooks:
            if resource == where.resource:
                self.storage.later(self._hook, callback, copy.deepcopy(obj))

    def _hook(self, callback: Hook, obj: Json) -> None:
        task = self._loop.create_task(_call(callback, obj))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)  # failed ones are kept and raised at the end


async def _call(callback: Hook, obj: Json) -> None:
    result = callback(obj)
    if inspect.isawaitable(result):
        await result
