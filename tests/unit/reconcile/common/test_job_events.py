"""Why a Job has no pod, as Events tell it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from assay.kube.errors import ApiError, Forbidden, Unavailable
from assay.kube.resources import EVENTS, Resource
from assay.reconcile.common.apply import RETRY_SECONDS
from assay.reconcile.common.job_events import LOOK_SECONDS, Refusal, refusal
from tests.unit.reconcile import contexts
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)
QUOTA = 'pods "r-abcde" is forbidden: exceeded quota: small, requested: pods=1'
SECURITY = 'pods "r-abcde" is forbidden: violates PodSecurity "restricted:latest": appArmorProfile'


class Api:
    """Has the Events of each Job, or refuses to list them; records which it listed."""

    def __init__(self, refused: ApiError | None = None, **events: list[Obj]) -> None:
        self.refused, self.events, self.asked = refused, events, list[str]()

    async def list(self, res: Resource, namespace: str, *, field_selector: str) -> AsyncIterator[Obj]:
        assert (res, namespace) == (EVENTS, "team")
        about, reason = field_selector.split(",")
        assert reason == "reason=FailedCreate"
        uid = about.removeprefix("regarding.uid=uid-of-")
        self.asked.append(uid)
        if self.refused:
            raise self.refused
        for event in self.events.get(uid, []):
            yield event


def job(name: str = "r", *, age: float | None = 60) -> Obj:
    created = {} if age is None else {"creationTimestamp": (NOW - timedelta(seconds=age)).isoformat()}
    return {
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-of-{name}", **created},
    }


def event(note: str, **at: str) -> Obj:
    return {"note": note, **at}


async def found(api: Api, *jobs: Obj) -> Refusal:
    ctx = replace(contexts.context(), client=cast(Any, api), now=lambda: NOW)
    return await refusal(ctx, jobs)


async def test_where_all_jobs_have_pods_nothing_is_asked() -> None:
    api = Api(r=[event(QUOTA)])
    assert await found(api) == Refusal(None, None)
    assert api.asked == []


@pytest.mark.parametrize(("age", "left"), [(0, 3.0), (2, 1.0), (-30, 3.0)])
async def test_a_young_job_is_given_time(age: float, left: float) -> None:
    api = Api(r=[event(QUOTA)])
    assert await found(api, job(age=age)) == Refusal(None, left)
    assert await found(api, job("old"), job(age=age)) == Refusal(None, left), "the youngest decides"
    assert api.asked == []


@pytest.mark.parametrize("age", [LOOK_SECONDS, 60, None])
@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (QUOTA, "QuotaExceeded"),
        (SECURITY, "PodSecurityForbidden"),
        ('pods "r-abcde" is forbidden: no PriorityClass with name high was found', "Forbidden"),
    ],
)
async def test_why_the_api_server_refuses_the_pod(age: float | None, note: str, reason: str) -> None:
    cause, again = await found(Api(r=[event(note)]), job(age=age))
    assert cause is not None
    assert cause.reason == reason
    assert note in cause.message
    assert again == RETRY_SECONDS, "quota may be there by then: the Job controller says nothing of it"


@pytest.mark.parametrize(
    "events", [[], [{"eventTime": "2026-01-02T09:00:00Z"}]], ids=["none", "without a note"]
)
async def test_a_job_without_an_event_is_looked_at_again(events: list[Obj]) -> None:
    assert await found(Api(r=events), job()) == Refusal(None, RETRY_SECONDS)


@pytest.mark.parametrize(
    "newest",
    [
        {"deprecatedLastTimestamp": "2026-01-02T09:59:00Z"},
        {"eventTime": "2026-01-02T09:59:00Z"},
        {"eventTime": "2026-01-02T09:00:00Z", "series": {"lastObservedTime": "2026-01-02T09:59:00Z"}},
    ],
    ids=["old API", "new API", "series"],
)
async def test_the_newest_refusal_counts(newest: Obj) -> None:
    older, newer = event(QUOTA, eventTime="2026-01-02T09:58:00Z"), event(SECURITY, **newest)
    for order in ([older, newer], [newer, older]):
        cause, _ = await found(Api(r=order), job())
        assert cause is not None
        assert cause.reason == "PodSecurityForbidden"


async def test_each_job_is_asked_about_by_its_own_uid() -> None:
    api = Api(two=[event(QUOTA)], stranger=[event(SECURITY)])
    cause, _ = await found(api, job("one"), job("two"))
    assert api.asked == ["one", "two"]
    assert cause is not None
    assert cause.reason == "QuotaExceeded"


@pytest.mark.parametrize(
    "error", [Forbidden(403, "Forbidden", "events is forbidden"), Unavailable(0, "Timeout", "no answer")]
)
async def test_events_that_cannot_be_read_are_no_reason_to_be_silent(error: ApiError) -> None:
    cause, again = await found(Api(error), job())
    assert cause is not None
    assert error.message in cause.message
    assert "cannot read why the Job has no pod" in cause.message
    assert again == RETRY_SECONDS
