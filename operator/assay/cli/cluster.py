"""The connection of a command to its cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.kube.client import Client, Selection
from assay.kube.connection import Login, default_namespace
from assay.kube.errors import AlreadyExists, NotFound
from assay.kube.rate_limit import TokenBucket
from assay.kube_object import KubeObject
from assay.our_resources import OURS

from .exits import Exit, Failure
from .options import ClusterOptions

MANAGER = "assay-cli"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A client, and the namespace that the command works in."""

    client: Client
    namespace: str

    async def get(self, kind: str, name: str) -> KubeObject:
        """One of our objects; Failure if there is none."""
        try:
            return await self.client.get(OURS[kind], self.namespace, name)
        except NotFound as error:
            raise Failure(f"there is no {kind} {name} in namespace {self.namespace}") from error

    async def list(self, kind: str, label_selector: str | None = None) -> list[KubeObject]:
        """Our objects of a kind in the namespace."""
        return [one async for one in self.client.list(OURS[kind], self.namespace, label_selector)]

    async def find(self, name: str) -> KubeObject:
        """A BenchmarkRun or ScenarioRun of that name; Failure if there is neither."""
        for kind in ("BenchmarkRun", "ScenarioRun"):
            try:
                return await self.client.get(OURS[kind], self.namespace, name)
            except NotFound:
                continue
        raise Failure(f"there is no BenchmarkRun or ScenarioRun {name} in namespace {self.namespace}")

    async def create(self, obj: KubeObject) -> KubeObject:
        """Create one of our objects in the namespace."""
        try:
            return await self.client.create(obj)
        except AlreadyExists as error:
            name = obj["metadata"]["name"]
            raise Failure(f"{obj['kind']} {name} exists already: give another --name", Exit.USAGE) from error

    def selection(
        self, kind: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> Selection:
        """Our objects of a kind in the namespace, to follow."""
        return Selection(OURS[kind], self.namespace, label_selector, field_selector)

    def manifest(self, kind: str, name: str, spec: KubeObject) -> KubeObject:
        """An object of ours, to create."""
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": OURS[kind].api_version, "kind": kind, "metadata": metadata, "spec": spec}


@asynccontextmanager
async def connected(options: ClusterOptions) -> AsyncIterator[Cluster]:
    """Log in, and out again."""
    login = Login(options.kubeconfig, options.context)
    namespace = options.namespace or default_namespace(login)
    client = await Client.login(login, TokenBucket(0), MANAGER)
    try:
        yield Cluster(client, namespace)
    finally:
        await client.close()


def on_cluster(options: ClusterOptions, work: Callable[[Cluster], Awaitable[int]]) -> int:
    """Do a command's work on its cluster; returns its exit code."""

    async def connect_and_work() -> int:
        async with connected(options) as cluster:
            return await work(cluster)

    return asyncio.run(connect_and_work())
