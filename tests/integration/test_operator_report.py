"""The report of what the operator itself wrote: a benchmark run, and its re-score."""

from __future__ import annotations

from pathlib import Path

from assay.kube.resources import PODS
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, says
from tests.integration.running import (
    BENCHMARK_RUNS,
    RUNS,
    create,
    create_benchmark_run,
    create_definitions,
    is_over,
    leftovers,
    operating,
)
from tests.unit.report.pages import page


async def test_a_benchmark_run_and_its_re_score_stand_side_by_side(api: FakeApi, tmp_path: Path) -> None:
    create_definitions(api, "easy", "hard")
    create_benchmark_run(api, "b", "easy", "hard", attempts=2, template={"snapshotPolicy": "Always"})
    tests = {"easy": "1.0", "hard": "0.0"}

    def end(pod: Json, container: str) -> Json:
        """`lint` always passes; of `hard` the second attempt runs out of memory."""
        name = pod["metadata"]["name"]
        if container == AGENT:
            return {"exitCode": 137, "reason": "OOMKilled"} if "hard-2" in name else PASSED
        return says(tests["easy" if "easy" in name else "hard"] if container == "tests" else "1.0")

    with Kubelet(api, end=end):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b"), 30)
            tests["hard"] = "1.0"
            create(api, "BenchmarkRun", "again", {"rescore": {"benchmarkRunRef": {"name": "b"}}})
            await operator.until(lambda: is_over(api, "BenchmarkRun", "again") and not leftovers(api), 30)
    assert not api.all(PODS)
    found = page([*api.all(BENCHMARK_RUNS), *api.all(RUNS)])
    assert len(found.all("h1")) == 1
    # The re-score has the higher score, and so the first column.
    again, first = ([found.attempts(row, column) for row in (0, 1)] for column in (0, 1))
    assert [[one["state"] for one in attempts] for attempts in first] == [
        ["Passed"] * 2,
        ["NotPassed", "Unscored"],
    ]
    assert first[1][1]["reason"] == "OOMKilled"
    assert again[1][0]["was"] == [first[1][0]["name"], first[1][0]["score"]]
    assert again[1][0]["score"] == 1.0
    assert [phase for phase, _ in first[0][0]["phases"]] == ["Waiting", "Starting", "Agent", "Scoring"]
    assert "belong" not in found.text
