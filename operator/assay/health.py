"""The operator's own endpoint: /healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from . import metrics


async def serve(port: int, is_ready: Callable[[], bool]) -> web.AppRunner:
    """Start the endpoint; `cleanup()` of what is returned stops it.

    /healthz answers as long as the event loop turns; /readyz once everything was listed and work goes on.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        ready = is_ready()
        return web.Response(text="ok\n" if ready else "not synced\n", status=200 if ready else 503)

    async def metrics_text(_: web.Request) -> web.Response:
        body = await asyncio.get_running_loop().run_in_executor(None, metrics.render)
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics_text)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
