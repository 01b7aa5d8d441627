"""What Events say of what does not start, when they are read, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from assay.api.reasons import ForeignReason
from assay.kube.errors import ApiError, Forbidden, Unavailable
from assay.reconcile.common import pod_view, start_events, start_looks
from assay.reconcile.common.context import Context
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_events import LOOK_SECONDS, LOOK_SECONDS_MAX
from assay.reconcile.common.start_looks import NO_HOLD, Hold, StartLooks, trouble
from tests.unit.reconcile.contexts import context
from tests.unit.reconcile.statuses import pod as pod_in
from tests.unit.specs.objects import Obj

CREATED = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
KEY = 'MountVolume.SetUp failed for volume "script" : references non-existent secret key: score.sh'
QUOTA = 'Error creating: pods "r-x" is forbidden: exceeded quota: team'


def thing(kind: str = "Pod", **more: Any) -> Obj:
    created = "2026-01-02T10:00:00Z"
    return {
        "kind": kind,
        "metadata": {"name": "r", "namespace": "team", "uid": "u", "creationTimestamp": created},
        **more,
    }


def said(second: int, reason: str, note: str = "as told", type_: str = "Warning") -> Obj:
    time = f"2026-01-02T10:00:{second:02}Z"
    return {"type": type_, "reason": reason, "note": note, "deprecatedLastTimestamp": time}


class Api:
    """An API server with these Events about one object, and one pod."""

    def __init__(self, *events: Obj, error: ApiError | None = None, volumes: list[Obj] | None = None) -> None:
        self.events, self.error, self.volumes = events, error, volumes or []
        self.selectors: list[str] = []

    async def list(self, _: Any, namespace: str, *, field_selector: str) -> AsyncIterator[Obj]:
        self.selectors.append(field_selector)
        if self.error:
            raise self.error
        for event in self.events:
            yield event

    async def get(self, *_: Any) -> Obj:
        return {"spec": {"volumes": self.volumes}}


def at(seconds: float, api: Api) -> Context:
    """A context so many seconds after the object was created."""
    now = CREATED + timedelta(seconds=seconds)
    return replace(context(), client=cast(Any, api), now=lambda: now, start_looks=StartLooks())


async def cause(api: Api, obj: Obj, seconds: float = 20) -> tuple[str, str] | None:
    hold = await start_events.hold(at(seconds, api), [obj])
    return (hold.cause.reason, hold.cause.message) if hold.cause else None


@pytest.mark.parametrize(
    ("kind", "events", "expected"),
    [
        ("Pod", [said(1, "FailedCreatePodSandBox")], ("FailedCreatePodSandBox", "as told")),
        ("Pod", [said(2, "FailedMount", "new"), said(1, "FailedMount", "old")], ("FailedMount", "new")),
        ("Pod", [said(1, "FailedScheduling")], None),
        ("Pod", [said(1, "FailedMount"), said(2, "Pulling", type_="Normal")], None),
        ("Pod", [said(1, "Pulling", type_="Normal"), said(2, "FailedMount")], ("FailedMount", "as told")),
        ("Pod", [said(1, "Scheduled", type_="Normal")], None),
        ("Pod", [], None),
        ("Job", [said(1, "FailedCreate", QUOTA)], ("QuotaExceeded", f"waiting for quota: {QUOTA}")),
        ("Job", [said(1, "BackoffLimitExceeded")], None),
        ("PersistentVolumeClaim", [said(1, "ProvisioningFailed")], ("ProvisioningFailed", "as told")),
        (
            "PersistentVolumeClaim",
            [said(1, "ProvisioningFailed"), said(9, "ExternalProvisioning", type_="Normal")],
            ("ProvisioningFailed", "as told"),
        ),
    ],
)
async def test_the_newest_warning_counts_unless_the_pod_has_come_further(
    kind: str, events: list[Obj], expected: tuple[str, str] | None
) -> None:
    api = Api(*events)
    assert await cause(api, thing(kind)) == expected
    assert api.selectors == ["regarding.uid=u"]


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ('pods "r-x" is forbidden: violates PodSecurity "restricted:latest"', "PodSecurityForbidden"),
        ('pods "r-x" is forbidden: no PriorityClass with name high was found', "Forbidden"),
    ],
)
async def test_why_the_api_server_refuses_the_pod_of_a_job(note: str, reason: str) -> None:
    found = await cause(Api(said(1, "FailedCreate", note)), thing("Job"))
    assert found is not None
    assert found[0] == reason
    assert note in found[1]


@pytest.mark.parametrize(
    "time",
    [
        {"deprecatedLastTimestamp": "2026-01-02T10:00:09Z"},
        {"eventTime": "2026-01-02T10:00:09Z"},
        {"eventTime": "2026-01-02T10:00:01Z", "series": {"lastObservedTime": "2026-01-02T10:00:09Z"}},
    ],
    ids=["old API", "new API", "series"],
)
async def test_an_event_is_as_new_as_it_was_last_seen(time: Obj) -> None:
    newer, older = {"type": "Warning", "reason": "New", "note": "new", **time}, said(5, "Old", "old")
    for order in ([newer, older], [older, newer]):
        assert await cause(Api(*order), thing()) == ("New", "new")


async def test_of_several_each_is_asked_about_and_the_first_that_has_a_cause_counts() -> None:
    job, pod = thing("Job"), thing()
    job["metadata"]["uid"] = "j"
    api = Api(said(1, "FailedMount"))
    assert (await start_events.hold(at(20, api), [job, pod])).cause == Cause(
        ForeignReason("FailedMount"), "as told"
    )
    assert api.selectors == ["regarding.uid=j", "regarding.uid=u"]
    assert await start_events.hold(at(2, api), [pod, job]) == Hold(None, 1.0), "the next that is due"
    assert await start_events.hold(at(2, api), []) == NO_HOLD


@pytest.mark.parametrize(
    "volume",
    [
        {"secret": {"secretName": "hidden", "items": [{"key": "score.sh", "path": "script"}]}},
        {
            "projected": {
                "sources": [
                    {"downwardAPI": {}},
                    {"secret": {"name": "hidden", "items": [{"key": "score.sh", "path": "script"}]}},
                ]
            }
        },
    ],
)
async def test_a_volume_is_named_with_its_secret_and_keys(volume: Obj) -> None:
    api = Api(said(1, "FailedMount", KEY), volumes=[{"name": "script", **volume}, {"name": "other"}])
    found = await cause(api, thing())
    assert found is not None
    assert found[1] == f"{KEY} (volume script: Secret hidden, keys score.sh)"


async def test_control_characters_of_an_event_reach_no_terminal() -> None:
    assert await cause(Api(said(1, "FailedMount", "a\x1b[31mb")), thing()) == ("FailedMount", "ab")


async def test_a_pod_that_is_slow_says_so_with_its_newest_event() -> None:
    api = Api(said(1, "Scheduled", type_="Normal"), said(2, "Pulling", "Pulling image x", "Normal"))
    assert await cause(api, thing(), start_events.SLOW_SECONDS - 1) is None
    found = await cause(api, thing(), start_events.SLOW_SECONDS)
    assert found == ("PodStarting", "the pod has not started yet; Pulling: Pulling image x")


@pytest.mark.parametrize(("kind", "patience"), [("Job", 3.0), ("Pod", 10.0), ("PersistentVolumeClaim", 10.0)])
async def test_nothing_is_read_of_what_may_start_by_itself(kind: str, patience: float) -> None:
    api = Api(said(1, "FailedMount"))
    assert await start_events.hold(at(2, api), [thing(kind)]) == Hold(None, patience - 2)
    assert await start_events.hold(at(-30, api), [thing(kind)]) == Hold(None, patience), "clocks differ"
    assert api.selectors == []


async def test_events_are_read_once_in_a_while_and_the_answer_holds_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr(start_looks, "monotonic", lambda: clock[0])
    api = Api(said(1, "FailedMount"))
    ctx = at(20, api)
    first = await start_events.hold(ctx, [thing()])
    assert first == Hold(Cause(ForeignReason("FailedMount"), "as told"), LOOK_SECONDS)
    clock[0] += 5
    assert await start_events.hold(ctx, [thing()]) == first._replace(look_again=LOOK_SECONDS - 5)
    assert len(api.selectors) == 1
    clock[0] += 10
    assert await start_events.hold(ctx, [thing()]) == first
    assert len(api.selectors) == 2


@pytest.mark.parametrize(("seconds", "interval"), [(20, LOOK_SECONDS), (120, 30.0), (3600, LOOK_SECONDS_MAX)])
async def test_the_longer_something_waits_the_more_seldom_it_is_looked_at(
    seconds: float, interval: float
) -> None:
    assert (await start_events.hold(at(seconds, Api()), [thing("Job")])).look_again == interval


async def test_rights_that_are_missing_are_told_and_other_errors_are_raised() -> None:
    found = await cause(Api(error=Forbidden(403, "Forbidden", "cannot list events")), thing())
    assert found is not None
    assert found[0] == "Forbidden"
    assert "cannot list events" in found[1]
    with pytest.raises(Unavailable):
        await cause(Api(error=Unavailable(503, "", "no")), thing())


BOUND: Obj = thing("PersistentVolumeClaim", status={"phase": "Bound"})
UNBOUND: Obj = thing("PersistentVolumeClaim", status={"phase": "Pending"})
JOB = thing("Job")
ON_NODE = {"nodeName": "node-1"}


@pytest.mark.parametrize(
    ("pod", "claim", "expected"),
    [
        (None, UNBOUND, ["Job"]),
        (pod_in("unschedulable"), UNBOUND, ["PersistentVolumeClaim"]),
        (pod_in("unschedulable"), BOUND, []),
        (pod_in("unschedulable"), None, []),
        ({**pod_in("creating"), "spec": ON_NODE}, BOUND, ["Pod"]),
        ({**pod_in("unseen"), "spec": ON_NODE}, None, ["Pod"]),
        ({**pod_in("pull-back-off"), "spec": ON_NODE}, None, []),
        ({**pod_in("running"), "spec": ON_NODE}, None, []),
        ({**pod_in("completed"), "spec": ON_NODE}, None, []),
    ],
)
def test_what_may_be_held_up(pod: Obj | None, claim: Obj | None, expected: list[str]) -> None:
    found = start_events.waiting({**pod, "kind": "Pod"} if pod else None, JOB, claim)
    assert [one["kind"] for one in found] == expected
    if pod:
        leaving = {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "2026-01-02T10:00:00Z"}}
        assert start_events.waiting(leaving, JOB, claim) == []


def test_events_say_more_than_the_pod_and_its_own_trouble_waits_a_while() -> None:
    held = Hold(Cause(ForeignReason("ProvisioningFailed"), "no class"), 15.0)
    shown = pod_in("unschedulable")
    shown["metadata"]["creationTimestamp"] = thing()["metadata"]["creationTimestamp"]
    view, due = pod_view.view(shown, "devbox"), CREATED + pod_view.PATIENCE
    assert trouble(view, held, due) == held
    assert trouble(None, NO_HOLD, due) == NO_HOLD
    assert trouble(view, NO_HOLD, due - timedelta(seconds=4)) == Hold(None, 4.0)
    assert trouble(view, Hold(None, 15.0), due) == Hold(view.trouble, 15.0)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_looks, "REMEMBERED", 3)
    looks = StartLooks()
    for number in range(10):
        looks.keep(f"u{number}", Hold(None, 15.0))
    assert len(looks) == 3
    assert looks.recent("u9")
    assert looks.recent("u0") is None
