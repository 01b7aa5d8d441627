"""How a disk that is still to be made will become a root file system: by choice, or by what the nodes can do."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from assay.api.disk import RootFilesystem
from assay.api.object import ApiObject
from assay.reconcile.nodes import mount
from assay.reconcile.nodes.node_probe import Probing
from assay.specs.pod_plan import MountPlan
from tests.unit.reconcile.nodes.probed_cluster import BOX, NEW, OLD, Cluster, hash_of, kept
from tests.unit.specs.objects import SETTINGS, run


@pytest.mark.parametrize(
    ("asked", "setting", "found"),
    [
        ("Auto", "Auto", None),
        ("Auto", "Overlay", "Overlay"),
        ("Auto", "Copy", "Copy"),
        ("Overlay", "Copy", "Overlay"),
        ("Copy", "Overlay", "Copy"),
        ("Copy", "Auto", "Copy"),
    ],
)
def test_the_object_decides_before_the_operators_setting(
    asked: RootFilesystem, setting: RootFilesystem, found: str | None
) -> None:
    chosen = mount.chosen(asked, SETTINGS.replace(root_filesystem=setting))
    assert (chosen.root_filesystem if chosen else None) == found
    if chosen:
        whose = "the operator's setting" if asked == "Auto" else "spec.rootFilesystem"
        assert chosen.reason.startswith(whose)


@pytest.mark.parametrize("asked", ["Overlay", "Copy"])
async def test_what_was_chosen_is_not_probed(asked: Literal["Overlay", "Copy"]) -> None:
    cluster = Cluster(OLD, NEW)
    found = await mount.plan(cluster.ctx, run(), asked)
    assert isinstance(found, MountPlan)
    assert found.root_filesystem == asked
    assert not cluster.asked


@pytest.mark.parametrize("can_mount", [True, False])
async def test_else_the_nodes_decide(can_mount: bool) -> None:
    cluster = Cluster(NEW)
    cluster.data = {hash_of(NEW): kept(can_mount)}
    found = await mount.plan(cluster.ctx, run(), "Auto")
    assert isinstance(found, MountPlan)
    assert found.root_filesystem == ("Overlay" if can_mount else "Copy")


@pytest.mark.parametrize("wanted", [run(), BOX.devbox], ids=["run", "devbox"])
async def test_what_waits_for_a_probe_owns_it(wanted: ApiObject[Any, Any]) -> None:
    found = await mount.plan(Cluster(NEW).ctx, wanted, "Auto")
    assert isinstance(found, Probing)
    assert found.create is not None
    [reference] = found.create["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["uid"]) == (wanted.kind, wanted.uid)
