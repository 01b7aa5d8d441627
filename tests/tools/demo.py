"""The sample benchmark with three agents, end to end: `python -m tests.tools.demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .kube import condition, create_namespace, get, kubectl, wait

SAMPLES = Path(__file__).resolve().parents[2] / "manifests/samples"
NAMESPACE = "assay-demo"
RUNS = ("ledger-nop", "ledger-apprentice", "ledger-reference")


def main() -> None:
    """Apply the samples, run them and print what the status says."""
    start = time.monotonic()
    create_namespace(NAMESPACE)
    run_samples(NAMESPACE)
    print(table(NAMESPACE))
    print(f"\n{kubectl('get', '-n', NAMESPACE, 'benchmarkruns')}")
    print(f"{time.monotonic() - start:.0f} s. Look around: kubectl get assay -n {NAMESPACE}")


def run_samples(namespace: str) -> None:
    """Apply definitions and runs; return when every run has ended."""
    print("applying the samples", flush=True)
    kubectl("apply", "-n", namespace, "-k", str(SAMPLES))
    print("building the blueprint (its Dockerfile installs Debian packages)", flush=True)
    wait(namespace, "Ready", "blueprints", "--all", timeout=900)
    kubectl("delete", "-n", namespace, "benchmarkruns", *RUNS, "--ignore-not-found", "--cascade=foreground")
    print(f"running {', '.join(RUNS)}", flush=True)
    kubectl("apply", "-n", namespace, "-f", str(SAMPLES / "runs"))
    for run in RUNS:
        wait(namespace, "Complete", f"benchmarkrun/{run}", timeout=1200)


def scores(namespace: str) -> dict[str, dict[str, float | str]]:
    """Scenario → benchmark run → score, or the reason why there is none."""
    found: dict[str, dict[str, float | str]] = {}
    for run in get(namespace, "scenarioruns"):
        owner = run["metadata"]["ownerReferences"][0]["name"]
        cell = run["status"].get("score", condition(run, "Failed").get("reason", "?"))
        found.setdefault(run["spec"]["scenarioRef"]["name"], {})[owner] = cell
    return found


def table(namespace: str) -> str:
    """Scenarios as rows, runs as columns, the mean of each run last."""
    rows = [["SCENARIO", *RUNS]]
    for scenario, cells in sorted(scores(namespace).items()):
        rows.append([scenario, *(_text(cells.get(run)) for run in RUNS)])
    means = {run: get(namespace, "benchmarkrun", run)["status"].get("score") for run in RUNS}
    rows.append(["mean", *(_text(means[run]) for run in RUNS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _text(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    main()
