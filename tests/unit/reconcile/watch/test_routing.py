"""What is kept of objects, how they are found again, whom a change concerns."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.benchmarkrun import BenchmarkRunStatus
from assay.api.scenariorun import ScenarioRunStatus
from assay.engine.cache import Cache, Key
from assay.reconcile.benchmarkrun import summary
from assay.reconcile.common import pod_view
from assay.reconcile.scenariorun.observed import is_finished
from assay.reconcile.watch.indexes import INDEXES
from assay.reconcile.watch.routing import keys_for
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import names
from tests.unit.reconcile.benchmarkrun.test_summary import scored, unscored
from tests.unit.reconcile.statuses import STATUSES, pod
from tests.unit.specs.objects import Obj, existing

ENVIRONMENT = {"blueprintRef": {"name": "project"}}
CONTRACT: Obj = {"scoringFunctions": []}


def owner(kind: str, name: str) -> list[Obj]:
    return [{"apiVersion": "x", "kind": kind, "name": name, "uid": f"uid-of-{name}", "controller": True}]


def store(*objects: Obj) -> Cache:
    made = Cache(TRANSFORMS, INDEXES)
    for one in objects:
        made.put(one["kind"], one)
    return made


def keys(obj: Obj, *known: Obj) -> set[tuple[str, str, str]]:
    return {(key.kind, key.namespace, key.name) for key in keys_for(obj["kind"], obj, store(*known))}


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
BLUEPRINT = existing("Blueprint", "project", spec={"dockerfile": "FROM x"}, status={"contentHash": "abc"})
ELSEWHERE = {**BLUEPRINT, "metadata": {**BLUEPRINT["metadata"], "namespace": "other", "uid": "another"}}
WITH_CONTEXT = existing("Blueprint", "built", spec={"context": {"configMap": {"name": "source"}}})


def child(kind: str, name: str, owners: list[Obj], **labels: str) -> Obj:
    renamed = {f"assay.dev/{key.replace('_', '-')}": value for key, value in labels.items()}
    api_version = {"Pod": "v1", "Job": "batch/v1"}[kind]
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
def test_whom_a_change_concerns(changed: Obj, known: list[Obj], expected: set[tuple[str, str, str]]) -> None:
    assert keys(changed, *known) == expected


def test_references_stay_within_the_namespace() -> None:
    there = scenario_run("waits")
    there["metadata"]["namespace"] = "other"
    assert keys(SCENARIO, there) == {("Scenario", "team", "fix-it"), ("Blueprint", "team", "project")}


def test_every_kind_tells_itself() -> None:
    for one in (SCENARIO, BENCHMARK, AGENT, DEVBOX, BLUEPRINT, scenario_run("r"), benchmark_run("b")):
        assert Key(one["kind"], "team", one["metadata"]["name"]) in set(keys_for(one["kind"], one, store()))


# --- projections ---


@pytest.mark.parametrize("which", STATUSES)
def test_a_pod_looks_the_same_after_projection(which: str) -> None:
    whole = pod(which)
    whole["spec"]["containers"] = [{"name": "devbox", "env": [{"name": "SECRET", "value": "x" * 1000}]}]
    whole["metadata"]["annotations"] = {f"{names.FILES}/problem.md": "x" * 1000}
    slim = TRANSFORMS["Pod"](whole)
    one, other = pod_view.view(whole, "devbox"), pod_view.view(slim, "devbox")
    for field in ("deleting", "node", "started_at", "terminated", "ended", "trouble", "killed_by"):
        assert getattr(one, field) == getattr(other, field), field
    assert "x" * 1000 not in str(slim)


ENDED = [scored("passed", 1.0, True), scored("failed", 0.25), unscored("lost", "PodLost")]


def as_written(run: Obj) -> Obj:
    """With all that an ended run's status holds."""
    status = dict(run["status"])
    if status["phase"] == "Complete":
        done = {"type": "Complete", "status": "True", "reason": "Scored", "message": "score 1, passed"}
        status["conditions"] = [
            {**done, "observedGeneration": 1, "lastTransitionTime": "2026-01-02T10:00:00Z"}
        ]
    noise = {"type": "AgentFinished", "status": "True", "reason": "Completed", "message": "m" * 100}
    noise["lastTransitionTime"] = "2026-01-02T10:00:00Z"
    status["conditions"] = [noise, *status["conditions"]]
    status["pinned"] = {"scenario": {"problemStatement": "p" * 1000}}
    status["scores"] = [{"name": "tests", "weight": 1, "state": "Complete", "message": "m" * 1000}]
    return {**run, "status": status}


@pytest.mark.parametrize(
    "run", [as_written(one) for one in ENDED], ids=[o["metadata"]["name"] for o in ENDED]
)
def test_an_ended_run_counts_the_same_after_projection_and_is_small(run: Obj) -> None:
    slim = TRANSFORMS["ScenarioRun"](run)
    assert len(str(slim)) < 1500
    made = []
    for one in (run, slim):
        status = BenchmarkRunStatus()
        summary.summarize(status, [one], 1)
        made.append(status.model_dump())
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "run", [as_written(one) for one in ENDED], ids=[o["metadata"]["name"] for o in ENDED]
)
def test_an_ended_run_is_known_as_ended_after_projection(run: Obj) -> None:
    slim = TRANSFORMS["ScenarioRun"](run)
    assert is_finished(ScenarioRunStatus.model_validate(slim["status"]))


@pytest.mark.parametrize("phase", [None, "Pending", "Running", "Scoring"])
def test_a_run_under_way_is_kept_whole(phase: str | None) -> None:
    run = scenario_run("r", phase=phase) if phase else scenario_run("r")
    assert TRANSFORMS["ScenarioRun"](run) == run


def test_a_context_is_not_kept_but_its_change_is_seen() -> None:
    config_map = {**existing("ConfigMap", "source"), "apiVersion": "v1", "data": {"file": "x" * 1000}}
    known = store(config_map)
    assert "x" * 1000 not in str(known.get("ConfigMap", "team", "source"))
    newer = {**config_map, "metadata": {**config_map["metadata"], "resourceVersion": "8"}}
    assert known.put("ConfigMap", newer)
    assert not known.put("ConfigMap", newer)


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_what_is_kept_can_be_deleted_and_patched(kind: str) -> None:
    """uid and resourceVersion are the preconditions of every write."""
    run = as_written(ENDED[0]) if kind == "ScenarioRun" else existing(kind, "x", status={}, spec={})
    kept = TRANSFORMS[kind]({**run, "kind": kind})
    assert {"name", "namespace", "uid", "resourceVersion"} <= kept["metadata"].keys()
    assert {"apiVersion", "kind"} <= kept.keys()
