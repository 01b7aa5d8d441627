"""What is read about a run that works in a Job of its own, and when the API server is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.scenariorun import ScenarioRun
from assay.kube.errors import ApiError, NotFound
from assay.reconcile.common import container_output
from assay.reconcile.common.start_looks import NO_HOLD
from assay.reconcile.scenariorun.observe import look_at
from assay.reconcile.scenariorun.observed import Observed
from assay.specs import run_tries
from tests.unit.reconcile import contexts
from tests.unit.reconcile.caches import owner
from tests.unit.reconcile.run_jobs import DONE, agent_ended, agent_pod, beside, claim, own_job, report
from tests.unit.reconcile.runs import NOW
from tests.unit.specs.objects import Obj, existing

AGENT = {"reason": "Error", "exitCode": 3, "startTime": "2026-01-02T10:00:00Z"}
POLICIES = 3


class Api:
    """Has the log of a container, and an Event for every Job; records what is asked of it."""

    def __init__(self, log: str | ApiError = "the log\n", *pods: Obj) -> None:
        self.log, self.pods, self.asked = log, pods, list[str]()

    async def pod_log(self, namespace: str, name: str, container: str, *, tail_lines: int) -> str:
        assert (namespace, container, tail_lines) == ("team", "devbox", container_output.LINES)
        self.asked.append(f"log of {name}")
        if isinstance(self.log, ApiError):
            raise self.log
        return self.log

    async def list(self, *_: Any, field_selector: str | None = None) -> AsyncIterator[Obj]:
        if field_selector is None:  # the pods of a Job that has ended
            self.asked.append("pods")
            for pod in self.pods:
                yield pod
            return
        self.asked.append("Events of " + field_selector.removeprefix("regarding.uid="))
        yield {"type": "Warning", "reason": "FailedCreate", "note": "exceeded quota: small"}


def run(same_pod: bool = True, disk_snapshot: str | None = None, **status: Any) -> Obj:
    pins = beside().model_copy(update={"disk_snapshot": disk_snapshot})
    pins = pins if same_pod else pins.model_copy(update={"same_pod": None})
    pinned = pins.model_dump(by_alias=True, exclude_none=True, mode="json")
    spec = {"scenarioRef": {"name": "fix-it"}, "agent": {"type": "Nop"}}
    return existing("ScenarioRun", "r", spec=spec, status={"pinned": pinned, "phase": "Running", **status})


def of_job(pod: Obj) -> Obj:
    reference = {**owner("Job", "r")[0], "uid": "uid-of-job-r"}
    return {**pod, "metadata": {**pod["metadata"], "ownerReferences": [reference]}}


LOST = [{"number": 1, "reason": "NodeLost", "finishTime": "2026-01-02T09:00:00Z"}]


def of_try_2(made: Obj) -> Obj:
    """The same child of the run's second try."""
    name = run_tries.name(ScenarioRun.parse(run(lostTries=LOST)))
    uid = made["metadata"]["uid"] + "-2"
    return {
        **made,
        "metadata": {**made["metadata"], "name": name, "uid": uid, "labels": {"assay.dev/try": "2"}},
    }


def suspended(job: Obj) -> Obj:
    job["status"]["conditions"] = [{"type": "Suspended", "status": "True"}]
    return job


async def look(run_: Obj, *objects: Obj, api: Api | None = None) -> Observed:
    ctx = replace(contexts.context(run_, *objects), client=cast(Any, api or Api()), now=lambda: NOW)
    return (await look_at(ctx, ScenarioRun.parse(run_))).observed


async def test_children_are_those_of_this_very_run() -> None:
    seen = await look(
        run(), claim(), own_job(), own_job(name="r-score-dca76eb8"), of_job(agent_pod("running"))
    )
    assert seen.claim is not None
    assert [(job.name, job.is_of_agent, len(job.pods)) for job in seen.jobs] == [
        ("r", True, 1),
        ("r-score-dca76eb8", False, 0),
    ]
    assert seen.own_job is seen.jobs[0]
    stranger = {**run(), "metadata": {**run()["metadata"], "uid": "another"}}
    seen = await look(stranger, claim(), own_job(), of_job(agent_pod("running")))
    assert (seen.claim, seen.own_job, seen.jobs) == (None, None, [])


async def test_children_are_those_of_the_present_try_and_others_are_left_over() -> None:
    seen = await look(
        run(lostTries=LOST),
        *(claim(), own_job(), of_job(agent_pod("running"))),
        *(of_try_2(claim()), of_try_2(own_job())),
    )
    second = run_tries.name(ScenarioRun.parse(run(lostTries=LOST)))
    assert seen.claim is not None
    assert seen.claim["metadata"]["name"] == second != "r"
    assert [(job.name, job.is_of_agent, job.pods) for job in seen.jobs] == [(second, True, [])]
    assert [(one["kind"], one["metadata"]["name"]) for one in seen.leftovers] == [
        ("Job", "r"),
        ("PersistentVolumeClaim", "r"),
    ]


async def test_a_label_makes_nothing_the_present_trys() -> None:
    renamed = claim()
    renamed["metadata"] |= {"name": "r-old", "labels": {"assay.dev/try": "2"}}
    assert (await look(run(lostTries=LOST), renamed)).claim is None


@pytest.mark.parametrize(
    ("known", "is_asked"),
    [([], True), ([agent_pod("running")], True), ([agent_ended(DONE)], False)],
    ids=["no pod", "a pod at work", "its end"],
)
async def test_the_pod_of_a_job_that_has_ended_is_read_where_the_watch_of_pods_is_behind(
    known: list[Obj], is_asked: bool
) -> None:
    ended = agent_ended(DONE)
    ended["status"]["phase"] = "Failed"
    for one in known:
        one["status"]["phase"] = "Running" if is_asked else "Failed"
    api = Api("", of_job(ended))
    seen = await look(run(), claim(), own_job("BackoffLimitExceeded", "x"), *map(of_job, known), api=api)
    assert [pod["status"]["phase"] for job in seen.jobs for pod in job.pods] == ["Failed"]
    assert ("pods" in api.asked) is is_asked


async def test_the_jobs_of_its_devbox_are_the_runs_too() -> None:
    box = existing("Devbox", "r", spec={"image": "i"}, owner_references=owner("ScenarioRun", "r"))
    box["metadata"]["uid"] = "uid-of-box"
    job = own_job(name="r-score-dca76eb8")
    job["metadata"]["ownerReferences"] = owner("Devbox", "box")
    seen = await look(run(same_pod=False), box, job)
    assert [one.name for one in seen.jobs] == ["r-score-dca76eb8"]
    assert seen.own_job is None


async def test_policies_are_read_for_a_run_under_way() -> None:
    assert len((await look(run())).policies) == POLICIES
    assert (await look(run(phase="Complete"))).policies == ()


@pytest.mark.parametrize(
    ("pod", "is_asked"),
    [
        (agent_pod("running"), False),
        (agent_ended(DONE), False),
        (agent_ended(report(3)), True),
        (agent_pod("error"), True),
        (agent_pod("launch-failed"), True),
        (agent_pod("evicted-before-it-started"), False),
    ],
    ids=["working", "ended well", "failed", "failed without a report", "launch failed", "never ran"],
)
async def test_the_log_is_read_of_an_agent_that_has_just_failed(pod: Obj, is_asked: bool) -> None:
    api = Api()
    seen = await look(run(), claim(), own_job(), of_job(pod), api=api)
    assert api.asked == (["log of r-abcde"] if is_asked else [])
    assert seen.output == ("the log\n" if is_asked else "")
    reported, api = run(agent=AGENT), Api()
    await look(reported, claim(), own_job(), of_job(pod), api=api)
    assert api.asked == [], "the status says it already"


async def test_what_an_agent_printed_is_text() -> None:
    seen = await look(run(), own_job(), of_job(agent_ended(report(3))), api=Api("\x1b[31mred\x00\n"))
    assert "\x1b" not in seen.output
    assert "\x00" not in seen.output
    assert "red" in seen.output


async def test_a_log_that_is_gone_is_empty() -> None:
    gone = Api(NotFound(404, "NotFound", "r-abcde"))
    assert (await look(run(), own_job(), of_job(agent_ended(report(3))), api=gone)).output == ""


async def test_why_a_job_has_no_pod_is_asked_for_jobs_without_one() -> None:
    api = Api()
    scoring = run(agent=AGENT, scorerJobs=["r", "r-score-dca76eb8"])
    seen = await look(
        scoring, own_job(), of_job(agent_pod("running")), own_job(name="r-score-dca76eb8"), api=api
    )
    assert api.asked == ["Events of uid-of-job-r-score-dca76eb8"]
    assert seen.hold.cause is not None
    assert seen.hold.cause.reason == "QuotaExceeded"
    assert seen.hold.look_again


@pytest.mark.parametrize(
    "objects",
    [
        [],
        [own_job(), of_job(agent_pod("running"))],
        [own_job("BackoffLimitExceeded", "x")],
        [suspended(own_job())],
        [own_job(), of_job(agent_pod("running")), own_job(name="r-score-dca76eb8")],
    ],
    ids=["no job", "a pod", "a job that has failed", "a suspended job", "a job that is not waited for"],
)
async def test_else_no_event_is_read(objects: list[Obj]) -> None:
    api = Api()
    seen = await look(run(), *objects, api=api)
    assert (set(api.asked) - {"pods"}, seen.hold) == (set(), NO_HOLD)


# --- the snapshot that the disk begins with ---

KEPT = contexts.snapshot(volumeSnapshotName="kept-1")


async def test_a_disk_that_is_to_be_created_begins_with_its_snapshot() -> None:
    seen = await look(run(disk_snapshot="kept"), KEPT)
    assert seen.snapshot is not None
    assert seen.snapshot.volume_snapshot_name == "kept-1"
    assert seen.missing_snapshot is None
    missing = (await look(run(disk_snapshot="kept"))).missing_snapshot
    assert missing is not None
    assert missing.reason == "DiskSnapshotNotFound"


@pytest.mark.parametrize(
    ("run_", "objects"),
    [
        (run(), []),
        (run(disk_snapshot="kept"), [claim(), own_job(), of_job(agent_pod("running"))]),
        (run(disk_snapshot="kept", agent=AGENT), []),
        (run(same_pod=False, disk_snapshot="kept"), []),
    ],
    ids=["an image", "the disk is there", "the agent has ended", "a devbox restores it"],
)
async def test_else_no_snapshot_is_needed(run_: Obj, objects: list[Obj]) -> None:
    seen = await look(run_, *objects)
    assert (seen.snapshot, seen.missing_snapshot) == (None, None)
