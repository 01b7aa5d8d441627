"""Disks that runs kept: scored again by today's contracts, forked, opened, and thrown away in time."""

from __future__ import annotations

from typing import Any

from tests.tools.kube import apply, condition, get, kubectl, wait

from .disks import execute, until_reason
from .objects import bash, command, eventually, finished, image, obj, scenario, scenario_run, shell

HALF = "grep -qx 42 /answer && echo 0.5 || echo 0"
FULL = "grep -qx 42 /answer && test ! -e /usr/share/doc && echo 1 || echo 0"


def _benchmark(namespace: str, names: list[str], **run: Any) -> dict[str, Any]:
    apply(namespace, *(scenario(name, bash("answer", HALF)) for name in names))
    apply(namespace, obj("Benchmark", "all", {"scenarios": [{"name": name} for name in names]}))
    agent = shell("echo 42 > /answer; rm -rf /usr/share/doc")
    apply(namespace, obj("BenchmarkRun", "first", {"benchmarkRef": {"name": "all"}, "agent": agent, **run}))
    return finished(namespace, "first", "benchmarkrun")


def test_benchmark_run_is_scored_again_by_todays_contract(namespace: str) -> None:
    first = _benchmark(namespace, ["s1", "s2", "s3"], template={"snapshotPolicy": "Always"})
    assert first["status"]["score"] == 0.5
    apply(namespace, *(scenario(name, bash("answer", FULL)) for name in ("s1", "s2", "s3")))
    apply(namespace, obj("BenchmarkRun", "again", {"rescore": {"benchmarkRunRef": {"name": "first"}}}))
    again = finished(namespace, "again", "benchmarkrun")
    assert again["status"]["score"] == 1.0, again["status"]
    assert again["status"]["previousScore"] | {"passRate": None} == {
        "benchmarkRun": "first",
        "attempts": 1,
        "score": 0.5,
        "passRate": None,
        "changed": 3,
    }
    new = get(namespace, "scenariorun", "again-s1-1")
    assert new["status"]["previousScore"]["scenarioRun"] == "first-s1-1"
    assert (new["status"]["previousScore"]["score"], new["status"]["score"]) == (0.5, 1.0)
    assert "agent" not in new["status"]
    old = eventually(
        lambda: get(namespace, "scenariorun", "first-s1-1")["status"].get("rescoreRuns"),
        30,
        lambda: "no link back",
    )
    assert old == [{"scenarioRun": "again-s1-1", "score": 1.0, "passed": True}]
    _no_disks(namespace)


def test_rescore_uses_the_pinned_image_after_the_blueprint_changed(namespace: str) -> None:
    dockerfile = "FROM debian:trixie-slim\nRUN echo one > /version\n"
    apply(namespace, obj("Blueprint", "base", {"dockerfile": dockerfile}))
    judged = scenario("s", bash("version", "test $(cat /version) = one && echo 1 || echo 0"))
    judged["spec"]["environment"] = {"blueprintRef": {"name": "base"}, "disk": {"size": "64Mi"}}
    run = scenario_run("old", "s", shell("echo 42 > /answer"), snapshotPolicy="Always")
    apply(namespace, judged, run)
    assert finished(namespace, "old")["status"]["score"] == 1.0
    wait(namespace, "DiskKept", "scenariorun/old")
    apply(namespace, obj("Blueprint", "base", {"dockerfile": dockerfile.replace("one", "two")}))
    apply(namespace, scenario_run("fresh", "s", {"type": "Nop"}))
    rescore = {"scenarioRef": {"name": "s"}, "rescore": {"scenarioRunRef": {"name": "old"}}}
    until_reason(namespace, "blueprint", "base", "ImageReady")
    apply(namespace, obj("ScenarioRun", "new", rescore))
    assert finished(namespace, "new")["status"]["score"] == 1.0
    assert finished(namespace, "fresh")["status"]["score"] == 0.0
    pinned = {
        name: get(namespace, "scenariorun", name)["status"]["pinned"]["image"]["reference"]
        for name in ("old", "new", "fresh")
    }
    assert pinned["old"] == pinned["new"] != pinned["fresh"]


def test_only_failures_keep_their_disks(namespace: str) -> None:
    apply(namespace, scenario("s", command("right", "grep", "-qx", "42", "/answer")))
    for name, answer in (("good", "42"), ("bad", "41")):
        run = scenario_run(name, "s", shell(f"echo {answer} > /answer"), snapshotPolicy="OnFailure")
        apply(namespace, run)
    assert finished(namespace, "good")["status"]["passed"]
    assert not finished(namespace, "bad")["status"]["passed"]
    wait(namespace, "DiskKept", "scenariorun/bad")
    _no_disks(namespace)
    assert [one["metadata"]["name"] for one in get(namespace, "disksnapshots")] == ["bad"]
    good = {"scenarioRef": {"name": "s"}, "rescore": {"scenarioRunRef": {"name": "good"}}}
    apply(namespace, obj("ScenarioRun", "impossible", good))
    failed = condition(finished(namespace, "impossible"), "Failed")
    assert failed["reason"] == "NoDiskKept"
    assert "snapshotPolicy" in failed["message"]


def test_newest_disks_of_a_benchmark_run_are_kept(namespace: str) -> None:
    """Those of other people's runs stay."""
    keep = {"snapshotPolicy": "Always", "snapshotRetention": {"perScenario": 2}}
    template = {"template": keep, "parallelism": 1}
    _benchmark(namespace, ["s"], **template)
    wait(namespace, "DiskKept", "scenariorun/first-s-1")
    more = {"benchmarkRef": {"name": "all"}, "agent": {"type": "Nop"}, "attempts": 4, **template}
    apply(namespace, obj("BenchmarkRun", "more", more))
    finished(namespace, "more", "benchmarkrun")
    apply(namespace, scenario_run("alone", "s", {"type": "Nop"}, **keep))
    finished(namespace, "alone")
    wait(namespace, "DiskKept", "scenariorun/alone")
    eventually(
        lambda: (
            True
            if _names(namespace, "disksnapshots") == ["alone", "first-s-1", "more-s-3", "more-s-4"]
            else None
        ),
        60,
        lambda: str(_names(namespace, "disksnapshots")),
    )


def test_failed_run_is_opened_for_a_while(namespace: str) -> None:
    apply(namespace, scenario("s", command("right", "grep", "-qx", "42", "/answer")))
    run = scenario_run(
        "bad", "s", shell("echo 41 > /answer; echo why > /note"), keepDevbox={"ttlSeconds": 60}
    )
    apply(namespace, run)
    finished(namespace, "bad")
    kubectl("wait", "-n", namespace, "--for=create", "devbox/bad", "--timeout=60s")
    wait(namespace, "Ready", "devbox/bad")
    assert execute(namespace, "bad", "cat", "/note") == "why\n"
    kubectl("wait", "-n", namespace, "--for=delete", "devbox/bad", "--timeout=120s")


def test_agents_fork_from_one_disk(namespace: str) -> None:
    apply(namespace, scenario("s", command("yes", "true")))
    apply(namespace, scenario_run("base", "s", shell("echo shared > /base"), snapshotPolicy="Always"))
    finished(namespace, "base")
    wait(namespace, "DiskKept", "scenariorun/base")
    forked = scenario(
        "fork", bash("alone", "test $(cat /base) = shared && test $(wc -l < /log) = 1 && echo 1 || echo 0")
    )
    forked["spec"]["environment"] = {"diskSnapshotRef": {"name": "base"}, "disk": {"size": "64Mi"}}
    apply(namespace, forked, obj("Benchmark", "forks", {"scenarios": [{"name": "fork"}]}))
    spec = {"benchmarkRef": {"name": "forks"}, "agent": shell("echo mine >> /log"), "attempts": 3}
    apply(namespace, obj("BenchmarkRun", "forks", spec))
    run = finished(namespace, "forks", "benchmarkrun")
    assert run["status"]["counts"]["passed"] == 3, run["status"]


def test_deleting_a_namespace_full_of_all_kinds_finishes(namespace: str) -> None:
    apply(namespace, obj("Blueprint", "base", {"image": image()}))
    apply(namespace, obj("Agent", "nop", {"type": "Nop"}))
    script = {"type": "BashScript", "bashScript": {"script": "echo 1"}}
    apply(namespace, obj("Scorer", "fine", script))
    apply(namespace, obj("Devbox", "box", {"blueprintRef": {"name": "base"}, "disk": {"size": "64Mi"}}))
    apply(namespace, obj("DiskSnapshot", "snap", {"devboxRef": {"name": "box"}}))
    apply(
        namespace,
        obj("DiskSnapshot", "stuck", {"devboxRef": {"name": "box"}, "volumeSnapshotClassName": "none"}),
    )
    judged = scenario("s", {"name": "f", "type": "Custom", "custom": {"scorerRef": {"name": "fine"}}})
    judged["spec"]["environment"] = {"blueprintRef": {"name": "base"}}
    apply(namespace, judged, obj("Benchmark", "all", {"scenarios": [{"name": "s"}]}))
    run = {"benchmarkRef": {"name": "all"}, "agent": {"ref": {"name": "nop"}}, "attempts": 6}
    apply(namespace, obj("BenchmarkRun", "run", {**run, "template": {"snapshotPolicy": "Always"}}))
    wait(namespace, "Ready", "disksnapshot/snap")
    eventually(lambda: get(namespace, "scenariorun") or None, 60, lambda: "no runs")
    kubectl("delete", "namespace", namespace, "--timeout=150s")


def _names(namespace: str, kind: str) -> list[str]:
    return sorted(one["metadata"]["name"] for one in get(namespace, kind))


def _no_disks(namespace: str) -> None:
    kubectl("wait", "-n", namespace, "--for=delete", "pvc", "--all", "--timeout=60s")
