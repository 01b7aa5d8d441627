"""The `pods/exec` of the fake API server: a WebSocket that speaks `v5.channel.k8s.io`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from assay.kube.resources import PODS

if TYPE_CHECKING:
    from tests.integration.fakeapi import FakeApi

STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"


class Command(NamedTuple):
    """What was asked for."""

    pod: str
    container: str
    words: list[str]


class Ended(NamedTuple):
    """How it ended; without a code the connection breaks before its end."""

    code: int | None = 0
    stdout: str = ""
    stderr: str = ""


Run = Callable[[Command], Ended | None]
"""Plays a command; None: it never ends."""


async def serve(api: FakeApi, request: web.Request, namespace: str, pod: str) -> web.StreamResponse:
    """Run a command in a pod that exists, for a client that asks for a WebSocket."""
    if api.get(PODS, namespace, pod) is None:
        return web.json_response({"kind": "Status", "message": f'pods "{pod}" not found'}, status=404)
    if request.headers.get("Upgrade") != "websocket":
        return web.json_response({"kind": "Status", "message": "Upgrade request required"}, status=400)
    socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
    await socket.prepare(request)
    command = Command(pod, request.query["container"], request.query.getall("command"))
    api.commands.append(command)
    ended = api.run_command(command)
    if ended is None:
        await asyncio.sleep(60)
        return socket
    await socket.send_bytes(STDOUT)  # the real one begins with an empty message for each stream
    for channel, text in ((STDOUT, ended.stdout), (STDERR, ended.stderr)):
        for start in range(0, len(text), 4096):
            await socket.send_bytes(channel + text[start : start + 4096].encode())
    if ended.code is not None:
        await socket.send_bytes(STATUS + json.dumps(_status(ended.code)).encode())
    await socket.close()
    return socket


def _status(code: int) -> dict[str, object]:
    if code == 0:
        return {"kind": "Status", "status": "Success"}
    return {
        "kind": "Status",
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
