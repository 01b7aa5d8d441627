"""Scenarios that measure nothing are found and named: a wrong gold patch, one that nop passes, a flaky one."""

from __future__ import annotations

from typing import Any

from tests.tools.kube import apply, condition, get, kubectl

from .disks import until_reason
from .objects import bash, eventually, finished, obj, scenario, shell

SET = 20
SCORE = "grep -qx 42 /answer 2>/dev/null && echo 1 || echo 0"
RIGHT = {"script": "echo 42 > /answer"}


def _set() -> dict[str, dict[str, Any]]:
    """Twenty scenarios, three of them bad, each in its own way."""
    made = {
        f"good-{number:02}": scenario("x", bash("answer", SCORE), referenceOutput=RIGHT)
        for number in range(SET - 3)
    }
    wrong = "--- a/etc/hostname-not-there\n+++ b/etc/hostname-not-there\n@@ -1 +1 @@\n-old\n+new\n"
    made["wrong-patch"] = scenario("x", bash("answer", SCORE), referenceOutput={"patch": wrong})
    made["nop-passes"] = scenario("x", bash("answer", "echo 1"), referenceOutput=RIGHT)
    flaky = {"script": "case $ASSAY_RUN in *-1) echo 42 ;; *) echo 41 ;; esac > /answer"}
    proof = {"repetitions": 2}
    made["flaky"] = scenario("x", bash("answer", SCORE), referenceOutput=flaky, validation=proof)
    for name, one in made.items():
        one["metadata"]["name"] = name
    return made


def _verdict(namespace: str, name: str) -> str | None:
    reason: str | None = condition(get(namespace, "scenario", name), "Validated").get("reason")
    return reason


def test_bad_scenarios_of_a_set_are_found_and_named(namespace: str) -> None:
    made = _set()
    names = [{"name": name} for name in made]
    apply(namespace, *made.values())
    assert _verdict(namespace, "good-00") in (None, "NotRequested")
    apply(namespace, obj("Benchmark", "proved", {"requireValidated": True, "scenarios": names}))
    run = {"benchmarkRef": {"name": "proved"}, "agent": shell("echo 42 > /answer")}
    apply(namespace, obj("BenchmarkRun", "run", run))
    most = 0

    def settled() -> dict[str, str] | None:
        nonlocal most
        runs = get(namespace, "scenarioruns", "-l", "assay.dev/validation")
        active = [one for one in runs if one.get("status", {}).get("phase") not in ("Complete", "Failed")]
        most = max(most, len(active))
        found = {one["metadata"]["name"]: condition(one, "Validated") for one in get(namespace, "scenarios")}
        done = all(
            one.get("reason") not in (None, "Running", "Queued", "NotRequested", "Stale")
            for one in found.values()
        )
        return {name: one["reason"] for name, one in found.items()} if done else None

    verdicts = eventually(settled, 400, lambda: str(get(namespace, "scenarios")))
    expected = dict.fromkeys(made, "ReferencePassed")
    expected |= {"wrong-patch": "ReferenceFailed", "nop-passes": "NopPassed", "flaky": "Flaky"}
    assert verdicts == expected
    assert most <= 4, f"{most} validation runs at once"
    said = {name: condition(get(namespace, "scenario", name), "Validated")["message"] for name in expected}
    assert "hostname-not-there" in said["wrong-patch"]
    assert "reference-1" in said["flaky"]
    assert "reference-2" in said["flaky"]

    # The run waits, and says for which.
    waiting = until_reason(namespace, "benchmarkrun", "run", "ScenariosNotValidated", "Complete")
    for name in ("wrong-patch", "nop-passes", "flaky"):
        assert name in waiting["message"]
    assert not get(namespace, "scenarioruns", "-l", "assay.dev/benchmark-run=run")

    # What is proved is proved for one content: an edit makes it stale at once, and it is proved again.
    for name in ("wrong-patch", "nop-passes", "flaky"):
        apply(namespace, scenario(name, bash("answer", SCORE), referenceOutput=RIGHT))
    done = finished(namespace, "run", "benchmarkrun", timeout=400)
    assert done["status"]["counts"]["passed"] == SET
    assert {_verdict(namespace, name) for name in made} == {"ReferencePassed"}


def test_edit_makes_a_proof_stale(namespace: str) -> None:
    proof = {"mode": "Always"}
    apply(namespace, scenario("s", bash("answer", SCORE), referenceOutput=RIGHT, validation=proof))
    until_reason(namespace, "scenario", "s", "ReferencePassed", "Validated", timeout=400)
    before = {one["metadata"]["name"] for one in get(namespace, "scenarioruns")}
    never = {"mode": "Never"}
    edited = bash("answer", SCORE + "; true # edited\n" + SCORE)
    apply(namespace, scenario("s", edited, referenceOutput=RIGHT, validation=never))
    stale = until_reason(namespace, "scenario", "s", "Stale", "Validated")
    assert stale["status"] == "False"
    apply(namespace, scenario("s", edited, referenceOutput=RIGHT, validation=proof))
    until_reason(namespace, "scenario", "s", "ReferencePassed", "Validated", timeout=400)
    after = {one["metadata"]["name"] for one in get(namespace, "scenarioruns")}
    assert not before & after
    kubectl("delete", "-n", namespace, "scenario", "s")
    eventually(
        lambda: None if get(namespace, "scenarioruns") else True, 60, lambda: "proofs outlive the scenario"
    )
