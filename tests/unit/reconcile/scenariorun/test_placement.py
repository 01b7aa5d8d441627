"""Where the functions of a run work is fixed when it starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun, ScenarioRunStatus
from assay.reconcile.common.decision import Decision
from assay.reconcile.scenariorun.observed import Observed, RunView
from assay.reconcile.scenariorun.start import start
from tests.unit.reconcile.contexts import blueprint, scenario, snapshot
from tests.unit.reconcile.nodes.nodes import node
from tests.unit.reconcile.nodes.probed_cluster import Cluster, hash_of, kept
from tests.unit.specs.objects import SCENARIO, Obj, from_yaml, run

NODE = node("a")
NOP = {"agent": {"type": "Nop"}}


def placing(**placements: str) -> Obj:
    """The scenario, with the placement that its functions ask for."""
    contract = from_yaml(SCENARIO)["scoringContract"]
    functions = [
        {**one, "placement": placements[one["name"]]} if one["name"] in placements else one
        for one in contract["scoringFunctions"]
    ]
    return scenario(scoringContract={**contract, "scoringFunctions": functions})


async def begin(*objects: Obj, can_mount: bool | None = True, spec: Any = NOP, **settings: Any) -> Decision:
    """The first decision about a run, where the nodes can mount overlays, cannot, or have not been asked."""
    cluster = Cluster(NODE)
    if can_mount is not None:
        cluster.data = {hash_of(NODE): kept(can_mount)}
    for one in objects:
        cluster.ctx.cache.put(one["kind"], one)
    ctx = replace(cluster.ctx, settings=cluster.ctx.settings.replace(**settings))
    started = run(**spec).model_copy(update={"status": ScenarioRunStatus()})
    return await start(ctx, RunView(started, Observed(), ctx.settings, ctx.now()))


def pins(decision: Decision) -> PinnedRun:
    assert isinstance(decision.status, ScenarioRunStatus)
    found = decision.status.pinned
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("placements", "setting", "beside"),
    [
        ({}, "SamePod", ["tests", "lint"]),
        ({}, "OwnPod", None),
        ({"lint": "OwnPod"}, "SamePod", ["tests"]),
        ({"lint": "SamePod"}, "OwnPod", ["lint"]),
    ],
)
async def test_the_contract_decides_before_the_operators_setting(
    placements: Any, setting: str, beside: list[str] | None
) -> None:
    found = pins(await begin(placing(**placements), blueprint(), placement=setting))
    assert found.same_pod == beside
    asked = [one.placement for one in found.scenario.scoring_contract.scoring_functions]
    assert None not in asked, "an edit of the operator's setting does not reach a run that has begun"


async def test_where_the_root_file_system_is_a_copy_functions_have_pods_of_their_own() -> None:
    assert pins(await begin(placing(), blueprint(), can_mount=False)).same_pod is None
    assert pins(await begin(placing(), blueprint(), root_filesystem="Copy")).same_pod is None


async def test_a_run_waits_until_the_nodes_are_probed() -> None:
    decision = await begin(placing(), blueprint(), can_mount=None)
    [probe] = decision.create
    assert probe["metadata"]["ownerReferences"][0]["kind"] == "ScenarioRun"
    assert isinstance(decision.status, ScenarioRunStatus)
    assert (decision.write, decision.status.pinned) == (False, None)


async def test_a_run_whose_functions_all_work_elsewhere_asks_no_node() -> None:
    found = pins(await begin(placing(), blueprint(), can_mount=None, placement="OwnPod"))
    assert found.same_pod is None, "its devbox finds out"


async def test_a_disk_from_a_snapshot_is_mounted_as_it_was_made() -> None:
    base: Obj = {"environment": {"diskSnapshotRef": {"name": "kept"}}}
    for root, beside in (("Overlay", ["tests", "lint"]), ("Copy", None)):
        kept_disk = snapshot(rootFilesystem=root)
        found = pins(await begin(scenario(**base), kept_disk, can_mount=None))
        assert (found.same_pod, found.disk_snapshot) == (beside, "kept")


async def test_a_rescore_has_no_agent_to_be_beside() -> None:
    rescore: Any = {"agent": None, "rescore": {"diskSnapshotRef": {"name": "kept"}}}
    decision = await begin(placing(), blueprint(), snapshot(rootFilesystem="Overlay"), spec=rescore)
    assert pins(decision).same_pod is None
