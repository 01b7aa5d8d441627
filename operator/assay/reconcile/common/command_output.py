"""The end of what the command of a devbox or run printed."""

from __future__ import annotations

from assay.kube.errors import ApiError
from assay.specs import devbox_container

from .context import Context
from .text import printable

LINES = 40


async def read(ctx: Context, namespace: str, pod: str) -> str:
    """The last lines; empty if the log is gone already."""
    try:
        log = await ctx.client.pod_log(namespace, pod, devbox_container.CONTAINER, tail_lines=LINES)
    except ApiError:
        return ""
    return printable(log)
