"""Bad input is refused by the API server, or named in a condition that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import CommandFailed, apply, condition, get, kubectl

from .objects import bash, command, eventually, finished, obj, scenario, scenario_run


def test_schema_and_cel_refuse_what_cannot_work(namespace: str) -> None:
    good: dict[str, Any] = {"name": "f", "type": "Command", "command": {"command": ["true"]}}
    for functions, complaint in [
        ([], "should have at least 1 items"),
        ([{**good, "weight": 0}], "should be greater than 0"),
        ([{**good, "weight": -1}], "should be greater than 0"),
        ([good, good], "Duplicate value"),
        ([{**good, "bashScript": {"script": "echo 1"}}], "bashScript goes with type BashScript"),
        ([{"name": "f", "type": "BashScript"}], "bashScript goes with type BashScript"),
        ([{"name": "f", "type": "Guess"}], "Unsupported value"),
        ([{**good, "devboxLinks": "Followed"}], "devboxLinks is about /devbox"),
    ]:
        with pytest.raises(CommandFailed, match=complaint):
            apply(namespace, scenario("bad", *functions))
    both = {"image": "debian", "dockerfile": "FROM debian"}
    for blueprint in (both, {}):
        with pytest.raises(CommandFailed, match="exactly one of dockerfile and image"):
            apply(namespace, obj("Blueprint", "bad", blueprint))
    with pytest.raises(CommandFailed, match="exactly one of ref"):
        apply(namespace, scenario_run("bad", "any", {}))
    with pytest.raises(CommandFailed, match="command goes with type Command"):
        apply(namespace, scenario_run("bad", "any", {"type": "Nop", "command": ["true"]}))


def test_specs_of_runs_are_immutable_but_for_what_steers_them(namespace: str) -> None:
    apply(namespace, obj("BenchmarkRun", "run", {"benchmarkRef": {"name": "none"}, "agent": {"type": "Nop"}}))
    patch = ("patch", "-n", namespace, "benchmarkrun/run", "--type=merge", "-p")
    kubectl(*patch, '{"spec":{"parallelism":7}}')
    with pytest.raises(CommandFailed, match="only parallelism, suspend and cancel of a run may be changed"):
        kubectl(*patch, '{"spec":{"attempts":2}}')
    with pytest.raises(CommandFailed, match="only parallelism, suspend and cancel of a run may be changed"):
        kubectl(*patch, '{"spec":{"baseline":{"benchmarkRunRef":{"name":"other"}}}}')
    apply(namespace, scenario_run("one", "none", {"type": "Nop"}))
    with pytest.raises(CommandFailed, match="only suspend and cancel of a run may be changed"):
        kubectl("patch", "-n", namespace, "scenariorun/one", "--type=merge", "-p", '{"spec":{"attempt":2}}')


def test_run_waits_for_a_missing_scenario_and_goes_on_when_it_appears(namespace: str) -> None:
    apply(namespace, scenario_run("early", "late", {"ref": {"name": "nobody"}}))
    _reason(namespace, "scenariorun", "early", "ReferencesResolved", "ScenarioNotFound", "late")
    apply(namespace, scenario("late", command("yes", "true")))
    _reason(namespace, "scenariorun", "early", "ReferencesResolved", "AgentNotFound", "nobody")
    apply(namespace, obj("Agent", "nobody", {"type": "Nop"}))
    assert finished(namespace, "early")["status"]["score"] == 1.0


def test_empty_and_dangling_benchmarks_are_named(namespace: str) -> None:
    apply(namespace, obj("Benchmark", "empty", {"scenarios": []}))
    apply(namespace, obj("Benchmark", "dangling", {"scenarios": [{"name": "lost"}]}))
    _reason(namespace, "benchmark", "empty", "Ready", "Empty", "add scenarios")
    _reason(namespace, "benchmark", "dangling", "Ready", "ScenarioNotFound", "lost")
    for benchmark in ("empty", "dangling", "absent"):
        spec = {"benchmarkRef": {"name": benchmark}, "agent": {"type": "Nop"}}
        apply(namespace, obj("BenchmarkRun", benchmark, spec))
    _reason(namespace, "benchmarkrun", "empty", "Failed", "BenchmarkEmpty", "spec.scenarios")
    _reason(namespace, "benchmarkrun", "dangling", "Complete", "ScenarioNotFound", "lost")
    _reason(namespace, "benchmarkrun", "absent", "Complete", "BenchmarkNotFound", "absent")


def test_reference_agent_needs_a_reference_output(namespace: str) -> None:
    apply(
        namespace,
        scenario("bare", bash("one", "echo 1")),
        scenario_run("bare", "bare", {"type": "Reference"}),
    )
    assert condition(finished(namespace, "bare"), "Failed")["reason"] == "NoReferenceOutput"


def test_restricted_namespace_says_which_label_to_set(namespace: str) -> None:
    kubectl("label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=baseline")
    apply(namespace, scenario("kept-out", command("yes", "true")))
    apply(namespace, scenario_run("kept-out", "kept-out", {"type": "Nop"}))
    _reason(
        *(namespace, "scenariorun", "kept-out", "Complete", "PodSecurityForbidden"),
        "pod-security.kubernetes.io/enforce=privileged",
    )
    kubectl("label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged")
    assert finished(namespace, "kept-out")["status"]["score"] == 1.0


def _reason(namespace: str, kind: str, name: str, type_: str, reason: str, text: str) -> None:
    """Wait until that condition has that reason; its message must say that text."""

    def said() -> str | None:
        found = condition(get(namespace, kind, name), type_)
        return found["message"] if found.get("reason") == reason else None

    message = eventually(
        said, 60, lambda: f"no {type_} with {reason}: {get(namespace, kind, name).get('status')}"
    )
    assert text in message
