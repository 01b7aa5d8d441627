"""How a disk that is still to be made will become a root file system."""

from __future__ import annotations

from typing import Any

from assay.api.disk import RootFilesystem
from assay.api.object import ApiObject
from assay.reconcile.common.context import Context
from assay.settings import Settings
from assay.specs.pod_plan import MountPlan

from . import node_probe
from .node_probe import Probing


def chosen(asked: RootFilesystem, settings: Settings) -> MountPlan | None:
    """What somebody chose: the object's `rootFilesystem`, or the operator's setting. None: Auto. No I/O."""
    if asked != "Auto":
        return MountPlan(asked, "spec.rootFilesystem asks for it")
    if settings.root_filesystem != "Auto":
        return MountPlan(settings.root_filesystem, "the operator's setting rootFilesystem asks for it")
    return None


async def plan(ctx: Context, owner: ApiObject[Any, Any], asked: RootFilesystem) -> MountPlan | Probing:
    """What somebody chose, else what the cluster's nodes can do, or the next step to find out.

    ReferenceNotReady: something keeps a probe from starting.
    """
    return chosen(asked, ctx.settings) or await node_probe.choose(ctx, owner)
