"""Which keys are reconciled after a change of an object."""

from __future__ import annotations

from typing import Any

import pytest

from assay.engine.cache import Key
from assay.reconcile.watch.routing import keys_for
from tests.unit.reconcile.caches import cache_of, owner
from tests.unit.reconcile.contexts import condition
from tests.unit.specs.objects import Obj, existing

ENVIRONMENT = {"blueprintRef": {"name": "project"}}
CONTRACT: Obj = {"scoringFunctions": []}


def keys(obj: Obj, *known: Obj) -> set[tuple[str, str, str]]:
    return {(key.kind, key.namespace, key.name) for key in keys_for(obj["kind"], obj, cache_of(*known))}


def scenario_run(name: str, agent: Obj | None = None, **status: Any) -> Obj:
    spec = {"scenarioRef": {"name": "fix-it"}, "agent": agent or {"ref": {"name": "solver"}}}
    return existing("ScenarioRun", name, spec=spec, status=status)


def benchmark_run(name: str, **status: Any) -> Obj:
    spec = {"benchmarkRef": {"name": "all"}, "agent": {"ref": {"name": "solver"}}}
    return existing("BenchmarkRun", name, spec=spec, status=status)


SCENARIO = existing("Scenario", "fix-it", spec={"environment": ENVIRONMENT, "scoringContract": CONTRACT})
BENCHMARK = existing("Benchmark", "all", spec={"scenarios": [{"name": "fix-it"}, {"name": "other"}]})
AGENT = existing("Agent", "solver", spec={"type": "Nop"})
DEVBOX = existing("Devbox", "box", spec={"blueprintRef": {"name": "project"}})
KEPT = existing("DiskSnapshot", "kept", spec={"devboxRef": {"name": "box"}})
OF_RUN = existing("DiskSnapshot", "of-run", spec={"scenarioRunRef": {"name": "box"}})
BLUEPRINT = existing("Blueprint", "project", spec={"dockerfile": "FROM x"}, status={"contentHash": "abc"})
ELSEWHERE = {**BLUEPRINT, "metadata": {**BLUEPRINT["metadata"], "namespace": "other", "uid": "another"}}
WITH_CONTEXT = existing("Blueprint", "built", spec={"context": {"configMap": {"name": "source"}}})


def child(kind: str, name: str, owners: list[Obj], **labels: str) -> Obj:
    renamed = {f"assay.dev/{key.replace('_', '-')}": value for key, value in labels.items()}
    api_version = {"Pod": "v1", "Job": "batch/v1", "Devbox": "assay.dev/v1alpha1"}[kind]
    made = existing(kind, name, labels=renamed, owner_references=owners)
    return {**made, "apiVersion": api_version}


@pytest.mark.parametrize(
    ("changed", "known", "expected"),
    [
        (AGENT, [], {("Agent", "team", "solver")}),
        (AGENT, [scenario_run("waits")], {("Agent", "team", "solver"), ("ScenarioRun", "team", "waits")}),
        (AGENT, [scenario_run("started", pinned={})], {("Agent", "team", "solver")}),
        (AGENT, [scenario_run("inline", {"type": "Nop"})], {("Agent", "team", "solver")}),
        (AGENT, [benchmark_run("waits")], {("Agent", "team", "solver"), ("BenchmarkRun", "team", "waits")}),
        (AGENT, [benchmark_run("started", scenarios=[])], {("Agent", "team", "solver")}),
        (
            SCENARIO,
            [BENCHMARK, scenario_run("waits"), scenario_run("over", phase="Failed")],
            {
                *(("Scenario", "team", "fix-it"), ("Benchmark", "team", "all")),
                *(("ScenarioRun", "team", "waits"), ("Blueprint", "team", "project")),
            },
        ),
        (
            BENCHMARK,
            [benchmark_run("waits")],
            {("Benchmark", "team", "all"), ("BenchmarkRun", "team", "waits")},
        ),
        (
            BLUEPRINT,
            [SCENARIO, DEVBOX],
            {("Blueprint", "team", "project"), ("Scenario", "team", "fix-it"), ("Devbox", "team", "box")},
        ),
        (ELSEWHERE, [SCENARIO, DEVBOX], {("Blueprint", "other", "project")}),
        (
            DEVBOX,
            [KEPT, OF_RUN],
            {
                ("Devbox", "team", "box"),
                ("DiskSnapshot", "team", "kept"),
            },
        ),
        (
            child("Devbox", "box-try-2", owner("ScenarioRun", "box")),
            [OF_RUN],
            {
                ("Devbox", "team", "box-try-2"),
                ("ScenarioRun", "team", "box"),
                ("DiskSnapshot", "team", "of-run"),
            },
        ),
        (
            {**existing("ConfigMap", "source"), "apiVersion": "v1"},
            [WITH_CONTEXT, BLUEPRINT],
            {("Blueprint", "team", "built")},
        ),
        (
            scenario_run("b-1")
            | {
                "metadata": {**scenario_run("b-1")["metadata"], "ownerReferences": owner("BenchmarkRun", "b")}
            },
            [],
            {("ScenarioRun", "team", "b-1"), ("BenchmarkRun", "team", "b")},
        ),
        (
            child("Pod", "box", owner("Devbox", "box"), devbox="box", scenario_run="box"),
            [],
            {("Devbox", "team", "box")},
        ),
        (
            child("Pod", "r-score-xyz", owner("Job", "r-score"), scenario_run="r", scenario="fix-it"),
            [],
            {("ScenarioRun", "team", "r")},
        ),
        (child("Job", "r-score", owner("ScenarioRun", "r")), [], {("ScenarioRun", "team", "r")}),
        (
            child("Pod", "project-build-1-xyz", owner("Job", "project-build-1"), blueprint="project"),
            [],
            {("Blueprint", "team", "project")},
        ),
        (
            child("Job", "project-build-1", owner("Blueprint", "project"), content_hash="abc"),
            [BLUEPRINT, ELSEWHERE],
            {("Blueprint", "team", "project"), ("Blueprint", "other", "project")},
        ),
        (child("Pod", "x", [{**owner("Devbox", "box")[0], "controller": False}]), [], set()),
        (child("Pod", "x", owner("ReplicaSet", "foreign")), [], set()),
    ],
    ids=[
        "agent alone",
        "agent and a waiting run",
        "agent and a run that has pinned it",
        "agent and an inline one",
        "agent and a waiting benchmark run",
        "agent and a benchmark run that has started",
        "scenario",
        "benchmark",
        "blueprint",
        "blueprint of that name elsewhere",
        "devbox and snapshots of its disk",
        "devbox of a run and snapshots of that run",
        "context",
        "child run",
        "devbox pod",
        "scorer pod",
        "scorer job",
        "build pod",
        "build job of the same content elsewhere",
        "owner but not controller",
        "foreign",
    ],
)
def test_the_keys_to_reconcile_after_a_change(
    changed: Obj, known: list[Obj], expected: set[tuple[str, str, str]]
) -> None:
    assert keys(changed, *known) == expected


@pytest.mark.parametrize(
    ("phase", "reason", "is_woken"),
    [
        ("Running", None, False),
        ("Complete", None, True),
        ("Failed", None, True),
        ("Complete", "BaselineNotFound", True),
        ("Complete", "BaselineNotFinished", True),
        ("Complete", "NothingComparable", False),
        ("Complete", "WithinTolerance", False),
    ],
)
def test_a_baseline_wakes_those_that_have_ended_and_are_still_to_be_compared(
    phase: str, reason: str | None, is_woken: bool
) -> None:
    run = benchmark_run("new", phase=phase, scenarios=[])
    run["spec"]["baseline"] = {"benchmarkRunRef": {"name": "old"}}
    if reason:
        run["status"]["conditions"].append(condition("Regressed", "Unknown", reason))
    woken = keys(benchmark_run("old", phase="Complete", scenarios=[]), run)
    assert (("BenchmarkRun", "team", "new") in woken) == is_woken


def test_references_stay_within_the_namespace() -> None:
    there = scenario_run("waits")
    there["metadata"]["namespace"] = "other"
    assert keys(SCENARIO, there) == {("Scenario", "team", "fix-it"), ("Blueprint", "team", "project")}


def test_every_kind_is_reconciled_after_its_own_change() -> None:
    for one in (SCENARIO, BENCHMARK, AGENT, DEVBOX, BLUEPRINT, scenario_run("r"), benchmark_run("b")):
        assert Key(one["kind"], "team", one["metadata"]["name"]) in set(
            keys_for(one["kind"], one, cache_of())
        )
