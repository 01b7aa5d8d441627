"""A ScenarioRun with all its fields: the cache keeps few of one that has ended."""

from __future__ import annotations

from assay.api.conditions import is_finished
from assay.api.scenariorun import ScenarioRun
from assay.kube.errors import NotFound
from assay.kube.resources import resource_of
from assay.reconcile.common.context import Context


async def read(ctx: Context, run: ScenarioRun) -> ScenarioRun | None:
    """The run, from the API server if it has ended.

    None: the run is gone, or its name belongs to another run; the watch is about to show that.
    """
    if not is_finished(run.status.conditions):
        return run
    try:
        found = await ctx.client.get(resource_of(run.identity()), run.namespace, run.name)
    except NotFound:
        return None
    whole = ScenarioRun.parse(found)
    return whole if whole.uid == run.uid and is_finished(whole.status.conditions) else None
