"""What `assay top` shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from assay.cli.output import Format
from assay.cli.views.top import top
from assay.kube_object import KubeObject
from tests.unit.cli.objects import START, benchmark_run, conditions, scored, under_way

LABELS = {"assay.dev/scenario-run": "monday-b-1"}
POD = {"metadata": {"namespace": "team", "labels": LABELS}, "spec": {"nodeName": "n1"}}


def rows(*runs: KubeObject, output: Format = Format.TABLE, **objects: Any) -> list[list[str]]:
    found = {"ScenarioRun": list(runs), "Blueprint": [], "BenchmarkRun": [], **objects}
    text = top(found, [POD], START + timedelta(minutes=3)).render(output)
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in text.splitlines()][1:]


def test_what_waits_comes_before_what_works_and_says_why() -> None:
    waits = under_way("a", "Unschedulable")
    waits["status"]["conditions"][0]["message"] = "0/1 nodes are available"
    works = under_way("b", "AgentWorking")
    assert rows(works, waits) == [
        ["team", "scenariorun/monday-a-1", "monday", "Unschedulable", "-", "3m", "0/1 nodes are available"],
        ["team", "scenariorun/monday-b-1", "monday", "AgentWorking", "n1", "3m"],
    ]


def test_what_has_ended_is_not_shown() -> None:
    assert rows(scored("a", 1.0)) == []


def test_a_blueprint_that_has_no_image_yet_is_shown() -> None:
    building = {
        "kind": "Blueprint",
        "metadata": {"name": "ledger", "namespace": "team"},
        "status": {"conditions": conditions(Ready=("False", "Building"))},
    }
    ready = {**building, "status": {"conditions": conditions(Ready=("True", "ImagePinned"))}}
    [row] = rows(Blueprint=[building, ready])
    assert row[1:5] == ["blueprint/ledger", "-", "Building", "-"]


def test_a_benchmark_run_is_shown_only_while_it_has_no_runs_to_show() -> None:
    waits = conditions(Complete=("False", "ScenariosNotValidated"))
    assert [row[1] for row in rows(BenchmarkRun=[benchmark_run(conditions=waits)])] == ["benchmarkrun/monday"]
    assert rows(BenchmarkRun=[benchmark_run(conditions=waits, counts={"active": 1})]) == []


def test_a_long_message_is_whole_in_wide_alone() -> None:
    waits = under_way("a", "Unschedulable")
    waits["status"]["conditions"][0]["message"] = "x" * 100
    assert rows(waits)[0][-1] == "x" * 59 + "…"
    assert rows(waits, output=Format.WIDE)[0][-1] == "x" * 100
