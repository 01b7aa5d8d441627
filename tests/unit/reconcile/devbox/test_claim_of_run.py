"""A devbox that opens the disk of a run: it makes no claim, once the run has ended and the claim is the run's."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.devbox import Devbox
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox.reconcile import observe
from assay.reconcile.devbox.start import start
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import context
from tests.unit.specs.objects import Obj, existing

IMAGE = "example.test/x@sha256:" + "0" * 64
SPEC: Obj = {
    "image": IMAGE,
    "user": "1000",
    "workingDir": "/src",
    "rootFilesystem": "Overlay",
    "operatingMode": "Idle",
}
OF_RUN = owner("ScenarioRun", "r")


def devbox(owners: list[Obj] | None = None) -> Obj:
    by = OF_RUN if owners is None else owners
    return existing("Devbox", "r", spec=SPEC, status={}, owner_references=by)


def run(phase: str = "Complete", uid: str = "uid-of-r") -> Obj:
    made = existing("ScenarioRun", "r", spec={"scenarioRef": {"name": "x"}}, status={"phase": phase})
    return {**made, "metadata": {**made["metadata"], "uid": uid}}


def claim(by: list[Obj]) -> Obj:
    return {**existing("PersistentVolumeClaim", "r", owner_references=by), "apiVersion": "v1"}


CLAIM = claim(OF_RUN)


async def decide(*objects: Obj, box: Obj | None = None) -> Decision:
    found = box or devbox()
    ctx = context(found, *objects)
    return await start(ctx, await observe(ctx, Devbox.parse(found)))


def kinds(decision: Decision) -> list[str]:
    return [one["kind"] for one in decision.create if one["kind"] != "NetworkPolicy"]


@pytest.mark.parametrize("phase", ["Complete", "Failed"])
async def test_the_disk_of_a_run_that_has_ended_is_opened(phase: str) -> None:
    decision = await decide(run(phase), CLAIM)
    assert kinds(decision) == ["Pod"]
    pod = decision.create[-1]
    [disk] = [one for one in pod["spec"]["volumes"] if one["name"] == "disk"]
    assert disk["persistentVolumeClaim"] == {"claimName": "r"}
    assert pod["metadata"]["labels"]["assay.dev/pod-role"] == "idle", (
        "it changes nothing on the disk by itself"
    )


@pytest.mark.parametrize(
    "objects",
    [
        [run("Running"), CLAIM],
        [CLAIM],
        [run()],
        [run(), claim(owner("ScenarioRun", "another"))],
        [run(), claim(owner("Devbox", "r2"))],
        [run(), claim([])],
        [run(uid="another"), CLAIM],
        [run(uid="another"), claim([{**OF_RUN[0], "uid": "another"}])],
    ],
    ids=[
        *("the run works", "no run", "no claim", "another run's claim", "a devbox's claim", "nobody's claim"),
        *("another run of that name", "another run with its claim"),
    ],
)
async def test_any_other_disk_is_not(objects: list[Obj]) -> None:
    """It asks for a claim of its own: a name that is taken is reported, a disk of others never mounted."""
    assert kinds(await decide(*objects)) == ["PersistentVolumeClaim", "Pod"]


@pytest.mark.parametrize(
    "owners", [[], [{**OF_RUN[0], "controller": False}]], ids=["nobody", "no controller"]
)
async def test_a_devbox_that_the_run_did_not_make_does_not_open_its_disk(owners: list[Obj]) -> None:
    assert kinds(await decide(run(), CLAIM, box=devbox(owners))) == ["PersistentVolumeClaim", "Pod"]


async def test_the_claim_stays_the_runs() -> None:
    """A devbox that is closed before its time must not take the disk along."""
    decision: Any = await decide(run(), CLAIM)
    assert not decision.patch
    assert not [one for one in decision.create if one["kind"] == "PersistentVolumeClaim"]
