"""`assay open`: a shell in what an agent left, or in what it does right now."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from assay.api.condition_types import ConditionType
from assay.api.unparsed import is_finished
from assay.kube.client import Selection
from assay.kube.errors import ApiError, NotFound
from assay.kube.follow import follow
from assay.kube.resources import PODS
from assay.kube_object import KubeObject
from assay.specs import devbox_container, names

from .cluster import Cluster, on_cluster
from .exits import Exit, Failure, complain
from .options import ClusterOptions, command
from .output import name_of
from .views.attempts import condition

EXAMPLE = """\b
Examples:
  assay open monday-sum-1
  assay open monday-sum-1 -- bash -c 'git diff'

\b
A run that goes on: its own pod. One that has ended: the devbox that it opened (keepDevbox), else a new one
on its kept disk (assay run --snapshots Always), which is deleted when the shell ends. Needs kubectl.
Exit codes: that of the shell; 1 the run kept no disk; 3 the cluster refuses; 4 --timeout is over."""
SHELL = "/.assay/shell"


@command
def open_(
    run: Annotated[str, typer.Argument(help="Name of a ScenarioRun.", metavar="RUN")],
    cluster: ClusterOptions,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="After --: a command instead of a shell.", metavar="-- COMMAND…"),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the devbox when the shell ends.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the devbox.", min=1)] = 300.0,
) -> int:
    """Open a shell on a run's disk."""
    if shutil.which("kubectl") is None:
        raise Failure("this needs kubectl, which is not there", Exit.USAGE)

    async def work(there: Cluster) -> int:
        found = await there.get("ScenarioRun", run)
        async with _pod(there, found, seconds=timeout, keep=keep) as pod:
            return await _shell(there, cluster, pod, words or [])

    return on_cluster(cluster, work)


@contextlib.asynccontextmanager
async def _pod(there: Cluster, run: KubeObject, *, seconds: float, keep: bool) -> AsyncIterator[str]:
    """The pod to look into, while this is entered."""
    name, status = run["metadata"]["name"], run.get("status") or {}
    if pod := await _running_pod(there, name) if not is_finished(run) else None:
        yield pod
        return
    if pod := await _opened(there, status.get("devbox") or name):
        yield pod
        return
    if not (snapshot := status.get("diskSnapshot")):
        raise Failure(f"ScenarioRun {name} kept no disk: start runs with --snapshots Always or OnFailure")
    spec = {"diskSnapshotRef": {"name": snapshot}}
    devbox = await there.create(
        there.manifest("Devbox", names.child_name(name, "open", uuid.uuid4().hex[:5]), spec)
    )
    try:
        yield await _ready(there, devbox["metadata"]["name"], seconds)
    finally:
        await _tidy_up(there, devbox, keep=keep)


async def _tidy_up(there: Cluster, devbox: KubeObject, *, keep: bool) -> None:
    stays = f"the devbox stays: kubectl delete {name_of(devbox)} -n {there.namespace}"
    if keep:
        complain(stays)
        return
    try:
        await there.client.delete(devbox)
    except ApiError:
        complain(stays)
        raise


async def _running_pod(there: Cluster, run: str) -> str | None:
    """The pod in which the run's agent works."""
    selection = Selection(PODS, there.namespace, f"{names.SCENARIO_RUN}={run}")
    async for page in there.client.pages(selection):
        for pod in page["items"]:
            for one in (pod.get("status") or {}).get("initContainerStatuses") or ():
                if one["name"] == devbox_container.CONTAINER and "running" in (one.get("state") or {}):
                    return str(pod["metadata"]["name"])
    return None


async def _opened(there: Cluster, name: str) -> str | None:
    """The pod of a devbox that is up."""
    try:
        devbox = await there.client.get(there.selection("Devbox").resource, there.namespace, name)
    except NotFound:
        return None
    return _pod_name(devbox)


def _pod_name(devbox: KubeObject) -> str | None:
    is_ready = condition(devbox, ConditionType.READY).get("status") == "True"
    return str(devbox["status"]["podName"]) if is_ready else None


async def _ready(there: Cluster, name: str, seconds: float) -> str:
    """The pod of a new devbox, once it is up."""
    doing = ""
    try:
        async with asyncio.timeout(seconds):
            mine = there.selection("Devbox", field_selector=f"metadata.name={name}")
            async for seen in follow(there.client, mine):
                devbox = seen.objects.get(name) or {}
                if pod := _pod_name(devbox):
                    return pod
                finished = condition(devbox, ConditionType.FINISHED)
                if finished.get("status") == "True":
                    raise Failure(f"devbox {name}: {finished['reason']}: {finished.get('message') or ''}")
                reason = condition(devbox, ConditionType.READY).get("reason") or "Pending"
                if reason != doing:
                    complain(f"devbox {name}: {reason}")
                    doing = reason
    except TimeoutError as error:
        raise Failure(f"devbox {name} is not up after {seconds:g} s: {doing}", Exit.TIMEOUT) from error
    raise AssertionError  # a watch is followed for ever


async def _shell(there: Cluster, options: ClusterOptions, pod: str, words: list[str]) -> int:
    """Run the shell by kubectl, on this terminal; returns its exit code."""
    flags = ["--namespace", there.namespace]
    for name, value in (("--kubeconfig", options.kubeconfig), ("--context", options.context)):
        flags += [name, value] if value else []
    terminal = ["--stdin", "--tty"] if sys.stdin.isatty() else ["--stdin"]
    where = ["--container", devbox_container.CONTAINER, pod]
    process = await asyncio.create_subprocess_exec(
        "kubectl", *flags, "exec", *terminal, *where, "--", SHELL, *words
    )
    return await process.wait()
