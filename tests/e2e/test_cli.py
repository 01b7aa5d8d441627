"""The command as people run it: a process of its own, against the cluster."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.tools.kube import apply, get

from .objects import bash, eventually, obj, scenario

Run = Callable[..., subprocess.CompletedProcess[str]]
SECONDS = 300


@pytest.fixture
def assay(namespace: str) -> Run:
    """Run a command line in the test's namespace; the cluster is that of $KUBECONFIG."""

    def run(command: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "assay.cli", command, "--namespace", namespace, *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def benchmark(namespace: str) -> str:
    """Two scenarios: at one the answer counts whole, at the other half."""
    whole = bash("whole", '[ "$(cat /answer)" = 42 ] && echo 1 || echo 0')
    half = bash("half", 'echo "half of it"; [ -e /answer ] && echo 0.5 || echo 0')
    scenarios = [{"name": "whole"}, {"name": "half"}]
    apply(
        namespace,
        scenario("whole", whole),
        scenario("half", half),
        obj("Benchmark", "small", {"scenarios": scenarios}),
    )
    return "small"


ANSWER = ("--", "sh", "-c", "echo working; echo 42 >/answer")


def test_a_run_is_followed_and_read_by_people_and_programs(
    assay: Run, benchmark: str, tmp_path: Path
) -> None:
    done = assay("run", benchmark, "--name", "first", "--wait", *ANSWER)
    assert done.stdout.splitlines()[-1] == "first: 2/2 done, score 0.750, 1 passed"
    rows = [line.split() for line in assay("results", "first").stdout.splitlines()]
    assert ["half", "0.500"] in rows
    assert ["MEAN", "0.750"] in rows

    report = tmp_path / "report.xml"
    listed = assay("results", "first", "--junit", str(report), "-o", "csv").stdout
    assert {one["SCENARIO"]: one["SCORE"] for one in csv.DictReader(io.StringIO(listed))} == {
        "whole": "1",
        "half": "0.5",
    }
    [suite] = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")

    assert "half of it" in assay("logs", "first-half-1").stdout
    assay("watch", "first", "--min-score", "0.8", code=1)


def test_two_runs_are_compared_and_a_regression_fails_a_pipeline(assay: Run, benchmark: str) -> None:
    assay("run", benchmark, "--name", "good", "--wait", *ANSWER)
    assay("run", benchmark, "--name", "bad", "--scenario", "half", "--wait", "--", "true")
    done = assay("results", "good", "bad", "--fail-on-regression", code=1)
    assert "0.000 (-0.500)" in done.stdout
    assert "bad: half fell from 0.500 to 0.000" in done.stderr


def test_what_an_agent_writes_is_followed_while_it_works(assay: Run, benchmark: str, namespace: str) -> None:
    script = "for i in $(seq 20); do echo line $i; sleep 1; done; echo 42 >/answer"
    assay("run", benchmark, "--name", "slow", "--scenario", "whole", "--", "sh", "-c", script)
    eventually(lambda: get(namespace, "scenariorun", "slow-whole-1"), 60, lambda: "no run")
    lines = assay("logs", "slow-whole-1", "--follow").stdout.splitlines()
    assert lines == [f"line {number}" for number in range(1, 21)]


def test_a_kept_disk_is_opened_and_scored_again(assay: Run, benchmark: str, namespace: str) -> None:
    assay("run", benchmark, "--name", "kept", "--snapshots", "Always", "--wait", *ANSWER)

    def disk() -> str | None:
        found: str | None = get(namespace, "scenariorun", "kept-whole-1")["status"].get("diskSnapshot")
        return found

    eventually(disk, 60, lambda: "no disk was kept")
    assert assay("open", "kept-whole-1", "--", "cat", "/answer").stdout == "42\n"
    eventually(lambda: get(namespace, "devboxes") == [] or None, 60, lambda: "the devbox stays")
    assay("rescore", "kept", "--name", "again", "--wait")
    assert "*" not in assay("results", "kept", "again").stdout


def test_a_new_scenario_can_be_applied_and_validated(assay: Run, namespace: str, tmp_path: Path) -> None:
    path = tmp_path / "sum.yaml"
    subprocess.run(
        [sys.executable, "-m", "assay.cli", "new", "scenario", "sum", "--file", str(path)], check=True
    )
    subprocess.run([sys.executable, "-m", "assay.cli", "lint", "--strict", str(path)], check=True)
    apply(namespace, *yaml.safe_load_all(path.read_text()))
    done = assay("validate", "sum", "--wait", "--timeout", str(SECONDS - 20))
    assert "ReferencePassed" in done.stdout
    assert get(namespace, "benchmarks") == []


def test_doctor_finds_nothing_missing_on_this_cluster(assay: Run) -> None:
    checks = json.loads(assay("doctor", "--json").stdout)
    assert {one["about"]: one for one in checks if one["verdict"] == "missing"} == {}
    assert next(one["verdict"] for one in checks if one["about"] == "your rights") == "ok"


def test_top_says_what_a_run_waits_for(assay: Run, benchmark: str) -> None:
    assay("run", benchmark, "--name", "waits", "--scenario", "whole", "--agent", "nobody")

    def told() -> str | None:
        shown = assay("top").stdout
        return shown if "AgentNotFound" in shown else None

    assert "benchmarkrun/waits" in eventually(told, 60, lambda: assay("top").stdout)
