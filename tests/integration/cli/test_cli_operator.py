"""The command and the operator together: what one writes, the other reads."""

from __future__ import annotations

from pathlib import Path

from assay.cli.exits import Exit
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, PASSED, Kubelet, says
from tests.integration.running import create, create_definitions, operating

ENDS = {"parser": "1.0", "rotation": "0.5", "stamp": "1.0"}


def end(pod: Json, container: str) -> Json:
    """Half of the tests pass at rotation."""
    if container == AGENT:
        return PASSED
    return says(ENDS[pod["metadata"]["labels"]["assay.dev/scenario"]] if container == "tests" else "")


def assert_is_page_of(path: Path, *words: str) -> None:
    text = path.read_text()
    assert text.startswith("<!doctype html>")
    assert not [word for word in words if word not in text]


async def test_a_run_is_started_followed_and_read(api: FakeApi, assay: Assay, tmp_path: Path) -> None:
    create_definitions(api, *ENDS)
    create(api, "Benchmark", "ledger", {"scenarios": [{"name": name} for name in ENDS]})
    with Kubelet(api, end=end):
        async with operating(api, tmp_path):
            run = await assay(
                "run", "ledger", "--agent", "solver", "--name", "monday", "--attempts", "2", "--wait"
            )
            part = await assay(
                "run", "ledger", "--agent", "solver", "--name", "part", "--scenario", "parser", "--wait"
            )
            results = await assay("results", "monday", "part")
            logs = await assay("logs", "monday-rotation-1")
            page = await assay("report", "monday", "part", "--output", str(tmp_path / "page.html"))
            failing = await assay("results", "monday", "--min-score", "0.9")
    assert run.exit_code == Exit.OK, run.output
    assert run.output.splitlines()[-1] == "monday: 6/6 done, score 0.883, 4 passed"
    assert part.output.splitlines()[-1] == "part: 1/1 done, score 1.000, 1 passed"
    rows = [line.split() for line in results.stdout.splitlines()]
    assert rows[0] == ["SCENARIO", "monday", "part"]
    assert ["rotation", "0.650", "0/2", "-"] in rows
    assert ["MEAN", "0.883", "1.000"] in rows
    assert "==> tests: score 0.500 <==" in logs.stdout
    assert page.exit_code == Exit.OK, page.output
    assert_is_page_of(tmp_path / "page.html", "monday", "part", "rotation")
    assert failing.exit_code == Exit.FAILED
