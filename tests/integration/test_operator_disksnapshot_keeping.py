"""The real operator against the fake API server: how long snapshots stay, and the blueprints they lie on."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.kube.resources import VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from assay.specs import names, scenario_run
from tests.integration.disksnapshots import (
    LONG,
    READY,
    SNAPSHOTS,
    create_devbox,
    create_snapshot,
    message,
    says,
)
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.running import (
    TEAM,
    condition,
    create,
    create_benchmark_run,
    create_definitions,
    create_run,
    create_scenario,
    operating,
    reconciles,
    table,
    writes_since,
)

BLUEPRINTS = OURS["Blueprint"]


async def test_after_its_time_it_goes_unless_it_is_needed(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.reconcile.disksnapshot.retention.HELD_RETRY_SECONDS", 0.3)
    create_devbox(api)
    create_scenario(api, "fix-it")
    environment = {"blueprintRef": None, "diskSnapshotRef": {"name": "needed"}}
    api.patch(OURS["Scenario"], TEAM, "fix-it", {"spec": {"environment": environment}})
    create_snapshot(api, ttlSeconds=1)
    create_snapshot(api, "needed", ttlSeconds=1)
    with Kubelet(api, work=LONG) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "needed") == READY)
            # Times have seconds: the other may go before anybody has seen it ready.
            await operator.until(lambda: api.get(SNAPSHOTS, TEAM, "frozen") is None)
            assert kubelet.created["VolumeSnapshot frozen"] == 1
            assert api.get(VOLUME_SNAPSHOTS, TEAM, "frozen") is None
            await operator.until(lambda: "needed by Scenario fix-it" in message(api, "needed"))
            assert says(api, "needed") == READY
            seen = reconciles("DiskSnapshot")
            await operator.until(
                lambda: reconciles("DiskSnapshot") > seen
            )  # what the other's end has set going is written
            mark = len(api.writes)
            await operator.until(lambda: reconciles("DiskSnapshot") > seen + 3)
            assert table(writes_since(api, mark)) == table({})
            api.delete(OURS["Scenario"], TEAM, "fix-it")
            await operator.until(lambda: api.get(SNAPSHOTS, TEAM, "needed") is None)


async def test_of_each_scenario_of_a_benchmark_run_the_newest_stay(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it", "other")
    keep = {"snapshotPolicy": "Always", "snapshotRetention": {"perScenario": 1}}
    first, second = (scenario_run.name("all", "fix-it", attempt) for attempt in (1, 2))
    others = [scenario_run.name("all", "other", 2), scenario_run.name("theirs", "fix-it", 1), "alone"]
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            create_benchmark_run(api, "theirs", "fix-it", template=keep)
            await operator.until(lambda: says(api, others[1]) == READY)
            create_benchmark_run(api, "all", "fix-it", "other", attempts=2, parallelism=1, template=keep)
            gone = ("False", "DiskSnapshotDeleted")
            await operator.until(lambda: condition(api, "ScenarioRun", first, "DiskKept") == gone)
            create_run(api, "alone", "fix-it", **keep)
            await operator.until(lambda: all(says(api, one) == READY for one in [second, *others]))
            await operator.settled()
    assert {one["metadata"]["name"] for one in api.all(SNAPSHOTS)} == {second, *others}


def finalizers(api: FakeApi) -> list[str]:
    found = api.get(BLUEPRINTS, TEAM, "project")
    assert found is not None
    kept: list[str] = found["metadata"].get("finalizers") or []
    return kept


async def test_a_blueprint_stays_while_it_is_needed(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    api.patch(BLUEPRINTS, TEAM, "project", {"metadata": {"finalizers": ["theirs/own"]}})
    create_snapshot(api)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY and names.IN_USE in finalizers(api))
            create_scenario(api, "fix-it")
            await operator.settled()
            api.delete(BLUEPRINTS, TEAM, "project")
            blocked = ("True", "InUse")
            await operator.until(lambda: condition(api, "Blueprint", "project", "DeletionBlocked") == blocked)
            assert condition(api, "Blueprint", "project", "Ready") == ("True", "ImagePinned")
            create(api, "Devbox", "late", {"blueprintRef": {"name": "project"}, "rootFilesystem": "Overlay"})
            await operator.until(lambda: condition(api, "Devbox", "late", "Ready") == ("True", "Running"))
            api.delete(SNAPSHOTS, TEAM, "frozen")
            await operator.settled()
            assert names.IN_USE in finalizers(api)
            api.delete(OURS["Scenario"], TEAM, "fix-it")
            await operator.until(lambda: finalizers(api) == ["theirs/own"])
            unblocked = ("False", "NotInUse")
            await operator.until(
                lambda: condition(api, "Blueprint", "project", "DeletionBlocked") == unblocked
            )
            api.patch(BLUEPRINTS, TEAM, "project", {"metadata": {"finalizers": None}})
            await operator.settled()
    assert api.get(BLUEPRINTS, TEAM, "project") is None
    assert api.count_writes()["PATCH", "blueprints"] == 2, "one to add it, one to take it away"


async def test_everything_of_a_namespace_can_go_at_once(api: FakeApi, tmp_path: Path) -> None:
    create_devbox(api)
    create_scenario(api, "fix-it")
    create_snapshot(api)
    with Kubelet(api, work=LONG):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api) == READY and names.IN_USE in finalizers(api))
            for kind in ("Blueprint", "Devbox", "DiskSnapshot", "Scenario", "Agent"):  # the worst order
                for one in api.all(OURS[kind]):
                    api.delete(OURS[kind], TEAM, one["metadata"]["name"])
            await operator.until(lambda: not api.all(BLUEPRINTS))
    assert api.all(VOLUME_SNAPSHOTS) == []
