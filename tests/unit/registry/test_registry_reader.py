"""The registry reader against a small registry of our own."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from assay.registry.image import own_architecture
from assay.registry.reader import ImageConfig, ImageNotFound, RegistryReader, RegistryUnavailable

CONFIG = {"config": {"User": "agent", "WorkingDir": "/src", "Env": ["PATH=/bin"], "Cmd": ["bash"]}}
BASIC = base64.b64encode(b"user:secret").decode()


class Registry:
    """Serves documents by digest and tag; `auth` is None, "basic", "token" (anonymous) or "login"."""

    def __init__(self, auth: str | None = None) -> None:
        self.auth = auth
        self.documents: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.log: list[str] = []
        self.status: int | None = None
        self.base = ""

    def add(self, document: dict[str, Any], tag: str | None = None) -> str:
        data = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.documents[digest] = data
        if tag:
            self.tags[tag] = digest
        return digest

    def add_image(self, tag: str | None = None, config: dict[str, Any] = CONFIG) -> str:
        return self.add({"schemaVersion": 2, "config": {"digest": self.add(config)}, "layers": []}, tag)

    async def token(self, request: web.Request) -> web.Response:
        self.log.append(f"token {request.query['scope']}")
        if self.auth == "login" and request.headers.get("Authorization") != f"Basic {BASIC}":
            return web.Response(status=401)
        return web.json_response({"token": "let-me-in", "expires_in": 300})

    async def serve(self, request: web.Request) -> web.Response:
        self.log.append(request.path)
        wanted = {None: None, "basic": f"Basic {BASIC}"}.get(self.auth, "Bearer let-me-in")
        if wanted and request.headers.get("Authorization") != wanted:
            challenge = f'Bearer realm="{self.base}/token",service="here",scope="repository:a/b:pull"'
            if self.auth == "basic":
                challenge = 'Basic realm="here"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        if self.status:
            return web.Response(status=self.status)
        target = request.path.rpartition("/")[2]
        data = self.documents.get(self.tags.get(target, target))
        return web.Response(body=data) if data is not None else web.Response(status=404)


@asynccontextmanager
async def serving(registry: Registry, **options: Any) -> AsyncIterator[RegistryReader]:
    app = web.Application()
    app.router.add_get("/token", registry.token)
    app.router.add_get("/v2/{rest:.*}", registry.serve)
    async with TestServer(app) as server:
        registry.base = str(server.make_url("")).rstrip("/")
        reader = RegistryReader({"images.example": registry.base}, **options)
        try:
            yield reader
        finally:
            await reader.close()


@pytest.fixture
def docker_config(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    write_auth(path, BASIC)
    return path


def write_auth(path: Path, auth: str) -> None:
    path.write_text(json.dumps({"auths": {"images.example": {"auth": auth}}}))


async def test_a_plain_image() -> None:
    registry = Registry()
    digest = registry.add_image("v1")
    async with serving(registry) as reader:
        found = await reader.resolve("images.example/a/b:v1")
        assert found == ImageConfig(
            digest, "agent", "/src", [{"name": "PATH", "value": "/bin"}], [], ["bash"]
        )
        assert await reader.resolve(f"images.example/a/b@{digest}") == found


async def test_an_index_gives_its_own_digest_and_our_architecture_s_config() -> None:
    registry = Registry()
    ours, other = registry.add_image(), registry.add_image(config={"config": {"User": "wrong"}})
    digest = registry.add(
        {
            "manifests": [
                {"digest": other, "platform": {"os": "linux", "architecture": "mips"}},
                {"digest": ours, "platform": {"os": "linux", "architecture": own_architecture()[0]}},
                {"digest": other, "platform": {"os": "unknown", "architecture": "unknown"}},
            ]
        },
        "v1",
    )
    async with serving(registry) as reader:
        found = await reader.resolve("images.example/a/b:v1")
    assert (found.digest, found.user) == (digest, "agent")


async def test_an_index_without_our_architecture_says_what_it_has() -> None:
    registry = Registry()
    registry.add({"manifests": [{"digest": "x", "platform": {"os": "linux", "architecture": "mips"}}]}, "v1")
    async with serving(registry) as reader:
        with pytest.raises(ImageNotFound, match=r"no image for linux/\w+ \(it has: linux/mips\)"):
            await reader.resolve("images.example/a/b:v1")


async def test_an_anonymous_token_is_fetched_once() -> None:
    registry = Registry("token")
    registry.add_image("v1")
    async with serving(registry) as reader:
        await reader.resolve("images.example/a/b:v1")
        await reader.resolve("images.example/a/b:v1")
    assert registry.log.count("token repository:a/b:pull") == 1


@pytest.mark.parametrize("auth", ["basic", "login"])
async def test_credentials_are_used(auth: str, docker_config: Path) -> None:
    registry = Registry(auth)
    registry.add_image("v1")
    async with serving(registry, docker_config=docker_config) as reader:
        assert (await reader.resolve("images.example/a/b:v1")).user == "agent"


@pytest.mark.parametrize("auth", ["basic", "login"])
async def test_missing_credentials_are_told_apart_from_wrong_ones(auth: str, docker_config: Path) -> None:
    registry = Registry(auth)
    registry.add_image("v1")
    async with serving(registry) as reader:
        with pytest.raises(ImageNotFound, match="no credentials are given"):
            await reader.resolve("images.example/a/b:v1")
    write_auth(docker_config, "d3Jvbmc=")
    async with serving(registry, docker_config=docker_config) as reader:
        with pytest.raises(ImageNotFound, match="the given credentials do not allow it"):
            await reader.resolve("images.example/a/b:v1")


async def test_a_missing_image() -> None:
    async with serving(Registry()) as reader:
        with pytest.raises(ImageNotFound, match=r"images\.example/a/b:v9 does not exist"):
            await reader.resolve("images.example/a/b:v9")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_sick_registry(status: int) -> None:
    registry = Registry()
    registry.status = status
    async with serving(registry) as reader:
        with pytest.raises(RegistryUnavailable, match=r"images\.example"):
            await reader.resolve("images.example/a/b:v1")


async def test_nobody_listens() -> None:
    reader = RegistryReader({"images.example": "http://127.0.0.1:9"})
    with pytest.raises(RegistryUnavailable, match="cannot be reached"):
        await reader.resolve("images.example/a/b:v1")
    await reader.close()


async def test_content_that_is_not_what_was_asked_for() -> None:
    registry = Registry()
    digest = registry.add_image("v1")
    registry.documents[digest] = b'{"config": {"digest": "sha256:evil"}}'
    async with serving(registry) as reader:
        with pytest.raises(RegistryUnavailable, match="other content"):
            await reader.resolve(f"images.example/a/b@{digest}")
        for document in (b"<html>", b"[" * 100_000 + b"]" * 100_000):
            registry.documents[digest] = document
            with pytest.raises(RegistryUnavailable, match="did not answer with JSON"):
                await reader.resolve("images.example/a/b:v1")
