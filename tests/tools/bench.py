"""Runs a minute beside the bare floors: `python -m tests.tools.bench`. docs/performance.md explains what it prints.

Prints what it saw and judges nothing: figures of one machine are no test.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e import objects

from . import cpu
from .floor import Floor
from .kube import apply, condition, create_namespace, get, kubectl
from .phases import Phases

NAMESPACE = "assay-bench"
WRITES = {"create", "patch", "update", "delete"}
SETTLE_SECONDS = 5.0
METRICS = "/api/v1/namespaces/assay-system/services/assay-operator-metrics:8080/proxy/metrics"


@dataclass(frozen=True)
class Operator:
    """What the operator's own metrics say."""

    writes: dict[str, float]
    requests: float
    """Of all kinds."""
    memory_bytes: float

    @classmethod
    def look(cls) -> Operator:
        """Read /metrics through the API server."""
        writes: dict[str, float] = {}
        memory = requests = 0.0
        for family in text_string_to_metric_families(kubectl("get", "--raw", METRICS)):
            for sample in family.samples:
                is_request = sample.name == "assay_api_requests_total"
                requests += sample.value if is_request else 0.0
                if is_request and sample.labels["verb"] in WRITES:
                    key = f"{sample.labels['verb']} {sample.labels['resource']}"
                    writes[key] = writes.get(key, 0.0) + sample.value
                if sample.name == "process_resident_memory_bytes":
                    memory = sample.value
        return cls(writes, requests, memory)


def main() -> None:
    """Measure at each parallelism: two-pod floor, one-pod floor, operator, and all again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=20)
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    create_namespace(NAMESPACE)
    names = [f"trivial-{i:02}" for i in range(options.scenarios)]
    score = objects.command("answer", "grep", "-qx", "42", "/answer")
    apply(NAMESPACE, *(objects.scenario(name, score) for name in names))
    apply(NAMESPACE, objects.obj("Benchmark", "trivial", {"scenarios": [{"name": name} for name in names]}))
    _operator_wall(2, "warm-up")
    print(
        "in flight, round: seconds (runs a minute) of two pods, of one pod, of Assay; Assay / two pods, / one pod"
    )
    before = Operator.look()
    used: list[tuple[dict[str, float], dict[str, float]]] = []
    phases = Phases(NAMESPACE).start()
    runs = 0
    for parallel in options.parallel:
        for number in range(1, options.rounds + 1):
            floors = []
            for pods in (2, 1):
                floors.append(Floor(NAMESPACE, objects.image(), pods).measure(options.scenarios, parallel))
                _settle()
            start = cpu.look()
            wall = _operator_wall(parallel, f"bench-{parallel}-{number}")
            used.append((start, cpu.look()))
            runs += options.scenarios
            shown = (f"{s:7.1f} ({options.scenarios * 60 / s:5.1f})" for s in (*floors, wall))
            ratios = (f"{wall / floor:5.2f}" for floor in floors)
            print(f"{parallel:3} {number:2}: ", *shown, " ", *ratios, flush=True)
    after = Operator.look()
    _print_operator(before, after, runs)
    print("\nphases, seconds (median, 95th percentile):", *phases.table(), sep="\n")
    total = [
        {group: sum(one[side].get(group, 0.0) for one in used) for group in used[0][1]} for side in (0, 1)
    ]
    print(
        "\nCPU seconds of the node a run, with its clean-up:", *cpu.table(total[0], total[1], runs), sep="\n"
    )
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _operator_wall(parallel: int, name: str) -> float:
    """Seconds from creating a BenchmarkRun to its completion, as a watching user sees it."""
    spec: dict[str, Any] = {
        "benchmarkRef": {"name": "trivial"},
        "agent": objects.shell("echo 42 > /answer"),
        "parallelism": parallel,
    }
    start = time.monotonic()
    apply(NAMESPACE, objects.obj("BenchmarkRun", name, spec))
    kubectl("wait", "-n", NAMESPACE, "--for=condition=Complete", f"benchmarkrun/{name}", "--timeout=900s")
    wall = time.monotonic() - start
    run = get(NAMESPACE, "benchmarkrun", name)
    assert run["status"]["score"] == 1.0, condition(run, "Complete")
    kubectl("delete", "-n", NAMESPACE, "benchmarkrun", name, "--cascade=foreground")
    _settle()
    return wall


def _settle() -> None:
    """Wait until what one measurement made is gone: its clean-up must not be paid for by the next."""
    for kind in ("pods", "pvc"):
        kubectl("wait", "-n", NAMESPACE, "--for=delete", kind, "--all", "--timeout=300s")
    time.sleep(SETTLE_SECONDS)


def _print_operator(before: Operator, after: Operator, runs: int) -> None:
    print(f"\noperator: {after.memory_bytes / 2**20:.0f} MiB resident; API writes per ScenarioRun:")
    total = 0.0
    for key in sorted(after.writes):
        count = (after.writes[key] - before.writes.get(key, 0.0)) / runs
        total += count
        if count >= 0.005:
            print(f"  {count:6.2f}  {key}")
    print(
        f"  {total:6.2f}  in all ({runs} runs); requests of all kinds: {(after.requests - before.requests) / runs:.2f}"
    )


if __name__ == "__main__":
    main()
