"""The real operator on the fake API server, and what its tests put there."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from assay import main, metrics
from assay.dispatch import WATCHED
from assay.engine.cache import Cache
from assay.engine.relist import Watched
from assay.kube.resources import JOBS, PERSISTENT_VOLUME_CLAIMS, PODS
from assay.our_resources import OURS
from assay.settings import RegistrySettings, Settings
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import now

TEAM = "team"
RUNS, BENCHMARK_RUNS, DEVBOXES = OURS["ScenarioRun"], OURS["BenchmarkRun"], OURS["Devbox"]
CHILDREN = (DEVBOXES, PERSISTENT_VOLUME_CLAIMS, PODS, JOBS)


class Operator:
    """A running operator."""

    def __init__(self, api: FakeApi, task: asyncio.Task[None]) -> None:
        self.api = api
        self.task = task
        self.parts: main.Operator | None = None

    async def settled(self, beyond: float = 0.2, seconds: float = 15.0) -> None:
        """Wait until the operator has seen every change and has nothing left to do.

        Keys that wait for a time count if it comes within `beyond` seconds: so long is a conflict's or a held-back
        status's. What the fake kubelet is about to do does not count.
        """
        quiet, requests = 0, -1
        async with asyncio.timeout(seconds):
            while quiet < 3:
                assert not self.task.done(), "the operator has ended"
                seen = len(self.api.requests)
                quiet = quiet + 1 if seen == requests and self._is_quiet(beyond) else 0
                requests = seen
                await asyncio.sleep(0.01)

    def _is_quiet(self, beyond: float) -> bool:
        parts = self.parts
        if parts is None or not parts.relister.synced.is_set():
            return False
        if not parts.queue.idle or parts.queue.due_within(beyond):
            return False
        return all(self._has_seen(watched, parts.ctx.cache) for watched in WATCHED)

    def _has_seen(self, watched: Watched, cache: Cache) -> bool:
        """Whether the cache has every object in the version that the API server has, and no other."""
        resource = watched.resource
        there = versions(self.api.selected(resource, watched.label_selector))
        return there == versions(cache.all(resource.kind))

    async def until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        """Wait for the operator to bring something about."""
        async with asyncio.timeout(seconds):
            while not condition():
                assert not self.task.done(), "the operator has ended"
                await asyncio.sleep(0.01)


def versions(objects: Iterable[Json]) -> dict[str, str]:
    """The resourceVersion of each object, by its uid."""
    return {one["metadata"]["uid"]: one["metadata"]["resourceVersion"] for one in objects}


def settings(**changes: Any) -> Settings:
    """The operator's configuration in tests."""
    return Settings(
        **{
            "toolbox_image": "example.test/assay:1",
            "registry": RegistrySettings(push="push.example.test"),
            "port": 0,
            "writes_per_second": 10_000.0,
            "root_filesystem": "Overlay",
            **changes,
        }
    )


@contextlib.asynccontextmanager
async def operating(api: FakeApi, folder: Path, **changes: Any) -> AsyncIterator[Operator]:
    """Run the operator."""
    stop = asyncio.Event()
    operator: Operator

    def started(parts: main.Operator) -> None:
        operator.parts = parts

    work = main.run(settings(**changes), stop, api.kubeconfig(folder / "kubeconfig"), started)
    operator = Operator(api, task := asyncio.create_task(work))
    try:
        yield operator
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


def create(api: FakeApi, kind: str, name: str, spec: Json, status: Json | None = None) -> Json:
    """Create one of our objects, by a person as it were."""
    resource = OURS[kind]
    body = {"apiVersion": resource.api_version, "kind": kind, "spec": spec}
    made = api.create({**body, "metadata": {"name": name, "namespace": TEAM}})
    return api.patch_status(resource, TEAM, name, status) if status else made


def create_definitions(api: FakeApi, *scenarios: str) -> None:
    """A blueprint that has its image, scenarios of two functions, an agent."""
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "ImagePinned",
        "message": "",
        "observedGeneration": 1,
    }
    image = {"reference": "pull.example.test/x@sha256:1", "user": "1000", "workingDir": "/src"}
    status = {
        "observedGeneration": 1,
        "phase": "Ready",
        "conditions": [{**ready, "lastTransitionTime": now()}],
        "image": {**image, "env": [], "entrypoint": [], "command": []},
    }
    create(api, "Blueprint", "project", {"image": "example.test/x"}, status)
    create(api, "Agent", "solver", {"type": "Command", "command": ["solve"]})
    for name in scenarios:
        create_scenario(api, name)


def create_scenario(api: FakeApi, name: str, blueprint: str = "project") -> None:
    """A scenario of two functions."""
    functions = [
        {"name": "tests", "type": "BashScript", "weight": 0.7, "bashScript": {"script": "make check"}},
        {"name": "lint", "type": "Command", "weight": 0.3, "command": {"command": ["make", "lint"]}},
    ]
    environment = {"blueprintRef": {"name": blueprint}}
    contract = {"scoringFunctions": functions}
    spec = {"problemStatement": "Do it.", "environment": environment, "scoringContract": contract}
    create(api, "Scenario", name, spec)


def create_run(api: FakeApi, name: str, scenario: str, **spec: Any) -> None:
    """A ScenarioRun."""
    agent = {} if "rescore" in spec else {"agent": {"ref": {"name": "solver"}}}
    create(api, "ScenarioRun", name, {"scenarioRef": {"name": scenario}, **agent, **spec})


def create_benchmark_run(api: FakeApi, name: str, *scenarios: str, **spec: Any) -> None:
    """A Benchmark and a BenchmarkRun of that name."""
    create(api, "Benchmark", name, {"scenarios": [{"name": one} for one in scenarios]})
    base = {"benchmarkRef": {"name": name}, "agent": {"ref": {"name": "solver"}}}
    create(api, "BenchmarkRun", name, {**base, **spec})


def condition(api: FakeApi, kind: str, name: str, type_: str) -> tuple[str, str] | None:
    """Status and reason of a condition."""
    obj = api.get(OURS[kind], TEAM, name) or {}
    found = (obj.get("status") or {}).get("conditions") or ()
    return next(((one["status"], one["reason"]) for one in found if one["type"] == type_), None)


def is_over(api: FakeApi, kind: str, name: str) -> bool:
    """Whether a run has ended."""
    return any((condition(api, kind, name, type_) or "")[:1] == ("True",) for type_ in ("Complete", "Failed"))


def reconciles(kind: str) -> float:
    """How many reconciles of a kind this process has ended."""
    name, results = "assay_reconcile_total", ("success", "requeue", "error")
    counted = (metrics.registry.get_sample_value(name, {"kind": kind, "result": one}) for one in results)
    return sum(value or 0.0 for value in counted)


def leftovers(api: FakeApi) -> list[str]:
    """Children that should be gone once every run has ended."""
    return [
        f"{resource.kind} {one['metadata']['name']}" for resource in CHILDREN for one in api.all(resource)
    ]


def table(writes: Mapping[tuple[str, str], int]) -> str:
    """Writes, to read."""
    lines = [f"{count:5}  {method:6} {resource}" for (method, resource), count in sorted(writes.items())]
    return "\n".join([*lines, f"{sum(writes.values()):5}  in all"])


def writes_since(api: FakeApi, mark: int) -> Counter[tuple[str, str]]:
    """Writes by method and resource, Events included, from the given number of writes on."""
    return Counter((one.method, one.resource) for one in api.writes[mark:])
