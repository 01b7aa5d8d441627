"""Runs a minute beside the bare floor, in one invocation: `python -m tests.tools.bench`.

Prints what it saw and judges nothing: figures of one machine are no test.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e import objects

from .floor import Floor
from .kube import apply, condition, create_namespace, get, kubectl

NAMESPACE = "assay-bench"
WRITES = {"create", "patch", "update", "delete"}
SETTLE_SECONDS = 5.0
METRICS = "/api/v1/namespaces/assay-system/services/assay-operator-metrics:8080/proxy/metrics"


@dataclass(frozen=True)
class Operator:
    """What the operator's own metrics say."""

    writes: dict[str, float]
    memory_bytes: float

    @classmethod
    def look(cls) -> Operator:
        """Read /metrics through the API server."""
        writes: dict[str, float] = {}
        memory = 0.0
        for family in text_string_to_metric_families(kubectl("get", "--raw", METRICS)):
            for sample in family.samples:
                if sample.name == "assay_api_requests_total" and sample.labels["verb"] in WRITES:
                    key = f"{sample.labels['verb']} {sample.labels['resource']}"
                    writes[key] = writes.get(key, 0.0) + sample.value
                if sample.name == "process_resident_memory_bytes":
                    memory = sample.value
        return cls(writes, memory)


def main() -> None:
    """Measure at each parallelism: floor, operator, floor again, operator again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=20)
    parser.add_argument("--parallel", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    create_namespace(NAMESPACE)
    names = [f"trivial-{i:02}" for i in range(options.scenarios)]
    score = objects.command("answer", "grep", "-qx", "42", "/answer")
    apply(NAMESPACE, *(objects.scenario(name, score) for name in names))
    apply(NAMESPACE, objects.obj("Benchmark", "trivial", {"scenarios": [{"name": name} for name in names]}))
    _operator_wall(2, "warm-up")
    print(
        f"{'in flight':>9} {'round':>5} {'floor s':>8} {'assay s':>8} {'ratio':>6} {'floor/min':>9} {'assay/min':>9}"
    )
    before = Operator.look()
    runs = 0
    for parallel in options.parallel:
        for number in range(1, options.rounds + 1):
            floor = Floor(NAMESPACE, objects.image()).measure(options.scenarios, parallel)
            _settle()
            wall = _operator_wall(parallel, f"bench-{parallel}-{number}")
            runs += options.scenarios
            rates = (f"{options.scenarios * 60 / seconds:9.1f}" for seconds in (floor, wall))
            print(f"{parallel:9} {number:5} {floor:8.1f} {wall:8.1f} {wall / floor:6.2f}", *rates, flush=True)
    after = Operator.look()
    _print_operator(before, after, runs)
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
    print(f"  {total:6.2f}  in all ({runs} runs)")


if __name__ == "__main__":
    main()
