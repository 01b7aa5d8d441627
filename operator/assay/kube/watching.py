"""The HTTP session of the watches: no answer of the API server can end the process that reads them.

kopf parses listings and the lines of watches by Python's recursive parser, and takes every ERROR but 410 for fatal.
Its session is ours to give, so what it reads is made harmless here: JSON that is nested too deeply is cut, an ERROR
of any kind says 410 (list again), and half a line of a connection that broke is dropped.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from . import nesting

log = logging.getLogger(__name__)

GONE = 410
_ERROR = re.compile(rb'\s*\{\s*"type"\s*:\s*"ERROR"')


def session(
    context: ssl.SSLContext, headers: Mapping[str, str], proxy: str | None = None
) -> aiohttp.ClientSession:
    """A session for listings and watches. Variables of the environment steer nothing; `proxy` is the kubeconfig's."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),  # each watch holds a connection
        headers=headers,
        proxy=proxy,
        trust_env=False,
        response_class=Response,
    )


class Response(aiohttp.ClientResponse):
    """An answer whose JSON can be parsed, whatever its depth; that of a watch is read line by line."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read the headers."""
        await super().start(connection)
        if self.url.query.get("watch") == "true" and self.status == 200:
            self.content = Lines(self.content, self.url.path)  # type: ignore[assignment]
        return self

    async def json(self, **_: Any) -> Any:
        """The whole answer, parsed."""
        return nesting.loads(await self.read())


class Lines:
    """The stream of a watch; its chunks are whole lines that can be parsed."""

    def __init__(self, content: aiohttp.StreamReader, path: str) -> None:
        self._content = content
        self._path = path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Each line as a chunk; a last line without its end is left out."""
        buffer: list[bytes] = []
        async for data in self._content.iter_chunked(size):
            *ends, rest = data.split(b"\n")
            for end in ends:
                yield self._harmless(b"".join((*buffer, end))) + b"\n"
                buffer.clear()
            if rest:
                buffer.append(rest)

    def _harmless(self, line: bytes) -> bytes:
        if _ERROR.match(line):
            return self._gone(line)
        return nesting.cut(line)

    def _gone(self, line: bytes) -> bytes:
        """An ERROR as one that asks to list again."""
        status = nesting.loads(line).get("object") or {}
        if status.get("code") != GONE:
            log.warning(
                "the watch of %s ended by an error, listing again: %s", self._path, status.get("message")
            )
        return json.dumps({"type": "ERROR", "object": {**status, "code": GONE}}).encode()
