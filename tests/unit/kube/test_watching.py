"""The session of the watches on a server that answers what an API server may, and worse."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from assay.kube import nesting, watching

DEEP = b'{"type":"ADDED","object":{"metadata":{"name":"deep"},"spec":' + b'{"a":' * 5000 + b"1" + b"}" * 5002


@asynccontextmanager
async def answered(*chunks: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer to a watch (or a listing, where it is one JSON) that a server sends in these pieces."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        return response

    application = web.Application()
    application.router.add_get("/things", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    context = ssl.create_default_context()
    try:
        async with (
            watching.session(context, {"Authorization": "Bearer x"}) as session,
            session.get(f"http://127.0.0.1:{port}/things", params={"watch": "true"}) as response,
        ):
            yield response
    finally:
        await runner.cleanup()


async def lines(*chunks: bytes) -> list[bytes]:
    async with answered(*chunks) as response:
        return [line async for line in response.content.iter_chunked(1024)]


async def test_lines_come_whole_whatever_the_pieces() -> None:
    assert await lines(b'{"type":"ADDED"', b',"object":{}}\n{"type":', b'"MODIFIED","object":{}}\n') == [
        b'{"type":"ADDED","object":{}}\n',
        b'{"type":"MODIFIED","object":{}}\n',
    ]


async def test_half_a_line_of_a_broken_connection_is_dropped() -> None:
    assert await lines(b'{"type":"ADDED","object":{}}\n', b'{"type":"MODIF') == [
        b'{"type":"ADDED","object":{}}\n'
    ]


async def test_an_object_that_no_parser_takes_is_cut_and_the_next_is_seen() -> None:
    deep, after = await lines(DEEP + b"\n", b'{"type":"ADDED","object":{}}\n')
    event = json.loads(deep)
    assert event["object"]["metadata"]["name"] == "deep"
    assert nesting.is_deep(event["object"])
    assert json.loads(after)["type"] == "ADDED"


@pytest.mark.parametrize(
    "status", [{"code": 500, "message": "etcd"}, {"code": 410, "message": "old"}, {}, None]
)
async def test_every_error_asks_to_list_again(
    status: dict[str, object] | None, caplog: pytest.LogCaptureFixture
) -> None:
    [line] = await lines(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
    assert json.loads(line) == {"type": "ERROR", "object": {**(status or {}), "code": 410}}
    assert ("listing again" in caplog.text) is ((status or {}).get("code") != 410), "410 is ordinary"


async def test_a_listing_of_any_depth_is_parsed() -> None:
    async with answered(
        b'{"items":[' + DEEP + b',{"metadata":{"name":"b"}}],"metadata":{"continue":"x"}}'
    ) as one:
        listing = await one.json()
    assert listing["metadata"] == {"continue": "x"}
    assert listing["items"][1] == {"metadata": {"name": "b"}}
