"""What is decided about a blueprint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api.blueprint import Blueprint, BlueprintStatus
from assay.api.conditions import find
from assay.api.reasons import BlueprintReason, PodReason
from assay.kube_object import KubeObject
from assay.reconcile.blueprint.image_step import CONTEXT_RETRY_SECONDS
from assay.reconcile.blueprint.observed import BuildJob, Ended, Observed
from assay.reconcile.blueprint.reconcile import decide
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.pod_view import Cause
from assay.reconcile.common.start_looks import Hold
from assay.reconcile.references.images import REGISTRY_RETRY_SECONDS
from assay.registry.image import ImageNotFound, RegistryUnavailable
from assay.settings import Settings
from assay.specs import build_job
from tests.unit.reconcile.blueprint.blueprints import (
    CONFIG,
    DIGEST,
    FINISHED,
    STARTED,
    built_from,
    content_of,
    given,
    job,
    ready,
)
from tests.unit.specs.objects import SETTINGS

NOW = datetime(2026, 1, 2, 11, tzinfo=UTC)
END = datetime.fromisoformat(FINISHED)
WITH_CONTEXT: KubeObject = {"context": {"configMap": {"name": "source"}}}
BUILT = built_from()
CONTENT = content_of(BUILT)
OWN = job(BUILT, CONTENT)
PUSHED = BuildJob(OWN, Ended(DIGEST, "{}", END))
BUILDING = {
    "contentHash": CONTENT.hash,
    "conditions": [ready("False", "Building")],
    "build": {"job": OWN["metadata"]["name"], "startTime": STARTED},
}


def decided(blueprint: KubeObject, settings: Settings = SETTINGS, **observed: Any) -> Decision:
    """The decision; it must not change what was observed."""
    parsed = Blueprint.parse(blueprint)
    decision = decide(parsed, Observed(**observed), settings, NOW)
    assert parsed == Blueprint.parse(blueprint)
    return decision


def status(decision: Decision) -> BlueprintStatus:
    assert isinstance(decision.status, BlueprintStatus)
    return decision.status


def reports(decision: Decision) -> tuple[str, str, str | None]:
    """Status and reason of Ready, and the phase."""
    found = find(decision.status.conditions, "Ready")
    assert found is not None
    assert found.observed_generation == 1
    return found.status, found.reason, decision.status.phase


def message(decision: Decision) -> str:
    found = find(decision.status.conditions, "Ready")
    assert found is not None
    return found.message


# --- an image that is given ---


def test_an_image_that_is_given_is_pinned_by_its_digest() -> None:
    decision = decided(given("example.test/x:1"), answer=CONFIG)
    assert reports(decision) == ("True", "ImagePinned", "Ready")
    image = status(decision).image
    assert image is not None
    assert (image.reference, image.user, image.command) == (f"example.test/x@{DIGEST}", "1000", ["bash"])
    text = f"example.test/x:1 is example.test/x@{DIGEST}"
    assert message(decision) == text
    assert decision.event == Event("Normal", BlueprintReason.IMAGE_PINNED, text)
    assert decision.requeue is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ImageNotFound("example.test/x:1 does not exist"), "ImageNotFound"),
        (RegistryUnavailable("example.test does not answer"), "RegistryUnavailable"),
    ],
)
def test_an_image_that_cannot_be_had_is_asked_for_again(answer: Exception, reason: str) -> None:
    decision = decided(given(), answer=answer)
    assert reports(decision) == ("False", reason, "Pending")
    assert message(decision) == str(answer)
    assert decision.requeue == REGISTRY_RETRY_SECONDS
    assert (decision.event, decision.create) == (None, ())


def test_what_is_settled_stays_as_it_is() -> None:
    pinned = {"conditions": [ready("True", "ImagePinned")], "image": {"reference": f"x@{DIGEST}"}}
    decision = decided(given(status=pinned), is_settled=True)
    assert decision == Decision(Blueprint.parse(given(status=pinned)).status)


# --- one that is built ---


def test_without_a_registry_to_push_to_nothing_is_built() -> None:
    settings = SETTINGS.replace(registry=SETTINGS.registry.model_copy(update={"push": ""}))
    decision = decided(built_from(**WITH_CONTEXT), settings)
    assert reports(decision) == ("False", "RegistryNotConfigured", "Pending")
    assert "settings.registry.push" in message(decision)
    assert decision.requeue is None


def test_a_missing_context_is_looked_for_again() -> None:
    decision = decided(built_from(**WITH_CONTEXT))
    assert reports(decision) == ("False", "ContextNotFound", "Pending")
    assert message(decision).startswith("there is no ConfigMap source in namespace team: create it")
    assert decision.requeue == CONTEXT_RETRY_SECONDS, "no watch shows a ConfigMap without the label"


def test_a_build_starts_where_the_registry_has_nothing_of_that_content() -> None:
    decision = decided(BUILT, content=CONTENT, answer=ImageNotFound("no"))
    assert reports(decision) == ("False", "Building", "Building")
    assert decision.create == [build_job.job(Blueprint.parse(BUILT), CONTENT, SETTINGS)]
    assert status(decision).content_hash == CONTENT.hash
    build = status(decision).build
    assert build is not None
    assert (build.job, build.start_time, build.cached) == (OWN["metadata"]["name"], NOW, False)


def test_no_two_jobs_build_the_same_content() -> None:
    other = {"metadata": {"namespace": "theirs", "name": "other-build"}}
    decision = decided(BUILT, content=CONTENT, answer=ImageNotFound("no"), elsewhere=other)
    assert reports(decision) == ("False", "BuildingElsewhere", "Building")
    assert message(decision) == "Job theirs/other-build builds the same content"
    assert decision.create == ()
    assert decision.requeue, "what keeps that build from starting wakes its own blueprint alone"


def test_an_image_that_the_registry_has_is_not_built() -> None:
    decision = decided(BUILT, content=CONTENT, answer=CONFIG)
    assert reports(decision) == ("True", "ImageReady", "Ready")
    image, build = status(decision).image, status(decision).build
    assert image is not None
    assert image.reference == f"pull.example.test/team/assay/blueprints@{DIGEST}"
    assert build is not None
    assert (build.cached, build.job) == (True, None)
    assert decision.event == Event("Normal", BlueprintReason.IMAGE_READY, f"built as {DIGEST}")


def test_another_content_has_neither_the_image_nor_the_build_of_the_former_one() -> None:
    former = {**BUILDING, "contentHash": "former", "image": {"reference": "old"}}
    unavailable = RegistryUnavailable("down")
    decision = decided(built_from(status=former), content=CONTENT, answer=unavailable)
    assert (status(decision).image, status(decision).build) == (None, None)
    assert status(decision).content_hash == CONTENT.hash
    cached = decided(built_from(status=former), content=CONTENT, answer=CONFIG)
    build = status(cached).build
    assert build is not None
    assert (build.cached, build.job, build.start_time) == (True, None, None)


def test_a_build_that_goes_on() -> None:
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=BuildJob(OWN))
    assert reports(decision) == ("False", "Building", "Building")
    assert decision.create == ()
    assert status(decision).build == Blueprint.parse(built_from(status=BUILDING)).status.build


def test_a_build_whose_pod_cannot_start_says_why() -> None:
    why = Cause(PodReason.UNSCHEDULABLE, "0/1 nodes are available")
    stuck = BuildJob(OWN, hold=Hold(why, 15.0))
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=stuck)
    assert reports(decision) == ("False", "Unschedulable", "Pending"), "nothing is being built"
    assert message(decision) == "0/1 nodes are available"
    assert decision.requeue == 15.0
    assert decision.event == Event("Warning", PodReason.UNSCHEDULABLE, "0/1 nodes are available")
    told = {**BUILDING, "conditions": [ready("False", "Unschedulable")]}
    assert decided(built_from(status=told), content=CONTENT, job=stuck).event is None, "it is told once"


def test_a_build_that_pushed_its_image() -> None:
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=PUSHED, answer=CONFIG)
    assert reports(decision) == ("True", "ImageReady", "Ready")
    build = status(decision).build
    assert build is not None
    assert (build.job, build.completion_time, build.cached) == (OWN["metadata"]["name"], END, False)


def test_an_image_that_was_pushed_and_is_not_there_is_not_built_again() -> None:
    missing = ImageNotFound("no")
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=PUSHED, answer=missing)
    assert reports(decision) == ("False", "ImageNotFound", "Pending")
    assert message(decision) == f"the build pushed {DIGEST}, and the registry does not have it"
    assert (decision.requeue, decision.create) == (REGISTRY_RETRY_SECONDS, ())


def test_a_build_that_failed_names_its_step() -> None:
    log = "------\n > [2/2] RUN make:\nno\n------\nerror: failed to solve: exit code: 2\n"
    failed = BuildJob(OWN, Ended(None, log, END))
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=failed)
    assert reports(decision) == ("False", "BuildFailed", "Failed")
    assert message(decision).startswith("step [2/2] RUN make failed: exit code: 2")
    build = status(decision).build
    assert build is not None
    assert (build.failed_step, build.completion_time) == ("[2/2] RUN make", END)
    assert build.job == OWN["metadata"]["name"]
    assert decision.event == Event("Warning", BlueprintReason.BUILD_FAILED, message(decision))


def test_a_context_that_changed_meanwhile_is_no_failure_of_the_build() -> None:
    changed = BuildJob(OWN, Ended(None, f"{build_job.CONTEXT_CHANGED}\n", END))
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=changed)
    assert reports(decision) == ("False", "ContextChanged", "Failed")
    assert decision.event is None


def test_a_job_that_fails_without_a_pod_that_ended() -> None:
    late = job(BUILT, CONTENT, type="Failed", status="True", reason="DeadlineExceeded", message="too long")
    decision = decided(built_from(status=BUILDING), content=CONTENT, job=BuildJob(late))
    assert reports(decision) == ("False", "BuildFailed", "Failed")
    assert message(decision) == "the build's Job failed: DeadlineExceeded: too long"
    assert decision.event == Event("Warning", BlueprintReason.BUILD_FAILED, message(decision))


# --- deletion ---


def test_a_deletion_that_others_block_is_reported_and_the_build_goes_on() -> None:
    going = built_from(status=BUILDING, generation=2)
    going["metadata"]["deletionTimestamp"] = STARTED
    decision = decide(
        Blueprint.parse(going),
        Observed(["Scenario a"], content=CONTENT, job=PUSHED, answer=CONFIG),
        SETTINGS,
        NOW,
    )
    blocked, image = find(decision.status.conditions, "DeletionBlocked"), status(decision).image
    assert blocked is not None
    assert (blocked.status, blocked.reason) == ("True", "InUse")
    assert image is not None
