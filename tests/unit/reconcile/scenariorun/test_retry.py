"""Whether, when and with what a run is begun anew whose try the infrastructure ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assay.api import conditions
from assay.api.blame import CAUSES
from assay.api.condition_types import ConditionType
from assay.api.reasons import DiskSnapshotReason
from assay.api.retry import RETRIED, Retry
from assay.api.runrecord import LOST_TRIES_MAX
from assay.api.scenariorun import ScenarioRunStatus
from assay.reconcile.scenariorun import reconcile, retry
from assay.reconcile.scenariorun.observed import Observed, RunDecision, StartedRunView
from assay.specs import run_tries
from tests.unit.reconcile.own_jobs import CLAIM, WORKED, ended, lost, own_job, pod, same_pod
from tests.unit.reconcile.runs import (
    NOW,
    RESCORE,
    after,
    box,
    disk_snapshot,
    finished,
    reported,
    restored,
    run_at,
)
from tests.unit.specs.objects import SETTINGS, Obj, pinned


def decide(
    observed: Observed,
    status: ScenarioRunStatus | None = None,
    seconds: float = 0,
    pinned_run: Any = None,
    **spec: Any,
) -> RunDecision:
    """The decision about a run so many seconds later; of a run that keeps to the defaults."""
    now = NOW + timedelta(seconds=seconds)
    view = StartedRunView(run_at(status, **spec), observed, SETTINGS, now, pinned_run or same_pod())
    return reconcile.decide(view)


def of_lost(*reasons: str) -> ScenarioRunStatus:
    return ScenarioRunStatus(lost_tries=lost(*reasons))


GONE = Observed(
    claim=CLAIM, jobs=[own_job(pod(ended("unable to freeze", 128, "StartError"), phase="Failed"))]
)


# --- whether ---


@pytest.mark.parametrize(
    ("policy", "before", "reason", "due"),
    [
        (None, (), "NodeLost", True),
        (None, ("NodeLost",), "NodeRefused", True),
        (None, ("NodeLost", "PodLost"), "NodeLost", False),
        ({"limit": 0}, (), "NodeLost", False),
        ({"limit": 1}, (), "NodeLost", True),
        ({"limit": 1}, ("PodLost",), "NodeLost", False),
        ({"perCause": [{"cause": "PodLost", "limit": 0}]}, (), "PodLost", False),
        ({"perCause": [{"cause": "PodLost", "limit": 0}]}, (), "NodeLost", True),
        ({"limit": 0, "perCause": [{"cause": "NodeLost", "limit": 3}]}, ("NodeLost",) * 2, "NodeLost", True),
        ({"limit": 0, "perCause": [{"cause": "NodeLost", "limit": 3}]}, ("NodeLost",) * 3, "NodeLost", False),
        ({"limit": 1, "perCause": [{"cause": "NodeLost", "limit": 3}]}, ("NodeLost",) * 3, "Drained", True),
        ({"limit": 10}, ("NodeLost",) * LOST_TRIES_MAX, "Drained", False),
    ],
)
def test_how_often(policy: Obj | None, before: Sequence[str], reason: str, due: bool) -> None:
    given = Retry.model_validate(policy) if policy is not None else None
    assert retry.is_due(given, lost(*before), reason) is due


@pytest.mark.parametrize("reason", RETRIED)
def test_what_the_infrastructure_did_is_tried_again(reason: str) -> None:
    assert retry.is_due(None, [], reason)


@pytest.mark.parametrize("reason", [*CAUSES["Agent"], *CAUSES["Author"]])
def test_what_an_agent_or_an_author_did_never_is(reason: str) -> None:
    assert not retry.is_due(Retry(limit=10), [], reason)


# --- after how long ---


def test_the_pause_doubles_up_to_six_minutes() -> None:
    assert [retry.backoff(count) for count in (1, 2, 3, 6, 7, 20)] == [10, 20, 40, 320, 360, 360]


def test_nothing_is_created_before_the_pause_is_over() -> None:
    early = decide(Observed(), of_lost("NodeLost"), seconds=4)
    assert (list(early.create), early.write, early.requeue) == ([], False, 6)
    due = decide(Observed(), of_lost("NodeLost"), seconds=10)
    assert [made["kind"] for made in due.create] == ["PersistentVolumeClaim", "Job"]


def test_once_begun_a_try_is_looked_after_though_the_clock_was_set_back() -> None:
    job = own_job(pod({"running": {"startedAt": "2026-01-02T10:01:00Z"}}))
    decision = decide(Observed(claim=CLAIM, jobs=[job]), of_lost("NodeLost"), seconds=-3600)
    assert reported(decision, "Complete") == ("False", "AgentWorking")


# --- how ---


def test_a_lost_try_is_listed_and_all_of_it_deleted() -> None:
    decision = decide(replace(GONE, node={"metadata": {"name": "node-1"}}, pod=GONE.jobs[0].pods[0]))
    assert reported(decision, "Complete") == ("False", "Retrying")
    assert reported(decision, "Failed") is None
    status = decision.status
    assert (status.phase, status.completion_time, status.agent) == ("Pending", None, None)
    assert status.lost_tries is not None
    [one] = status.lost_tries
    assert (one.number, one.reason, one.node, one.finish_time) == (1, "NodeRefused", "node-1", NOW)
    assert one.message is not None
    assert one.message == "StartError: unable to freeze", "it is not for people to run it again"
    assert one.start_time is not None
    assert list(decision.delete) == [GONE.jobs[0].obj, CLAIM]
    assert (list(decision.create), decision.requeue) == ([], 10)
    assert decision.event is not None
    assert (decision.event.type, decision.event.reason) == ("Warning", "Retrying")
    assert "NodeRefused" in decision.event.message


def test_the_next_try_meets_no_name_of_the_last_one() -> None:
    first = decide(Observed())
    second = decide(Observed(), of_lost("NodeLost"), seconds=60)
    third = decide(Observed(), of_lost("NodeLost", "NodeLost"), seconds=60)
    tried = [{made["metadata"]["name"] for made in one.create} for one in (first, second, third)]
    assert tried[0] == {"r"}
    assert [len(names) for names in tried] == [1, 1, 1], "claim and Job have one name"
    assert len(set.union(*tried)) == 3
    [claim, job] = second.create
    volumes = job["spec"]["template"]["spec"]["volumes"]
    [disk] = [one["persistentVolumeClaim"] for one in volumes if one["name"] == "disk"]
    assert disk["claimName"] == claim["metadata"]["name"]
    for made in (claim, job, job["spec"]["template"]):
        assert made["metadata"]["labels"]["assay.dev/try"] == "2"
    assert "assay.dev/try" not in first.create[0]["metadata"]["labels"]


def test_scorers_of_the_next_try_have_names_of_their_own() -> None:
    at_first = decide(Observed(finished("Completed", 0)), pinned_run=pinned())
    later = decide(Observed(finished("Completed", 0)), of_lost("NodeLost"), 60, pinned())
    [one], [other] = at_first.create, later.create
    assert one["metadata"]["name"] != other["metadata"]["name"]


def test_what_is_left_of_an_earlier_try_is_deleted_whatever_the_present_one_does() -> None:
    old: Obj = {"kind": "Job", "metadata": {"name": "r"}}
    waiting = decide(Observed(leftovers=[old]), of_lost("NodeLost"))
    beginning = decide(Observed(leftovers=[old]), of_lost("NodeLost"), seconds=60)
    assert list(waiting.delete) == list(beginning.delete) == [old]
    assert (list(beginning.create), beginning.requeue) == ([], 0), "a quota may have no room for both"
    ending = decide(GONE, of_lost("NodeLost", "NodeLost"))
    assert old in after(ending.status, replace(GONE, leftovers=[old]), keep_seconds=600).delete


def test_the_end_of_the_last_try_is_the_end_of_the_run() -> None:
    decision = decide(GONE, of_lost("NodeLost", "PodLost"))
    assert reported(decision, "Failed") == ("True", "NodeRefused")
    message = conditions.find(decision.status.conditions, "Failed")
    assert message is not None
    assert "lost tries before: NodeLost, PodLost. See the message" in message.message
    assert len(decision.status.lost_tries or ()) == 2


def test_a_devbox_is_begun_anew_as_well() -> None:
    decision = decide(Observed(box("not-admitted")), pinned_run=pinned())
    assert reported(decision, "Complete") == ("False", "Retrying")
    assert [(one["kind"], one["metadata"]["name"]) for one in decision.delete] == [("Devbox", "r")]
    [made] = decide(Observed(), of_lost("NodeRefused"), 60, pinned()).create
    assert made["kind"] == "Devbox"
    assert made["metadata"]["name"] not in ("r", "")


@pytest.mark.parametrize("root", ["Overlay", "Copy"])
def test_a_boot_that_failed_is_tried_again(root: str) -> None:
    devbox = finished("BootFailed", 125, "assay-boot: cannot mount")
    devbox.status.root_filesystem = "Copy" if root == "Copy" else "Overlay"
    decision = decide(Observed(devbox), pinned_run=pinned())
    assert reported(decision, "Complete") == ("False", "Retrying")


def test_a_disk_that_is_lost_before_it_is_scored_begins_the_run_anew_and_nothing_of_it_stays() -> None:
    scoring = decide(Observed(claim=CLAIM, jobs=[own_job(pod(ended(WORKED)))])).status
    scoring.disk_snapshot = "r"
    kept = conditions.true(ConditionType.DISK_KEPT, DiskSnapshotReason.SNAPSHOT_READY)
    scoring.conditions = conditions.put(scoring.conditions, kept, 1, NOW)
    gone = Observed(jobs=[own_job(end="Failed")], disk_snapshot=disk_snapshot("True"))
    status = decide(gone, scoring).status
    assert [one.reason for one in status.lost_tries or ()] == ["DevboxLost"]
    assert {one.type for one in status.conditions} == {"Complete"}
    left = (status.scorer_jobs, status.scoring_start_time, status.disk_snapshot, status.environment)
    assert left == (None, None, None, None)


def test_a_restored_disk_is_restored_again() -> None:
    kept = pinned().model_copy(update={"agent": None, "disk_snapshot": "kept"})
    scoring = decide(Observed(restored()), ScenarioRunStatus(disk_snapshot="kept"), 0, kept, **RESCORE).status
    lost_disk = decide(Observed(), scoring, 0, kept, **RESCORE)
    assert reported(lost_disk, "Complete") == ("False", "Retrying")
    assert lost_disk.status.disk_snapshot == "kept", "it is what the run scores again"


def test_a_lost_scorer_is_no_lost_try() -> None:
    first = decide(Observed(claim=CLAIM, jobs=[own_job(pod(ended(WORKED)))]))
    seen = own_job(pod(ended(WORKED), deleting=True, tests={"running": {}}, lint={"running": {}}))
    decision = decide(Observed(claim=CLAIM, jobs=[seen]), first.status)
    assert decision.status.lost_tries is None
    assert decision.create[0]["metadata"]["name"].startswith("r-score-again-")


def test_long_names_of_later_tries_are_labels_and_differ() -> None:
    run = run_at(of_lost("NodeLost"))
    run = run.model_copy(update={"metadata": run.metadata.model_copy(update={"name": "r" * 63})})
    later = run.model_copy(update={"status": of_lost("NodeLost", "NodeLost")})
    tried = {run_tries.name(run), run_tries.name(later)}
    assert len(tried) == 2
    assert max(map(len, tried)) <= 63
