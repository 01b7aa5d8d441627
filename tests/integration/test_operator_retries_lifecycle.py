"""The real operator against the fake API server: runs that people steer while their next try is not due."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.reconcile.scenariorun import retry
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import AGENT, Kubelet, Refusal, end_well
from tests.integration.running import (
    condition,
    create_definitions,
    create_run,
    is_over,
    leftovers,
    operating,
)
from tests.integration.steering import status, steer

FROZEN = {"exitCode": 128, "reason": "StartError", "message": "runc create failed: unable to freeze"}
PLACEMENTS = pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])


def frozen_at_first(pod: Json, container: str) -> Json:
    """The node refuses the agent's container in the first try of the run `r`, in its Job or its devbox."""
    is_first = pod["metadata"]["name"] in ("r-abcde", "r")
    return FROZEN if is_first and container == AGENT else end_well(pod, container)


def no_room_at_first(obj: Json) -> Refusal | None:
    """There is no room for the pod of the first try."""
    is_first = obj["kind"] == "Pod" and obj["metadata"]["name"] in ("r-abcde", "r")
    return Refusal("FailedScheduling", "no room") if is_first else None


def has_lost(api: FakeApi) -> bool:
    return condition(api, "ScenarioRun", "r", "Complete") == ("False", "Retrying") and not leftovers(api)


@PLACEMENTS
async def test_a_run_is_canceled_while_its_next_try_is_not_due(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placement: str
) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 300.0)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it", keepDevbox={"when": "Always"})
    with Kubelet(api, end=frozen_at_first):
        async with operating(api, tmp_path, placement=placement) as operator:
            await operator.until(lambda: has_lost(api))
            steer(api, "ScenarioRun", "r", cancel=True)
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            await operator.settled(beyond=0.6)
            assert not leftovers(api)
    assert condition(api, "ScenarioRun", "r", "Failed") == ("True", "Canceled")
    assert [one["reason"] for one in status(api, "ScenarioRun", "r")["lostTries"]] == ["NodeRefused"]


@PLACEMENTS
async def test_a_run_is_suspended_while_its_next_try_is_not_due_and_goes_on_with_it(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placement: str
) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 1.0)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    with Kubelet(api, end=frozen_at_first):
        async with operating(api, tmp_path, placement=placement) as operator:
            await operator.until(lambda: has_lost(api))
            steer(api, "ScenarioRun", "r", suspend=True)
            paused = ("True", "Suspended")
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "Suspended") == paused)
            await operator.settled(beyond=1.3)
            assert not leftovers(api), "no try begins, though it is due"
            steer(api, "ScenarioRun", "r", suspend=False)
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    found = status(api, "ScenarioRun", "r")
    assert (found["score"], len(found["lostTries"])) == (1.0, 1)


@PLACEMENTS
async def test_a_pod_that_does_not_begin_in_time_is_a_lost_try(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placement: str
) -> None:
    monkeypatch.setattr(retry, "BACKOFF_SECONDS", 0.1)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    with Kubelet(api, end=end_well, refuse=no_room_at_first):
        async with operating(api, tmp_path, placement=placement, provisioning_seconds=3) as operator:
            await operator.until(lambda: is_over(api, "ScenarioRun", "r") and not leftovers(api))
    found = status(api, "ScenarioRun", "r")
    [lost] = found["lostTries"]
    assert (lost["reason"], found["score"]) == ("ProvisioningDeadlineExceeded", 1.0)
