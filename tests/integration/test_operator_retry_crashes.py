"""The operator dies between any two writes of a run that is begun anew: each try is made once, and one is scored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.reconcile.scenariorun import retry
from assay.specs import names
from tests.integration.crashing import CHILDREN, Crashing, deaths, die_and_start_again
from tests.integration.fakecollection import Json
from tests.integration.kubelet import end_well
from tests.integration.running import RUNS, TEAM, create_definitions, create_run, is_over, leftovers

RETRIED_RUN = (
    22  # 15 without: the lost try is listed, told and deleted (4), the next has claim, Job and a status
)
RETRIED_RUN_OWN_POD = 26


@pytest.fixture
async def api() -> AsyncIterator[Crashing]:
    async with Crashing() as server:
        yield server


def frozen_at_first(pod: Json, container: str) -> Json:
    """The node refuses the agent's container in the first try of the run `r`, in its Job or its devbox."""
    if pod["metadata"]["name"] in ("r-abcde", "r"):
        return {"exitCode": 128, "reason": "StartError", "message": "runc create failed: unable to freeze"}
    return end_well(pod, container)


@pytest.mark.parametrize(
    ("placement", "of", "writes"),
    [
        *(("SamePod", RETRIED_RUN, writes) for writes in deaths(RETRIED_RUN)),
        *(("OwnPod", RETRIED_RUN_OWN_POD, writes) for writes in deaths(RETRIED_RUN_OWN_POD)),
    ],
)
async def test_death_after_any_write_of_a_run_that_is_begun_anew(
    api: Crashing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placement: str, of: int, writes: int
) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 0.1)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    api.let_live(writes)

    def done() -> bool:
        return is_over(api, "ScenarioRun", "r") and not leftovers(api)

    death = await die_and_start_again(api, tmp_path, done, placement=placement, end=frozen_at_first)
    death.assert_died(writes, of)
    run = api.get(RUNS, TEAM, "r")
    assert run is not None
    assert run["status"]["score"] == 1.0
    [lost] = run["status"]["lostTries"]
    assert (lost["number"], lost["reason"]) == (1, "NodeRefused")
    second = f"r-try-2-{names.content_hash(run['metadata']['uid'])[:8]}"
    agents = {"SamePod": CHILDREN["SamePod"], "OwnPod": CHILDREN["OwnPod"][:3]}[placement]
    children = [child.format(one) for child in agents for one in ("r", second)]
    created = death.kubelet.created
    assert {child: created[child] for child in children} == dict.fromkeys(children, 1)
    assert sum(count for name, count in created.items() if name.startswith("Job ")) == (
        2 if placement == "SamePod" else 1
    ), "nothing is scored but what the second try left"
