"""Runs beside the bare floors: `python -m tests.tools.bench`. docs/performance.md explains what it prints.

Prints what it saw and judges nothing: figures of one machine are no test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

from tests.e2e import objects

from . import cpu, operator_metrics
from .floor import Floor
from .kube import apply, condition, create_namespace, get, kubectl
from .phases import Phases, Seen
from .phases import table as phase_table
from .sampling import Samples

NAMESPACE = "assay-bench"
SETTLE_SECONDS = 5.0
TWO_PODS, ONE_POD, ASSAY = "two pods", "one pod", "Assay"


class Bench:
    """The measurements so far."""

    def __init__(self, items: int) -> None:
        self.items = items
        self.phases = Phases(NAMESPACE)
        self.seen: dict[str, list[Seen]] = {}
        self.meter = cpu.Meter(cpu.lasting_pods())

    def round(self, parallel: int, number: int) -> tuple[float, float, float]:
        """Seconds of the two-pod floor, the one-pod floor and Assay, one after the other."""
        floors = []
        for what, pods in ((TWO_PODS, 2), (ONE_POD, 1)):
            with self.meter.on(what):
                floors.append(Floor(NAMESPACE, objects.image(), pods).measure(self.items, parallel))
                settle()
        with self.meter.on(ASSAY):
            wall = assay_seconds(parallel, f"bench-{parallel}-{number}")
        self.seen.setdefault(f"{parallel} in flight", []).extend(self.phases.take())
        return floors[0], floors[1], wall


def main() -> None:
    """Measure at each number in flight, some rounds each; print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20)
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--samples", action="store_true", help="a last round of Assay by samples, untimed")
    options = parser.parse_args()
    create_namespace(NAMESPACE)
    try:
        _prepare(options.items)
        _measure(options.items, options.parallel, options.rounds)
        if options.samples:
            _sample(options.items, max(options.parallel))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--timeout=300s")


def _prepare(items: int) -> None:
    names = [f"trivial-{number:03}" for number in range(items)]
    score = objects.command("answer", "grep", "-qx", "42", "/answer")
    apply(NAMESPACE, *(objects.scenario(name, score) for name in names))
    apply(NAMESPACE, objects.obj("Benchmark", "trivial", {"scenarios": [{"name": name} for name in names]}))
    assay_seconds(8, "warm-up")


def _measure(items: int, parallels: Sequence[int], rounds: int) -> None:
    bench, before = Bench(items), operator_metrics.look()
    print(f"{items} items; seconds (items a minute)\n")
    print(f"| in flight | round | {TWO_PODS} | {ONE_POD} | {ASSAY} | Assay / two pods | Assay / one pod |")
    print("|---:" * 7 + "|")
    for parallel in parallels:
        walls = []
        for number in range(1, rounds + 1):
            walls.append(bench.round(parallel, number))
            print(row(f"{parallel} | {number}", items, walls[-1]), flush=True)
        two, one, ours = (sum(column) for column in zip(*walls, strict=True))
        print(row(f"{parallel} | all", items * rounds, (two, one, ours)), flush=True)
    measured = items * rounds * len(parallels)
    after = operator_metrics.look()
    bench.phases.close()
    print("\nphases of runs: median and 95th percentile, seconds\n", *phase_table(bench.seen), sep="\n")
    print("\nCPU of the node, clean-up included\n", *cpu.table(bench.meter.used, measured), sep="\n")
    print(f"\nthe operator: {after.memory_bytes / 2**20:.0f} MiB resident\n")
    print(*operator_metrics.table(before, after, measured), sep="\n")


def _sample(items: int, parallel: int) -> None:
    """Runs of their own: taking samples is work, which would be counted as Assay's."""
    samples = Samples()
    with samples.on():
        assay_seconds(parallel, "bench-samples")
    print("\nCPU of Assay by samples of the whole machine\n", *samples.table(items), sep="\n")


def row(label: str, items: int, walls: tuple[float, float, float]) -> str:
    """A row of the first table."""
    two, one, ours = walls
    cells = " | ".join(f"{wall:.1f} ({items * 60 / wall:.1f})" for wall in walls)
    return f"| {label} | {cells} | {ours / two:.2f} | {ours / one:.2f} |"


def assay_seconds(parallel: int, name: str) -> float:
    """Seconds from creating a BenchmarkRun to its completion, as a watching user sees it."""
    spec: dict[str, Any] = {
        "benchmarkRef": {"name": "trivial"},
        "agent": objects.shell("echo 42 > /answer"),
        "parallelism": parallel,
    }
    start = time.monotonic()
    apply(NAMESPACE, objects.obj("BenchmarkRun", name, spec))
    kubectl(
        "wait",
        "-n",
        NAMESPACE,
        "--for=condition=Complete",
        f"benchmarkrun/{name}",
        "--timeout=3600s",
        timeout=3660,
    )
    wall = time.monotonic() - start
    run = get(NAMESPACE, "benchmarkrun", name)
    assert run["status"]["score"] == 1.0, condition(run, "Complete")
    kubectl("delete", "-n", NAMESPACE, "benchmarkrun", name, "--cascade=foreground")
    settle()
    return wall


def settle() -> None:
    """Wait until what one measurement made is gone: its clean-up must not be paid for by the next."""
    for kind in ("pods", "pvc"):
        kubectl("wait", "-n", NAMESPACE, "--for=delete", kind, "--all", "--timeout=300s")
    time.sleep(SETTLE_SECONDS)


if __name__ == "__main__":
    main()
