"""`assay serve`: the report, live from the cluster, for the browser of the person who calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from aiohttp import web

from assay.kube.errors import ApiError
from assay.report import index

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure
from .options import ClusterOptions, command
from .report import page_about, parsed

EXAMPLE = """\b
Examples:
  assay serve
  assay serve monday tuesday --port 8001

\b
Each load of a page reads the cluster anew, with your rights. Only this machine can open it; Ctrl-C ends it.
Exit codes: 2 the port is taken; 3 the cluster does not answer at the start."""

HOST = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@command
def serve(
    cluster: ClusterOptions,
    runs: Annotated[
        list[str] | None,
        typer.Argument(help="BenchmarkRuns to show first; all to choose from when absent.", metavar="[RUN]"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any that is free.")] = 8000,
) -> int:
    """Show runs in the browser, live."""

    async def work(there: Cluster) -> int:
        await there.list("BenchmarkRun")  # what is wrong with the connection is better told here
        runner = web.AppRunner(application(there, runs or []), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port)
            try:
                await site.start()
            except OSError as error:
                raise Failure(f"port {port}: {error.strerror}: give another --port", Exit.USAGE) from error
            print(f"http://{HOST}:{runner.addresses[0][1]}/ shows it until Ctrl-C", flush=True)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
        return Exit.OK

    return on_cluster(cluster, work)


def application(there: Cluster, runs: list[str]) -> web.Application:
    """`/` has these runs, or all to choose from; `/report?run=NAME&run=…` any of them."""

    async def home(request: web.Request) -> web.Response:
        return await _page(there, runs) if runs else await _index(there)

    async def report(request: web.Request) -> web.Response:
        chosen = request.query.getall("run", [])
        if not chosen:
            raise web.HTTPFound("/")
        return await _page(there, chosen)

    app = web.Application(middlewares=[_for_this_machine, _with_errors_told])
    app.add_routes([web.get("/", home), web.get("/report", report)])
    return app


async def _page(there: Cluster, runs: list[str]) -> web.Response:
    page, _ = await page_about(there, runs)
    return _html(page)


async def _index(there: Cluster) -> web.Response:
    runs, _ = parsed(await there.list("BenchmarkRun"))
    return _html(index(runs, there.namespace, now=datetime.now(UTC)))


def _html(page: str) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
    return web.Response(text=page, content_type="text/html", headers=headers)


@web.middleware
async def _for_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other host names: a page of somebody else's could have its name resolve to this machine, and read us."""
    if request.url.host not in (HOST, "localhost"):
        raise web.HTTPForbidden(text="open it as 127.0.0.1 or localhost\n")
    return await handler(request)


@web.middleware
async def _with_errors_told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A line in place of the page; the next load tries again."""
    try:
        return await handler(request)
    except Failure as error:
        return web.Response(status=404, text=f"{error}\n")
    except ApiError as error:
        return web.Response(status=502, text=f"the cluster does not answer, or refuses: {error}\n")
