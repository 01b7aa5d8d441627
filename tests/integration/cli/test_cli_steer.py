"""cancel, suspend and resume."""

from __future__ import annotations

import pytest

from assay.cli.exits import Exit
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.running import BENCHMARK_RUNS, RUNS, TEAM, create, create_run
from tests.unit.cli.objects import conditions

SPEC = {"benchmarkRef": {"name": "ledger"}, "agent": {"ref": {"name": "mini"}}, "parallelism": 7}


@pytest.mark.parametrize(
    ("command", "change"),
    [("cancel", {"cancel": True}), ("suspend", {"suspend": True}), ("resume", {"suspend": False})],
)
async def test_runs_of_both_kinds_are_steered(
    api: FakeApi, assay: Assay, command: str, change: dict[str, bool]
) -> None:
    create(api, "BenchmarkRun", "monday", SPEC)
    create_run(api, "one", "sum")
    done = await assay(command, "monday", "one", "one")
    assert done.exit_code == Exit.OK, done.output
    assert len(done.stdout.splitlines()) == 2
    for kind, name in ((BENCHMARK_RUNS, "monday"), (RUNS, "one")):
        found = api.get(kind, TEAM, name)
        assert found is not None
        assert found["spec"].items() >= change.items()
        assert found["spec"].keys() >= {"benchmarkRef" if kind is BENCHMARK_RUNS else "scenarioRef"}


async def test_none_is_steered_if_one_has_ended_or_is_missing(api: FakeApi, assay: Assay) -> None:
    create(api, "BenchmarkRun", "monday", SPEC)
    create(api, "BenchmarkRun", "over", SPEC, {"conditions": conditions(Complete=("True", "AllScored"))})
    before = len(api.writes)
    for other, complaint in (("over", "benchmarkrun.assay.dev/over has ended"), ("nowhere", "there is no")):
        done = await assay("cancel", "monday", other)
        assert done.exit_code == Exit.FAILED
        assert complaint in done.output
    assert len(api.writes) == before
