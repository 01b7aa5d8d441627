"""The real operator against the fake API server: disks to which a reference output from a Secret was applied."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from tests.integration.disksnapshots import LONG, SNAPSHOTS, message
from tests.integration.disksnapshots import says as snapshot_says
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.running import (
    TEAM,
    condition,
    create,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
)

HIDDEN = ("False", "HiddenReference")
KEEP = {"snapshotPolicy": "Always", "keepDevbox": {"when": "Always"}}
REFERENCE = {"type": "Reference"}
PLACEMENTS = pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])


def create_hidden(api: FakeApi) -> None:
    """A scenario whose reference output is in a Secret."""
    create_definitions(api, "fix-it")
    reference = {"secretKeyRef": {"name": "gold", "key": "fix.diff"}}
    api.patch(OURS["Scenario"], TEAM, "fix-it", {"spec": {"referenceOutput": reference}})


@PLACEMENTS
async def test_they_go_at_once_whatever_the_run_says(api: FakeApi, tmp_path: Path, placement: str) -> None:
    create_hidden(api)
    create_run(api, "r", "fix-it", agent=REFERENCE, **KEEP)
    create(api, "Agent", "gold", REFERENCE)
    create_run(api, "by-name", "fix-it", agent={"ref": {"name": "gold"}}, **KEEP)
    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path, placement=placement) as operator:
            for name in ("r", "by-name"):
                await operator.until(partial(is_over, api, "ScenarioRun", name))
                assert condition(api, "ScenarioRun", name, "DiskKept") == HIDDEN
            await operator.until(lambda: not leftovers(api))
            create_run(api, "again", "fix-it", rescore={"scenarioRunRef": {"name": "r"}})
            await operator.until(lambda: is_over(api, "ScenarioRun", "again"))
            assert condition(api, "ScenarioRun", "again", "Failed") == ("True", "NoDiskKept")
    assert not api.all(SNAPSHOTS)
    assert not api.all(VOLUME_SNAPSHOTS)
    assert kubelet.created["Devbox r"] == (1 if placement == "OwnPod" else 0), "none to look around"


@PLACEMENTS
async def test_nobody_freezes_them_by_hand(api: FakeApi, tmp_path: Path, placement: str) -> None:
    create_hidden(api)
    create_run(api, "r", "fix-it", agent=REFERENCE)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path, placement=placement) as operator:
            create(api, "DiskSnapshot", "stolen", {"scenarioRunRef": {"name": "r"}})
            await operator.until(lambda: snapshot_says(api, "stolen") == HIDDEN)
            assert "people who may read the Secret" in message(api, "stolen")
            await operator.settled()
    assert not api.all(VOLUME_SNAPSHOTS)
