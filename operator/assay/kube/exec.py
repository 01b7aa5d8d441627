"""Commands in containers: what `pods/exec` sends over a WebSocket, `v5.channel.k8s.io` and `v4` (KEP-4006)."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from .errors import ApiError, Unavailable

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
OUTPUT_MAX = 64 * 1024
"""Bytes kept of each stream: a container may print without limit."""
_STDOUT, _STDERR, _STATUS = 1, 2, 3  # the first byte of each message


def query(container: str, command: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters of the request."""
    words = [("command", word) for word in command]
    return [("container", container), ("stdout", "true"), ("stderr", "true"), *words]


async def outcome(messages: AsyncIterator[bytes]) -> str:
    """What the command printed. ApiError: it did not run, or ended with another exit code than 0."""
    streams = {_STDOUT: bytearray(), _STDERR: bytearray()}
    async for message in messages:
        channel, data = message[:1], message[1:]
        if channel == bytes([_STATUS]):
            _check(data, streams[_STDERR] or streams[_STDOUT])
            return streams[_STDOUT].decode(errors="replace")
        if channel and channel[0] in streams:
            kept = streams[channel[0]]
            kept += data[: OUTPUT_MAX - len(kept)]
    raise Unavailable(0, "Closed", "the connection ended before the command did")


def _check(data: bytes, printed: bytearray) -> None:
    try:
        status: dict[str, Any] = json.loads(data)
    except ValueError:
        raise Unavailable(0, "BadAnswer", "the server's report of the command's end is no JSON") from None
    if status.get("status") != "Success":
        output = printed.decode(errors="replace").strip()
        message = ": ".join(part for part in (str(status.get("message") or ""), output) if part)
        raise ApiError(int(status.get("code") or 101), str(status.get("reason") or ""), message)
