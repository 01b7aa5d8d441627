"""Several attempts at each scenario: what they say together, and beside an earlier run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import apply, condition, get, kubectl

from .objects import command, eventually, finished, obj, scenario, shell

NAMES = ("always", "once", "never")
FLAKY = """
case "$ASSAY_SCENARIO-$ASSAY_ATTEMPT" in always-*|once-2) echo 42 > /answer;; esac
"""
"""Passes `always` in every attempt, `once` in the second alone, `never` in none."""


def _run(name: str, agent: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return obj("BenchmarkRun", name, {"benchmarkRef": {"name": "all"}, "agent": agent, **spec})


def test_three_attempts_of_a_flaky_agent_and_a_run_that_regressed(namespace: str) -> None:
    apply(namespace, *(scenario(name, command("right", "grep", "-qx", "42", "/answer")) for name in NAMES))
    apply(namespace, obj("Benchmark", "all", {"scenarios": [{"name": name} for name in NAMES]}))
    baseline = {"benchmarkRunRef": {"name": "flaky"}, "tolerance": 0.1}
    apply(namespace, _run("idle", {"type": "Nop"}, baseline=baseline))
    finished(namespace, "idle", "benchmarkrun")
    waits = eventually(lambda: _regressed(namespace) or None, 60, lambda: "it was not compared")
    assert (waits["status"], waits["reason"]) == ("Unknown", "BaselineNotFound")

    apply(namespace, _run("flaky", shell(FLAKY), attempts=3))
    status = finished(namespace, "flaky", "benchmarkrun", 600)["status"]
    assert (status["score"], status["passRate"]) == (0.444444, 0.444444)
    # The means of the scenarios are 1, 1/3 and 0: variance 0.259259; √(0.259259 / 3) = 0.293972; t(2) = 4.302653.
    estimate = status["estimate"]
    assert (estimate["scenarios"], estimate["mean"]) == (3, 0.444444)
    assert estimate["standardError"] == pytest.approx(0.293972, abs=1e-6)
    assert (estimate["lower"], estimate["upper"]) == (0.0, 1.0)
    assert status["solved"] == {"everyAttempt": 0.333333, "someAttempts": 0.333333, "noAttempt": 0.333333}
    assert status["passAtK"] == [
        {"k": 1, "scenarios": 3, "passAtK": 0.444444, "passHatK": 0.444444},
        {"k": 2, "scenarios": 3, "passAtK": 0.555556, "passHatK": 0.333333},
        {"k": 3, "scenarios": 3, "passAtK": 0.666667, "passHatK": 0.333333},
    ]

    kubectl("wait", "-n", namespace, "--for=condition=Regressed", "benchmarkrun/idle", "--timeout=60s")
    assert _regressed(namespace)["reason"] == "ScoreDropped"
    comparison = get(namespace, "benchmarkrun", "idle")["status"]["baseline"]
    assert (comparison["before"], comparison["after"], comparison["compared"]) == (0.444444, 0.0, 3)
    assert comparison["changedScenarios"] == [
        {"scenario": "always", "before": 1.0, "after": 0.0},
        {"scenario": "once", "before": 0.333333, "after": 0.0},
    ]
    assert get(namespace, "events", "--field-selector=reason=ScoreDropped")


def _regressed(namespace: str) -> dict[str, Any]:
    return condition(get(namespace, "benchmarkrun", "idle"), "Regressed")
