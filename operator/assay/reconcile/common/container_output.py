"""The end of what a container printed."""

from __future__ import annotations

from assay.kube.errors import ApiError
from assay.kube_object import KubeObject

from .context import Context
from .text import printable

LINES = 40


async def read(ctx: Context, pod: KubeObject, container: str, lines: int = LINES) -> str:
    """The last lines; empty if the log is gone already, or cannot be read now."""
    metadata = pod["metadata"]
    try:
        log = await ctx.client.pod_log(metadata["namespace"], metadata["name"], container, tail_lines=lines)
    except ApiError:
        return ""
    return printable(log)
