"""What keeps something from starting stands in Events alone: it reaches the status, once, and goes when it is cured."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.kube.resources import EVENTS, PERSISTENT_VOLUME_CLAIMS
from assay.our_resources import OURS
from assay.reconcile.common import pod_view, start_events
from assay.registry.image import ImageConfig, ImageNotFound
from assay.registry.reader import RegistryReader
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import Kubelet, Refusal, event
from tests.integration.running import (
    TEAM,
    condition,
    create,
    create_benchmark_run,
    create_definitions,
    create_run,
    is_over,
    operating,
)

MOUNT = Refusal("FailedMount", 'MountVolume.SetUp failed for volume "x" : secret "nobody-made-me" not found')
SANDBOX = Refusal("FailedCreatePodSandBox", "Failed to create pod sandbox: no such runtime handler")
QUOTA = Refusal(
    "FailedCreate", 'Error creating: pods "r-1" is forbidden: exceeded quota: team, requested: pods=1'
)
WEBHOOK = Refusal("FailedCreate", 'Error creating: admission webhook "policy" denied the request: no label')


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of these tests is a minute."""
    monkeypatch.setattr(start_events, "_PATIENCE", dict.fromkeys(start_events._PATIENCE, 0.1))
    monkeypatch.setattr(start_events, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(start_events, "LOOK_SECONDS_MAX", 0.2)
    monkeypatch.setattr(pod_view, "PATIENCE", pod_view.PATIENCE / 100)


class Refuser:
    """Refuses pods, or Jobs their pods, until it is told to stop."""

    def __init__(self, kind: str, refusal: Refusal) -> None:
        self.kind, self.refusal, self.is_on = kind, refusal, True

    def __call__(self, obj: Json) -> Refusal | None:
        return self.refusal if self.is_on and obj["kind"] == self.kind else None


def told(api: FakeApi, kind: str, name: str) -> list[str]:
    """The reasons of the operator's Events about one of our objects."""
    events = api.all(EVENTS, TEAM)
    return [
        one["reason"]
        for one in events
        if (one["regarding"]["kind"], one["regarding"].get("name")) == (kind, name)
    ]


def status(api: FakeApi, kind: str, name: str) -> Json:
    found = api.get(OURS[kind], TEAM, name)
    assert found
    return dict(found["status"])


def message(api: FakeApi, kind: str, name: str, type_: str) -> str:
    return next(str(one["message"]) for one in status(api, kind, name)["conditions"] if one["type"] == type_)


@pytest.mark.parametrize("placement", ["SamePod", "OwnPod"])
@pytest.mark.parametrize(
    ("kind", "refusal", "reason"),
    [
        ("Pod", MOUNT, "FailedMount"),
        ("Pod", SANDBOX, "FailedCreatePodSandBox"),
        ("Job", QUOTA, "QuotaExceeded"),
        ("Job", WEBHOOK, "Forbidden"),
    ],
)
async def test_a_run_says_what_it_waits_for_and_goes_on_once_it_is_cured(
    api: FakeApi, tmp_path: Path, placement: str, kind: str, refusal: Refusal, reason: str
) -> None:
    refuser = Refuser(kind, refusal)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    # Longer than usual: the end of the agent is seen by itself.
    with Kubelet(api, work=0.4, refuse=refuser):
        async with operating(api, tmp_path, placement=placement) as operator:
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "Complete") == ("False", reason))
            has_worked = "agent" in status(api, "ScenarioRun", "r")
            assert status(api, "ScenarioRun", "r")["phase"] == ("Scoring" if has_worked else "Pending")
            assert refusal.note in message(api, "ScenarioRun", "r", "Complete")
            refuser.is_on = False
            await operator.until(lambda: is_over(api, "ScenarioRun", "r"))
            await operator.settled()
    assert condition(api, "ScenarioRun", "r", "Complete") == ("True", "Scored")
    assert told(api, "ScenarioRun", "r").count(reason) == 1
    assert set(told(api, "ScenarioRun", "r")) == {reason, "Scored"}


async def test_a_claim_that_no_storage_class_provides(api: FakeApi, tmp_path: Path) -> None:
    note = 'storageclass.storage.k8s.io "no-such-class" not found'

    def warn(claim: Json) -> None:
        api.create(event(claim, f"{claim['metadata']['name']}.1", "ProvisioningFailed", note))

    api.on_create(PERSISTENT_VOLUME_CLAIMS, warn)
    create_definitions(api, "fix-it")
    create_run(api, "r", "fix-it")
    create(api, "Devbox", "box", {"blueprintRef": {"name": "project"}})
    refuser = Refuser("Pod", Refusal("FailedScheduling", "0/1 nodes are available"))
    waits = ("False", "ProvisioningFailed")
    with Kubelet(api, refuse=refuser):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "ScenarioRun", "r", "Complete") == waits)
            await operator.until(lambda: condition(api, "Devbox", "box", "Ready") == waits)
            await operator.until(lambda: told(api, "Devbox", "box"))
    assert message(api, "ScenarioRun", "r", "Complete") == note
    assert message(api, "Devbox", "box", "Ready") == note
    box = status(api, "Devbox", "box")
    assert (box["phase"], box["reason"]) == ("Pending", "ProvisioningFailed")


async def test_a_devbox_shows_what_it_waits_for_does_and_ended_by(api: FakeApi, tmp_path: Path) -> None:
    refuser = Refuser("Pod", MOUNT)
    create_definitions(api)
    create(api, "Devbox", "box", {"blueprintRef": {"name": "project"}, "command": ["make"]})

    def shown() -> tuple[str, str]:
        of = status(api, "Devbox", "box") if "status" in (api.get(OURS["Devbox"], TEAM, "box") or {}) else {}
        return of.get("phase", ""), of.get("reason", "")

    with Kubelet(api, refuse=refuser, work=0.5, end=lambda *_: {"exitCode": 2, "reason": "Error"}):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: shown() == ("Pending", "FailedMount"))
            refuser.is_on = False
            await operator.until(lambda: shown() == ("Finished", "Error"))


@pytest.mark.parametrize(
    ("kind", "refusal", "reason"), [("Pod", MOUNT, "FailedMount"), ("Job", QUOTA, "QuotaExceeded")]
)
async def test_a_build_says_what_it_waits_for(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, refusal: Refusal, reason: str
) -> None:
    async def resolve(_: RegistryReader, reference: str) -> ImageConfig:
        raise ImageNotFound(f"there is no image {reference}")

    monkeypatch.setattr(RegistryReader, "resolve", resolve)
    create(api, "Blueprint", "built", {"dockerfile": "FROM scratch"})
    with Kubelet(api, refuse=Refuser(kind, refusal)):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: condition(api, "Blueprint", "built", "Ready") == ("False", reason))
            await operator.until(lambda: reason in told(api, "Blueprint", "built"))
    assert refusal.note in message(api, "Blueprint", "built", "Ready")
    assert sorted(told(api, "Blueprint", "built")) == ["Building", reason]


async def test_a_benchmark_run_names_what_most_of_its_runs_wait_for(api: FakeApi, tmp_path: Path) -> None:
    refuser = Refuser("Pod", MOUNT)
    create_definitions(api, "one", "two")
    create_benchmark_run(api, "b", "one", "two")
    with Kubelet(api, refuse=refuser):
        async with operating(api, tmp_path) as operator:
            waits = ("False", "FailedMount")
            await operator.until(lambda: condition(api, "BenchmarkRun", "b", "Complete") == waits)
            found = status(api, "BenchmarkRun", "b")
            assert found["phase"] == "Pending"
            assert found["waiting"] == [{"reason": "FailedMount", "count": 2}]
            assert "FailedMount (2)" in message(api, "BenchmarkRun", "b", "Complete")
            refuser.is_on = False
            await operator.until(lambda: is_over(api, "BenchmarkRun", "b"))
            await operator.settled()
    assert "waiting" not in status(api, "BenchmarkRun", "b")
    assert sorted(told(api, "BenchmarkRun", "b")) == ["AllScored", "FailedMount", "Running"]
