"""The real operator against the fake API server: disks that runs leave, kept, opened and scored again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.kube.resources import JOBS, PERSISTENT_VOLUME_CLAIMS, PODS, VOLUME_SNAPSHOTS
from assay.our_resources import OURS
from assay.reconcile.scenariorun import cleanup
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, says
from tests.integration.running import (
    BENCHMARK_RUNS,
    DEVBOXES,
    RUNS,
    TEAM,
    condition,
    create,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
)

ALWAYS = {"snapshotPolicy": "Always"}
SNAPSHOTS = OURS["DiskSnapshot"]


def saying(score: str) -> Callable[[Json, str], Json]:
    """How containers end when the function `tests` gives this score."""
    return lambda _, container: {AGENT: PASSED, "tests": says(score)}.get(container, says(""))


def status(api: FakeApi, kind: str, name: str) -> Json:
    """The status of one of our objects."""
    obj = api.get(OURS[kind], TEAM, name)
    assert obj is not None
    found: Json = obj["status"]
    return found


async def test_a_disk_is_kept_without_delay_of_the_score(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", **ALWAYS)
    with Kubelet(api, snapshot=1.0) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            assert condition(api, "ScenarioRun", "r", "DiskKept") == ("False", "Creating")
            await operator.settled()
            assert api.get(PERSISTENT_VOLUME_CLAIMS, TEAM, "r"), (
                "its disk is needed until the snapshot is ready"
            )
            await operator.until(lambda: not leftovers(api))
            kept = ("True", "SnapshotReady")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "DiskKept") == kept)
    assert status(api, "ScenarioRun", "r")["diskSnapshot"] == "r"
    assert status(api, "ScenarioRun", "r")["score"] == 1.0
    assert (kubelet.created["DiskSnapshot r"], kubelet.created["VolumeSnapshot r"]) == (1, 1)
    assert len(status(api, "ScenarioRun", "r")["scores"]) == 2, "the whole status is still there"


async def test_a_disk_is_kept_of_a_run_that_did_not_pass(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    for name in ("passes", "misses", "killed"):
        create_run(api, name, "fix-it", snapshotPolicy="OnFailure")

    def end(pod: Json, container: str) -> Json:
        if container == AGENT:
            killed = pod["metadata"]["name"].startswith("killed")
            return {"exitCode": 137, "reason": "OOMKilled"} if killed else PASSED
        return says("1.0" if pod["metadata"]["name"].startswith("passes") else "0.0")

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: len(api.all(SNAPSHOTS)) == 2 and not leftovers(api))
            await operator.settled()
    assert sorted(one["metadata"]["name"] for one in api.all(SNAPSHOTS)) == ["killed", "misses"]
    assert condition(api, "ScenarioRun", "killed", "DiskKept") == ("True", "SnapshotReady")


async def test_without_snapshots_in_the_cluster_runs_are_scored_and_cleaned_up(
    api: FakeApi, tmp_path: Path
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", **ALWAYS)
    api.storage.collections.pop((VOLUME_SNAPSHOTS.group, VOLUME_SNAPSHOTS.plural))
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert condition(api, "ScenarioRun", "r", "DiskKept") == ("False", "SnapshotsUnavailable")


async def test_a_refused_snapshot_delays_no_score(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", **ALWAYS)
    api.fail("create", SNAPSHOTS.plural, 403, times=1000, reason="Forbidden")
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            await operator.settled()
            assert api.get(PERSISTENT_VOLUME_CLAIMS, TEAM, "r"), "perhaps it can be kept yet"
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert condition(api, "ScenarioRun", "r", "DiskKept") == ("False", "Forbidden")


async def test_a_rescore(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", **ALWAYS)
    with Kubelet(api, end=saying("0.5")) as kubelet:
        async with operating(api, tmp_path) as operator:
            kept = ("True", "SnapshotReady")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "DiskKept") == kept)
            await operator.until(lambda: not leftovers(api))
            kubelet.end = saying("1.0")
            create_run(api, "again", "fix-it", rescore={"scenarioRunRef": {"name": "r"}})
            create_run(api, "twice", "fix-it", rescore={"scenarioRunRef": {"name": "again"}})
            await operator.until(lambda: is_over(api, "ScenarioRun", "twice") and not leftovers(api))
            await operator.until(lambda: status(api, "ScenarioRun", "r").get("rescoreRuns"))
    again = status(api, "ScenarioRun", "again")
    assert again["score"] == 1.0
    assert again["previousScore"] == {
        "scenarioRun": "r",
        "score": 0.65,
        "passed": False,
        "scores": [{"name": "tests", "score": 0.5}, {"name": "lint", "score": 1.0}],
    }
    assert "agent" not in again
    assert again["pinned"]["diskSnapshot"] == "r"
    assert not kubelet.created["Pod again"], "no agent works in it"
    assert kubelet.created["Job again-score"] == 1
    old = status(api, "ScenarioRun", "r")
    assert old["rescoreRuns"] == [{"scenarioRun": "again", "score": 1.0, "passed": True}]
    assert (old["score"], len(old["scores"]), "pinned" in old) == (0.65, 2, True)
    assert status(api, "ScenarioRun", "twice")["previousScore"]["scenarioRun"] == "again"


async def test_a_run_without_a_disk_cannot_be_scored_again(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    create_run(api, "again", "fix-it", rescore={"scenarioRunRef": {"name": "r"}})
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "again"))
    assert condition(api, "ScenarioRun", "again", "Failed") == ("True", "NoDiskKept")


async def test_a_benchmark_run_is_scored_again(api: FakeApi, tmp_path: Path) -> None:
    names = ["s0", "s1", "s2"]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, attempts=2, template=ALWAYS)
    with Kubelet(api, end=saying("0.0")) as kubelet:
        async with operating(api, tmp_path) as operator:
            create(api, "BenchmarkRun", "again", {"rescore": {"benchmarkRunRef": {"name": "b"}}})
            waits = ("False", "BenchmarkRunNotFinished")
            await operator.until(lambda: condition(api, "BenchmarkRun", "again", "Complete") == waits)
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b"))
            kubelet.end = saying("1.0")
            await operator.until(lambda: is_over(api, "BenchmarkRun", "again") and not leftovers(api), 30)
    again = api.get(BENCHMARK_RUNS, TEAM, "again")
    assert again is not None
    assert again["status"]["counts"]["scored"] == 6
    assert again["status"]["score"] == 1.0
    assert again["status"]["previousScore"] == {
        "benchmarkRun": "b",
        "attempts": 2,
        "score": 0.3,
        "passRate": 0.0,
        "changed": 6,
    }
    labels = [run["metadata"]["labels"].get("assay.dev/rescore-of") for run in api.all(RUNS)]
    assert len([label for label in labels if label]) == 6


async def test_a_dry_run_of_a_scorer(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create(api, "Scorer", "judge", {"type": "BashScript", "bashScript": {"script": "echo 0.25"}})
    create_run(api, "r", "fix-it", **ALWAYS)
    scorer: dict[str, Any] = {"scorerRef": {"name": "judge"}}

    def end(_: Json, container: str) -> Json:
        return PASSED if container == AGENT else says("0.25")

    with Kubelet(api, end=end) as kubelet:
        async with operating(api, tmp_path) as operator:
            kept = ("True", "SnapshotReady")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "DiskKept") == kept)
            environments = {
                "disk": {"diskSnapshotRef": {"name": "r"}},
                "fresh": {"blueprintRef": {"name": "project"}},
            }
            for name, environment in environments.items():
                create(api, "ScenarioRun", name, {"dryRun": {"scorer": scorer, "environment": environment}})
            await operator.until(
                lambda: all(is_over(api, "ScenarioRun", name) for name in environments) and not leftovers(api)
            )
    assert [status(api, "ScenarioRun", name)["score"] for name in environments] == [0.25, 0.25]
    assert (kubelet.created["Job disk"], kubelet.created["Job fresh"]) == (0, 1)


async def test_the_disk_of_a_run_that_failed_is_opened(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", keepDevbox={"when": "OnFailure", "ttlSeconds": 600})
    create_run(api, "passes", "fix-it", keepDevbox={"when": "OnFailure", "ttlSeconds": 600})

    def end(pod: Json, container: str) -> Json:
        if container == AGENT:
            return PASSED
        return says("1.0" if pod["metadata"]["name"].startswith("passes") else "0.0")

    def idle_pod() -> bool:
        pod = api.get(PODS, TEAM, "r") or {}
        return (pod.get("metadata", {}).get("labels") or {}).get("assay.dev/pod-role") == "idle"

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and idle_pod())
            await operator.until(lambda: not api.get(JOBS, TEAM, "passes"))
            await operator.until(lambda: condition(api, "Devbox", "r", "Ready") == ("True", "Idle"))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    complete = next(c for c in status(api, "ScenarioRun", "r")["conditions"] if c["type"] == "Complete")
    assert "kubectl exec -it r -n team -- /.assay/shell" in complete["message"]


async def test_a_run_stays_as_it_ended_though_its_disk_cannot_be_opened(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup, "RETRY_SECONDS", 0.1)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", keepDevbox={"when": "Always", "ttlSeconds": 600})
    api.fail("create", DEVBOXES.plural, 403, times=3, reason="Forbidden")
    ended: set[tuple[str, str] | None] = set()

    def opened() -> Json | None:
        if is_over(api, "ScenarioRun", "r"):
            ended.add(condition(api, "ScenarioRun", "r", "Complete"))
        return api.get(DEVBOXES, TEAM, "r")

    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(opened)
    assert ended == {("True", "Scored")}
