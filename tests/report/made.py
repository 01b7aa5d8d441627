"""BenchmarkRuns and their ScenarioRuns as the API server would list them, for the tests and pictures of the report."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from statistics import fmean
from typing import Any

from assay.api.benchmarkrun import BenchmarkRunStatus
from assay.reconcile.benchmarkrun.child_run import ChildRun
from assay.reconcile.benchmarkrun.summary import count, summarize

Obj = dict[str, Any]

START = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
API = "assay.dev/v1alpha1"


def at(seconds: float) -> str:
    """A time so long after START."""
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def condition(type_: str, status: str, reason: str, message: str = "") -> Obj:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at(0),
    }


def function(name: str, score: float | None, **more: Any) -> Obj:
    """The score of a function; None: it has none."""
    state = {"state": "Error"} if score is None else {"state": "Complete", "score": score}
    return {"name": name, "weight": 1.0, "placement": "SamePod", "seconds": 1.5, **state, **more}


def pinned(scenario: str, content: str = "a", agent: Obj | None = None) -> Obj:
    """What a run pins; `content` stands for what decides about its hash."""
    digest = sha256(f"{scenario}{content}".encode()).hexdigest()
    return {
        "scenarioGeneration": 1,
        "contentHash": digest,
        "scenario": {
            "problemStatement": "hidden from reports",
            "environment": {"image": "debian"},
            "scoringContract": {
                "scoringFunctions": [{"name": "tests", "type": "Command", "command": {"command": ["true"]}}]
            },
        },
        "image": {"reference": f"registry.example.test/assay/blueprints@sha256:{digest}"},
        "rootFilesystem": "Overlay",
        "agentName": "agent",
        "agentGeneration": 1,
        "agent": agent or {"type": "Command", "command": ["agent", "--task"]},
    }


def scenario_run(owner: Obj, scenario: str, attempt: int = 1, **status: Any) -> Obj:
    """A run of this BenchmarkRun with this status; without any it was just created."""
    name = f"{owner['metadata']['name']}-{scenario}-{attempt}"
    reference = {**{key: owner[key] for key in ("apiVersion", "kind")}, "controller": True}
    reference |= {key: owner["metadata"][key] for key in ("name", "uid")}
    metadata = {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "uid": f"uid-of-{name}",
        "generation": 1,
    }
    metadata |= {"resourceVersion": "7", "creationTimestamp": at(0), "ownerReferences": [reference]}
    agent = owner["spec"].get("agent", {"type": "Nop"})
    spec = {"scenarioRef": {"name": scenario}, "agent": agent, "attempt": attempt}
    return {"apiVersion": API, "kind": "ScenarioRun", "metadata": metadata, "spec": spec, "status": status}


def scored(owner: Obj, scenario: str, score: float, attempt: int = 1, **status: Any) -> Obj:
    """A run that has this score; it passed at 1.0."""
    return scenario_run(
        owner,
        scenario,
        attempt,
        **{
            "conditions": [condition("Complete", "True", "Scored")],
            "score": score,
            "passed": score >= 1.0,
            "scores": [function("tests", score)],
            "agent": {"reason": "Completed", "exitCode": 0, "startTime": at(12), "finishTime": at(72)},
            "startTime": at(2),
            "scoringStartTime": at(73),
            "completionTime": at(80),
            "pinned": pinned(scenario),
            **status,
        },
    )


def unscored(owner: Obj, scenario: str, reason: str, attempt: int = 1, **status: Any) -> Obj:
    """A run that ended without a score."""
    conditions = [
        condition("Failed", "True", reason, status.pop("message", "")),
        condition("Complete", "False", reason),
    ]
    more = {"startTime": at(2), "completionTime": at(40), "pinned": pinned(scenario), **status}
    return scenario_run(owner, scenario, attempt, conditions=conditions, **more)


def benchmark_run(name: str, benchmark: str = "ledger", **more: Any) -> Obj:
    """A BenchmarkRun that has just been created; `more` are fields of its spec."""
    metadata = {
        "name": name,
        "namespace": more.pop("namespace", "team"),
        "uid": f"uid-of-{name}",
        "generation": 1,
    }
    metadata |= {"resourceVersion": "7", "creationTimestamp": at(0)}
    spec = {
        "benchmarkRef": {"name": benchmark},
        "agent": {"ref": {"name": name.removeprefix(f"{benchmark}-")}},
        **more,
    }
    return {"apiVersion": API, "kind": "BenchmarkRun", "metadata": metadata, "spec": spec}


def ended(run: Obj, runs: Sequence[Obj]) -> list[Obj]:
    """The BenchmarkRun with the status that the operator writes when these runs have ended, and the runs."""
    children = [ChildRun.of(one, one["spec"]["scenarioRef"]["name"], one["spec"]["attempt"]) for one in runs]
    counts = count(children, len(children))
    summary = summarize(BenchmarkRunStatus(), children, counts)
    status: Obj = {
        **summary.model_dump(by_alias=True, exclude_none=True, mode="json"),
        "conditions": [condition("Complete", "True", "SomeUnscored" if counts.unscored else "AllScored")],
        "scenarios": list(dict.fromkeys(child.scenario for child in children)),
        "startTime": at(0),
        "completionTime": at(3600),
    }
    return [{**run, "status": status}, *runs]


LEDGER = {  # what the sample benchmark of the repository gives: manifests/samples
    "ledger-fix-sign": (("tests", 1.0), ("suite", 1.0)),
    "ledger-add-period": (("behaviour", 0.625), ("suite", 1.0)),
    "ledger-repair-tool": (("behaviour", 0.6), ("shellcheck", 0.0)),
    "ledger-export": (("csv", 0.5), ("json", 0.0), ("suite", 1.0)),
    "ledger-write-tests": (("mutants", 0.333333),),
}


def demo() -> list[Obj]:
    """The demo's three agents; `apprentice` with four attempts at each scenario."""
    reference, apprentice, nop = (
        benchmark_run(f"ledger-{name}", attempts=4) for name in ("reference", "apprentice", "nop")
    )
    chance = random.Random(7)
    half = [
        _demo_run(
            apprentice,
            name,
            attempt,
            [(f, min(1.0, max(0.0, s + chance.choice((-0.25, 0, 0, 0.25))))) for f, s in parts],
        )
        for name, parts in LEDGER.items()
        for attempt in range(1, 5)
    ]
    half[9] = unscored(
        apprentice,
        "ledger-repair-tool",
        "OOMKilled",
        2,
        message="the devbox ran out of memory (limit 512Mi)",
        agent={
            "reason": "OOMKilled",
            "exitCode": 137,
            "message": "ledger-repair-tool: Repair tools/close-month.sh\n+ tools/close-month.sh 2026-02\n"
            "sort: write failed: Cannot allocate memory\n",
            "startTime": at(9),
            "finishTime": at(31),
        },
    )
    return [
        *ended(
            reference,
            [
                _demo_run(reference, n, a, [(f, 1.0) for f, _ in parts])
                for n, parts in LEDGER.items()
                for a in range(1, 5)
            ],
        ),
        *ended(apprentice, half),
        *ended(
            nop,
            [
                _demo_run(nop, n, a, [(f, 0.0) for f, _ in parts])
                for n, parts in LEDGER.items()
                for a in range(1, 5)
            ],
        ),
    ]


def _demo_run(owner: Obj, scenario: str, attempt: int, parts: Iterable[tuple[str, float]]) -> Obj:
    chance = random.Random(f"{owner['metadata']['name']}{scenario}{attempt}")
    parts = list(parts)
    functions = [
        function(
            name,
            round(score, 6),
            seconds=round(chance.uniform(0.4, 3.0), 2),
            exitCode=0 if score == 1.0 else 1,
            message=f"{round(score * 8)} passed, {8 - round(score * 8)} failed in 0.{chance.randint(10, 99)}s\n",
            **(
                {"subscores": {"passed": round(score, 3)}, "comment": "by JUnit report"}
                if name in ("behaviour", "csv")
                else {}
            ),
        )
        for name, score in parts
    ]
    name = owner["metadata"]["name"].removeprefix("ledger-")
    used: Obj = {"type": {"reference": "Reference", "nop": "Nop"}.get(name, "Command")}
    if name == "apprentice":
        used |= {"command": ["bash", "-c"]}
    starting, working = chance.uniform(3, 9), chance.uniform(2, 14)
    times = {"startTime": at(1), "scoringStartTime": at(2 + starting + working)}
    times["completionTime"] = at(4 + starting + working + sum(f["seconds"] for f in functions))
    agent = {
        "reason": "Completed",
        "exitCode": 0,
        "startTime": at(1 + starting),
        "finishTime": at(1 + starting + working),
    }
    return scored(
        owner,
        scenario,
        round(fmean(s for _, s in parts), 6),
        attempt,
        scores=functions,
        agent=agent,
        pinned=pinned(scenario, agent=used),
        **times,
    )


def large(scenarios: int = 250, agents: int = 5, attempts: int = 4) -> list[Obj]:
    """Many runs of agents of growing skill, with output of a kilobyte each: 5,000 as it is."""
    chance = random.Random(1)
    hardness = {f"repo-{n % 23:02}-issue-{1000 + 37 * n}": chance.random() for n in range(scenarios)}
    objects: list[Obj] = []
    for place in range(agents):
        run = benchmark_run(f"suite-agent-{'abcdefghijklmnopqrstuvwxyz'[place]}", "suite", attempts=attempts)
        skill = 0.3 + 0.5 * place / max(1, agents - 1)
        runs = [
            _large_run(run, name, attempt, skill - hard + 0.35, chance)
            for name, hard in hardness.items()
            for attempt in range(1, attempts + 1)
        ]
        objects += ended(run, runs)
    return objects


def _large_run(owner: Obj, scenario: str, attempt: int, ease: float, chance: random.Random) -> Obj:
    if chance.random() < 0.02:
        return unscored(
            owner,
            scenario,
            chance.choice(("OOMKilled", "NodeLost", "Timeout")),
            attempt,
            message="told by the kubelet",
        )
    passes = chance.random() < ease
    score = 1.0 if passes else round(chance.choice((0.0, 0.0, 0.25, 0.5, 0.75)), 2)
    lines = "".join(
        f"tests/test_{n}.py::test_case_{chance.randint(0, 999)} PASSED [{n * 4:3}%]\n" for n in range(1, 21)
    )
    functions = [
        function("tests", score, weight=0.7, message=lines),
        function("lint", score, weight=0.3, message="ok\n"),
    ]
    return scored(owner, scenario, score, attempt, scores=functions)
