"""Carrying out a decision: what a child that is optional changes, and what its rejection does not delay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.scenariorun import ScenarioRun, ScenarioRunStatus
from assay.kube.errors import AlreadyExists, ApiError, Forbidden, Invalid, Unavailable
from assay.reconcile.common.apply import RETRY_SECONDS, apply
from assay.reconcile.common.decision import Decision, OptionalChild
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.contexts import Recorder, context
from tests.unit.specs.objects import Obj, existing

RUN = ScenarioRun.parse(existing("ScenarioRun", "r", spec={}))
KEPT = existing("DiskSnapshot", "kept", owner_references=owner("ScenarioRun", "r"))
JOB = {**existing("Job", "job", owner_references=owner("ScenarioRun", "r")), "apiVersion": "batch/v1"}


class Client:
    """Records what is created and written; rejects objects of these kinds."""

    def __init__(self, *rejected: str, error: ApiError | None = None) -> None:
        self.rejected = rejected
        self.error = error or Forbidden(403, "Forbidden", "no")
        self.found: Obj = {}
        """What there is under the name of a child that cannot be created because of that."""
        self.created: list[str] = []
        self.statuses: list[Obj] = []

    async def create(self, obj: Obj) -> Obj:
        if obj["kind"] in self.rejected:
            raise self.error
        self.created.append(obj["kind"])
        return obj

    async def get(self, *_: Any) -> Obj:
        return self.found

    async def patch_status(self, obj: Obj, status: Obj) -> None:
        self.statuses.append(status)


async def applied(
    client: Client, decision: Decision, run: ScenarioRun = RUN, recorder: Recorder | None = None
) -> float | None:
    def nothing(*_: Any) -> None:
        pass

    ctx = replace(context(), client=cast(Any, client), observe=nothing, now=lambda: datetime.now(UTC))
    ctx = replace(ctx, recorder=cast(Any, recorder or Recorder()))
    return await apply(ctx, run, decision, blocked_condition=ConditionType.COMPLETE)


def keeping(requeue: float | None = None) -> Decision:
    child = OptionalChild(KEPT, ScenarioRunStatus(disk_snapshot="kept"), ConditionType.DISK_KEPT)
    return Decision(ScenarioRunStatus(phase="Scoring"), create=[JOB], optional=child, requeue=requeue)


async def test_an_optional_child_comes_first_and_changes_the_status() -> None:
    client = Client()
    assert await applied(client, keeping()) is None
    assert client.created == ["DiskSnapshot", "Job"]
    [status] = client.statuses
    assert status["diskSnapshot"] == "kept"


@pytest.mark.parametrize(("requeue", "expected"), [(None, RETRY_SECONDS), (3.0, 3.0), (99.0, RETRY_SECONDS)])
async def test_a_rejected_optional_child_is_reported_and_delays_nothing(
    requeue: float | None, expected: float
) -> None:
    client, decision = Client("DiskSnapshot"), keeping(requeue)
    assert await applied(client, decision) == expected, "it is tried again"
    assert client.created == ["Job"]
    [status] = client.statuses
    assert (status["phase"], "diskSnapshot" in status) == ("Scoring", False)
    [found] = status["conditions"]
    assert (found["type"], found["status"], found["reason"]) == ("DiskKept", "False", "Forbidden")
    assert decision.status.conditions == [], "the decision stays as it was"


@pytest.mark.parametrize(("phase", "expected"), [("Running", "Running"), (None, "Pending")])
async def test_a_rejected_child_blocks_the_rest(phase: str | None, expected: str) -> None:
    client, run = Client("Job"), RUN.model_copy(update={"status": ScenarioRunStatus(phase=phase)})
    recorder = Recorder()
    assert await applied(client, keeping(), run, recorder) == RETRY_SECONDS
    assert recorder.posted == [("Warning", "Forbidden")]
    [status] = client.statuses
    assert status["phase"] == expected
    found = conditions.find(ScenarioRunStatus.model_validate(status).conditions, "Complete")
    assert found is not None
    assert (found.status, found.reason) == ("False", "Forbidden")


@pytest.mark.parametrize(
    "error",
    [
        ApiError(400, "BadRequest", 'admission webhook "policy" denied the request: no label'),
        Unavailable(
            500, "InternalError", 'Internal error occurred: failed calling webhook "policy": timeout'
        ),
        Invalid(422, "Invalid", "must be positive"),
    ],
    ids=["denies with a code of its own", "cannot be called", "invalid"],
)
async def test_the_words_of_who_refuses_a_child_are_told(error: ApiError) -> None:
    client = Client("Job", error=error)
    assert await applied(client, keeping()) == RETRY_SECONDS
    [status] = client.statuses
    found = conditions.find(ScenarioRunStatus.model_validate(status).conditions, "Complete")
    assert found is not None
    assert found.status == "False"
    assert error.message in found.message


async def test_an_api_server_that_is_away_is_no_refusal() -> None:
    with pytest.raises(Unavailable):
        await applied(Client("Job", error=Unavailable(503, "", "try again")), keeping())


@pytest.mark.parametrize(
    ("owners", "is_taken"),
    [
        (owner("ScenarioRun", "r"), False),
        ([], True),
        (owner("ScenarioRun", "another"), True),
        ([{**owner("ScenarioRun", "r")[0], "controller": False}], True),
    ],
    ids=["ours", "nobody's", "another's", "ours, but not controlled"],
)
async def test_a_child_that_exists_is_ours_if_our_object_controls_it(
    owners: list[Obj], is_taken: bool
) -> None:
    """Children are found by their controller: what only refers to us would be waited for without an end."""
    client = Client("Job", error=AlreadyExists(409, "AlreadyExists", "there"))
    client.found = {**JOB, "metadata": {**JOB["metadata"], "ownerReferences": owners}}
    assert await applied(client, Decision(ScenarioRunStatus(phase="Scoring"), create=[JOB])) == (
        RETRY_SECONDS if is_taken else None
    )
    [status] = client.statuses
    reasons = [one["reason"] for one in status.get("conditions") or ()]
    assert reasons == (["NameTaken"] if is_taken else [])


@pytest.mark.parametrize(("deleted", "cure"), [(None, "delete it"), ("2026-01-02T10:00:00Z", "wait")])
async def test_a_name_that_is_taken_is_waited_for_if_it_is_about_to_be_free(
    deleted: str | None, cure: str
) -> None:
    client = Client("Job", error=AlreadyExists(409, "AlreadyExists", "exists"))
    client.found = existing("Job", "job", owner_references=[{"uid": "of-another"}])
    client.found["metadata"]["deletionTimestamp"] = deleted
    await applied(client, Decision(ScenarioRunStatus(), create=[JOB]))
    [found] = client.statuses[0]["conditions"]
    assert found["reason"] == "NameTaken"
    assert cure in found["message"]
