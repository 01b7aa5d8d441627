"""Score again, and validate."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assay.cli.exits import Exit
from assay.our_resources import OURS
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.running import BENCHMARK_RUNS, RUNS, TEAM, create, create_run, create_scenario
from tests.integration.samples import until
from tests.unit.cli.objects import conditions

SCENARIOS, BENCHMARKS = OURS["Scenario"], OURS["Benchmark"]
SPEC = {"benchmarkRef": {"name": "ledger"}, "agent": {"ref": {"name": "mini"}}, "parallelism": 7}


async def test_a_benchmark_run_is_scored_again(api: FakeApi, assay: Assay) -> None:
    create(api, "BenchmarkRun", "monday", SPEC, {"conditions": conditions(Complete=("True", "AllScored"))})
    assert (await assay("rescore", "monday", "--name", "again")).exit_code == Exit.OK
    made = api.get(BENCHMARK_RUNS, TEAM, "again")
    assert made is not None
    assert made["spec"] == {"rescore": {"benchmarkRunRef": {"name": "monday"}}, "parallelism": 7}


async def test_a_scenario_run_is_scored_again(api: FakeApi, assay: Assay) -> None:
    create_run(api, "one", "sum")
    api.patch_status(RUNS, TEAM, "one", {"conditions": conditions(Failed=("True", "Timeout"))})
    assert (await assay("rescore", "one", "--name", "again")).exit_code == Exit.OK
    made = api.get(RUNS, TEAM, "again")
    assert made is not None
    assert made["spec"] == {"scenarioRef": {"name": "sum"}, "rescore": {"scenarioRunRef": {"name": "one"}}}


async def test_a_run_that_goes_on_is_not_scored_again(api: FakeApi, assay: Assay) -> None:
    create(api, "BenchmarkRun", "monday", SPEC)
    done = await assay("rescore", "monday")
    assert done.exit_code == Exit.FAILED
    assert "has not ended" in done.output
    assert api.writes == []


def judge(api: FakeApi, name: str, status: str, reason: str, generation: int = 1) -> None:
    found: list[dict[str, Any]] = conditions(Validated=(status, reason))
    found[0] |= {"observedGeneration": generation, "message": f"because of {reason}"}
    runs = [{"name": "r", "agent": "Reference", "score": 1.0}, {"name": "n", "agent": "Nop", "score": 0.25}]
    validation = {"contentHash": "x", "runs": runs}
    api.patch_status(SCENARIOS, TEAM, name, {"conditions": found, "validation": validation})


async def test_validation_is_asked_for_by_a_benchmark_that_goes_again(api: FakeApi, assay: Assay) -> None:
    create_scenario(api, "sum")
    judge(api, "sum", "False", "NotRequested")
    validating = asyncio.create_task(assay("validate", "sum", "--wait"))
    await until(lambda: api.all(BENCHMARKS))
    [asked] = api.all(BENCHMARKS)
    assert asked["spec"] == {"scenarios": [{"name": "sum"}], "requireValidated": True}
    judge(api, "sum", "Unknown", "Running")
    judge(api, "sum", "True", "ReferencePassed")
    done = await validating
    assert done.exit_code == Exit.OK, done.output
    assert done.stdout.splitlines()[1].split() == ["sum", "True", "ReferencePassed", "1.0", "0.25"]
    assert api.all(BENCHMARKS) == []


async def test_a_scenario_that_is_refuted_fails_a_pipeline(api: FakeApi, assay: Assay) -> None:
    create_scenario(api, "sum")
    judge(api, "sum", "False", "NopPassed")
    done = await assay("validate", "sum", "-o", "wide")
    assert done.exit_code == Exit.FAILED
    assert "because of NopPassed" in done.stdout
    assert api.writes == []


async def test_a_verdict_about_an_earlier_spec_is_none(api: FakeApi, assay: Assay) -> None:
    create_scenario(api, "sum")
    judge(api, "sum", "True", "ReferencePassed")
    api.patch(SCENARIOS, TEAM, "sum", {"spec": {"problemStatement": "Do more."}})
    assert (await assay("validate", "sum")).exit_code == Exit.FAILED


@pytest.mark.parametrize("reason", ["Running", "NotReady"])
async def test_no_verdict_in_time_leaves_nothing_behind(api: FakeApi, assay: Assay, reason: str) -> None:
    create_scenario(api, "sum")
    judge(api, "sum", "Unknown", reason)
    done = await assay("validate", "sum", "--wait", "--timeout", "0.3")
    assert done.exit_code == Exit.TIMEOUT
    assert f"sum ({reason})" in done.output
    assert api.all(BENCHMARKS) == []
