"""The real operator against the fake API server: runs from their creation to their score."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assay.kube.resources import PODS
from assay.our_resources import OURS
from assay.reconcile.devbox import command_pod
from assay.reconcile.scenariorun import retry
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, now, says, states
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
    create_scenario,
    is_over,
    leftovers,
    operating,
)


async def test_a_run_from_end_to_end(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")

    def end(_: Json, container: str) -> Json:
        return {AGENT: PASSED, "tests": says("0.5"), "lint": says("")}[container]

    with Kubelet(api, end=end) as kubelet:
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    status = run["status"]
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert condition(api, "ScenarioRun", "r", "AgentFinished") == ("True", "Completed")
    assert (status["score"], status["passed"], status["phase"]) == (0.65, False, "Complete")
    assert [(one["name"], one["score"]) for one in status["scores"]] == [("tests", 0.5), ("lint", 1.0)]
    assert status["agent"]["exitCode"] == 0
    assert status["pinned"]["image"]["reference"] == "pull.example.test/x@sha256:1"
    assert status["startTime"] <= status["scoringStartTime"] <= status["completionTime"]
    assert {one["placement"] for one in status["scores"]} == {"SamePod"}
    expected = {"PersistentVolumeClaim r", "Job r", "Pod r-abcde"}
    assert {name: kubelet.created[name] for name in expected} == dict.fromkeys(expected, 1)
    assert not [name for name in kubelet.created if name.startswith("Devbox")]


@pytest.mark.parametrize(
    ("agent", "tests", "reason", "score"),
    [
        ({"exitCode": 3, "reason": "Error", "message": "no key"}, says("1.0"), "Scored", 1.0),
        ({"exitCode": 137, "reason": "OOMKilled"}, says("1.0"), "OOMKilled", None),
        (PASSED, says("nothing to say"), "NoScore", None),
        (PASSED, {"exitCode": 125, "reason": "Error", "message": "assay-score: no"}, "ScorerFailed", None),
    ],
)
async def test_what_is_scored_and_what_is_not(
    api: FakeApi, tmp_path: Path, agent: Json, tests: Json, reason: str, score: float | None
) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    ends = {AGENT: agent, "tests": tests, "lint": says("")}
    with Kubelet(api, end=lambda _, container: ends[container]):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert run["status"].get("score") == score
    assert condition(api, "ScenarioRun", "r", "Complete" if score else "Failed") == ("True", reason)


async def test_an_agent_that_the_runner_stopped_is_scored(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    report = "assay/2 exit=143 timeout=1 seconds=600.01 signal=15\n"
    ends = {
        AGENT: {"exitCode": 143, "reason": "Error", "message": report},
        "tests": says("1"),
        "lint": says("1"),
    }
    with Kubelet(api, end=lambda _, container: ends[container]):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
    assert condition(api, "ScenarioRun", "r", "AgentFinished") == ("True", "DeadlineExceeded")
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")


async def test_an_agent_that_outlives_its_deadline_is_stopped_and_scored(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_pod, "BACKSTOP", timedelta())
    create_definitions(api, "fix-it")
    scenario = {"timeouts": {"agentSeconds": 1}}
    api.patch(OURS["Scenario"], TEAM, "fix-it", {"spec": scenario})
    create_run(api, "r", "fix-it")
    with Kubelet(api, work=3600) as kubelet:
        async with operating(api, tmp_path, placement="OwnPod") as operator:
            await operator.until(lambda: kubelet.created["Job r-score"])
            kubelet.work = 0.05  # too late for the scorer's pod, which runs for an hour: end it ourselves
            await operator.until(lambda: kubelet.created["Pod r-score-abcde"])
            [pod] = [one for one in api.all(PODS) if one["metadata"]["name"].startswith("r-score")]
            ends = {name: {"terminated": says("1.0")} for name in ("tests", "lint")}
            api.patch_status(PODS, TEAM, pod["metadata"]["name"], {"phase": "Succeeded", **states(ends)})
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
    assert condition(api, "ScenarioRun", "r", "AgentFinished") == ("True", "DeadlineExceeded")
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")


async def test_a_benchmark_run(api: FakeApi, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(6)]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names, parallelism=2, attempts=2)
    unfinished: list[int] = []

    def watch() -> bool:
        unfinished.append(
            sum(1 for run in api.all(RUNS) if not is_over(api, "ScenarioRun", run["metadata"]["name"]))
        )
        return is_over(api, "BenchmarkRun", "b")

    def end(pod: Json, container: str) -> Json:
        if container == AGENT:
            return PASSED
        return says("0.0" if "s0" in pod["metadata"]["name"] else "1.0")

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(watch, 30)
            await operator.until(lambda: not leftovers(api))
    run = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert run is not None
    assert max(unfinished) <= 2
    counts = run["status"]["counts"]
    none = dict.fromkeys(
        ("pending", "active", "unscored", "leftOut", "lostTries", "restarts", "agentsFailed"), 0
    )
    assert counts == {**none, "total": 12, "scored": 12, "passed": 10}
    assert run["status"]["agentEnds"] == [{"reason": "Completed", "count": 12}]
    assert run["status"]["score"] == pytest.approx((10 + 2 * 0.3) / 12, abs=1e-6)


async def test_no_agent_gains_by_failing_and_agents_that_failed_are_counted(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 0.1)
    names = ["solved", "ran-out-of-memory", "no-such-program", "cannot-boot", "broke-the-scorer"]
    create_definitions(api, *names)
    create_benchmark_run(api, "b", *names)
    agents = {
        "ran-out-of-memory": {"exitCode": 137, "reason": "OOMKilled"},
        "no-such-program": {"exitCode": 127, "reason": "Error"},
        "cannot-boot": {"exitCode": 125, "reason": "Error", "message": "assay-boot: no user namespaces"},
    }
    scores = {"no-such-program": "0.0", "broke-the-scorer": "what?"}

    def end(pod: Json, container: str) -> Json:
        which = next(name for name in names if name in pod["metadata"]["name"])
        return agents.get(which, PASSED) if container == AGENT else says(scores.get(which, "1.0"))

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b"), 30)
    run = api.get(BENCHMARK_RUNS, TEAM, "b")
    assert run is not None
    status = run["status"]
    wanted = {"scored": 2, "passed": 1, "unscored": 3, "leftOut": 1, "lostTries": 2, "agentsFailed": 3}
    assert {name: status["counts"][name] for name in wanted} == wanted
    assert status["score"] == pytest.approx((1.0 + 0.3) / 4)
    assert status["scoredOnly"] == pytest.approx((1.0 + 0.3) / 2)
    assert status["passRate"] == 0.25
    assert status["unscored"] == [
        {"reason": "BootFailed", "count": 1, "blame": "Infrastructure"},
        {"reason": "NoScore", "count": 1, "blame": "Agent"},
        {"reason": "OOMKilled", "count": 1, "blame": "Agent"},
    ]
    assert {"reason": "Error", "exitCode": 127, "count": 1} in status["agentEnds"]


async def test_a_run_waits_for_a_scenario_that_is_not_there_yet(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "there")
    create_run(api, "r", "late")
    create_benchmark_run(api, "b", "there", "late")
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            waiting = ("False", "ScenarioNotFound")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "Complete") == waiting)
            await operator.until(lambda: condition(api, "BenchmarkRun", "b", "Complete") == waiting)
            assert condition(api, "Benchmark", "b", "Ready") == waiting
            create_scenario(api, "late")
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b"))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert condition(api, "BenchmarkRun", "b", "Complete") == ("True", "AllScored")


async def test_a_run_waits_for_its_blueprint_and_agent(api: FakeApi, tmp_path: Path) -> None:
    create_scenario(api, "fix-it")
    create_run(api, "r", "fix-it")
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            waits = ("False", "AgentNotFound")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "Complete") == waits)
            create_definitions(api)
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")


async def test_a_pod_of_that_name_from_an_earlier_devbox_says_nothing(api: FakeApi, tmp_path: Path) -> None:
    """A run deleted and created anew under its name: what its predecessor's agent left must not be scored."""
    # Its owner still exists here, or the collector would mark the pod at once; in a cluster that takes a while.
    other = create(api, "Devbox", "other", {"blueprintRef": {"name": "project"}})
    owner = {
        "apiVersion": other["apiVersion"],
        "kind": "Devbox",
        "name": "r",
        "uid": other["metadata"]["uid"],
    }
    api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "r",
                "namespace": TEAM,
                "labels": {"app.kubernetes.io/managed-by": "assay", "assay.dev/devbox": "r"},
                "ownerReferences": [{**owner, "controller": True}],
            },
            "spec": {"containers": [{"name": AGENT}], "volumes": []},
        }
    )
    end = {"terminated": {**PASSED, "startedAt": now(), "finishedAt": now()}}
    api.patch_status(PODS, TEAM, "r", {"phase": "Succeeded", **states({AGENT: end})})
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    with Kubelet(api) as kubelet:
        async with operating(api, tmp_path, placement="OwnPod") as operator:
            await operator.until(lambda: api.get(DEVBOXES, TEAM, "r"))
            await operator.settled()
            assert condition(api, "Devbox", "r", "Finished") is None
            assert not kubelet.created["Job r-score"]


async def test_a_devbox_of_its_own(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api)
    create(api, "Devbox", "box", {"blueprintRef": {"name": "project"}, "command": ["make"]})
    with Kubelet(api, end=lambda *_: {"exitCode": 2, "reason": "Error", "message": "no rule"}):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "Devbox", "box", "Finished"))
            assert condition(api, "Devbox", "box", "Finished") == ("True", "Error")
            api.delete(DEVBOXES, TEAM, "box")
            await operator.until(lambda: not leftovers(api))
