"""The disk of a run with a Job of its own is opened once the agent's pod has left it."""

from __future__ import annotations

from typing import Any

import pytest

from assay.reconcile.scenariorun.observed import Observed
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.unit.reconcile.runs import after, ended
from tests.unit.specs.objects import Obj, pinned

CLAIM: Obj = {"kind": "PersistentVolumeClaim", "metadata": {"name": "r"}}
KEEP: dict[str, Any] = {"keepDevbox": {"when": "Always", "ttlSeconds": 600}}


def job(phase: str) -> ScorerJob:
    owner = {"kind": "ScenarioRun", "name": "r", "uid": "uid-of-r", "controller": True}
    metadata = {"name": "r", "namespace": "team", "uid": "uid-of-job", "ownerReferences": [owner]}
    pod = {"metadata": {"name": "r-x", "namespace": "team"}, "status": {"phase": phase}}
    return ScorerJob(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": {}}, [pod], "r"
    )


@pytest.mark.parametrize(("phase", "is_opened"), [("Succeeded", True), ("Failed", True), ("Running", False)])
def test_a_disk_is_opened_once_nothing_works_on_it(phase: str, is_opened: bool) -> None:
    own = job(phase)
    status = ended("missed").model_copy(update={"pinned": pinned()})
    decision = after(status, Observed(claim=CLAIM, jobs=[own]), **KEEP)
    opened = [(made["kind"], made["spec"]["operatingMode"]) for made in decision.create]
    assert opened == ([("Devbox", "Idle")] if is_opened else [])
    assert list(decision.delete) == ([] if is_opened else [own.obj]), (
        "its pod would work on, on the same disk"
    )
