"""What comes next for a blueprint's image: it is ready, is being built, is to be built, or cannot be had. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.api.blueprint import Blueprint, BlueprintImage, Build
from assay.api.condition_types import ConditionType
from assay.api.conditions import NewCondition, false, true
from assay.api.reasons import BlueprintReason, ReferenceReason
from assay.api.unparsed import find_condition, holds
from assay.kube_object import KubeObject
from assay.reconcile.common.decision import Event, waits
from assay.reconcile.references import images
from assay.reconcile.references.images import REGISTRY_RETRY_SECONDS
from assay.registry.image import ImageConfig, ImageNotFound, RegistryUnavailable
from assay.settings import RegistrySettings, Settings
from assay.specs import build_job
from assay.specs.build_job import Content

from . import build_log
from .observed import BuildJob, Ended, Observed

READY = ConditionType.READY
CONTEXT_RETRY_SECONDS = 30.0
"""After how long to look again for a ConfigMap that is missing: without its label no watch shows it."""


ELSEWHERE_RETRY_SECONDS = 60.0
"""After how long to look again at another blueprint's build: that it cannot start wakes nobody else."""


@dataclass(frozen=True, slots=True)
class ImageStep:
    """What to report of an image, and what to do for it."""

    ready: NewCondition
    phase: str = "Pending"
    image: BlueprintImage | None = None
    """The image, if there is one now."""
    build: Build | None = None
    """The build, if there is news of it."""
    create: Sequence[KubeObject] = ()
    event: Event | None = None
    retry: float | None = None


def next_step(blueprint: Blueprint, observed: Observed, settings: Settings, now: datetime) -> ImageStep:
    """The step for a blueprint that is not settled."""
    match observed.answer:
        case ImageConfig() as config:
            return _found(blueprint, observed, config, settings.registry)
        case ImageNotFound() as missing:
            return _missing(blueprint, observed, missing, settings, now)
        case RegistryUnavailable() as error:
            unavailable = false(READY, ReferenceReason.REGISTRY_UNAVAILABLE, str(error))
            return ImageStep(unavailable, retry=REGISTRY_RETRY_SECONDS)
    if not settings.registry.push:
        message = "there is no registry to push to: set settings.registry.push of the Helm chart"
        return ImageStep(false(READY, BlueprintReason.REGISTRY_NOT_CONFIGURED, message))
    if observed.job is None:
        return _context_missing(blueprint)
    return _of_job(blueprint, observed.job, _build_so_far(blueprint, observed.content))


def _found(
    blueprint: Blueprint, observed: Observed, config: ImageConfig, registry: RegistrySettings
) -> ImageStep:
    if given := blueprint.spec.image:
        image = images.described(images.pinned(given, config.digest), config)
        return _ready(BlueprintReason.IMAGE_PINNED, f"{given} is {image.reference}", image)
    image = images.described(build_job.digest_reference(registry, config.digest), config)
    build = _build_so_far(blueprint, observed.content) or Build(cached=True)
    if observed.job and observed.job.ended:
        build = build.model_copy(update={"completion_time": observed.job.ended.finished_at})
    return _ready(BlueprintReason.IMAGE_READY, f"built as {config.digest}", image, build)


def _ready(
    reason: BlueprintReason, message: str, image: BlueprintImage, build: Build | None = None
) -> ImageStep:
    return ImageStep(
        true(READY, reason, message),
        phase="Ready",
        image=image,
        build=build,
        event=Event("Normal", reason, message),
    )


def _missing(
    blueprint: Blueprint, observed: Observed, missing: ImageNotFound, settings: Settings, now: datetime
) -> ImageStep:
    content, job = observed.content, observed.job
    if content is None:  # an image that is given cannot be built
        not_found = false(READY, ReferenceReason.IMAGE_NOT_FOUND, str(missing))
        return ImageStep(not_found, retry=REGISTRY_RETRY_SECONDS)
    if job and job.ended:
        message = f"the build pushed {job.ended.digest}, and the registry does not have it"
        not_found = false(READY, ReferenceReason.IMAGE_NOT_FOUND, message)
        return ImageStep(not_found, retry=REGISTRY_RETRY_SECONDS)
    if observed.elsewhere:
        metadata = observed.elsewhere["metadata"]
        message = f"Job {metadata['namespace']}/{metadata['name']} builds the same content"
        waiting = false(READY, BlueprintReason.BUILDING_ELSEWHERE, message)
        return ImageStep(waiting, phase="Building", retry=ELSEWHERE_RETRY_SECONDS)
    manifest = build_job.job(blueprint, content, settings)
    build = Build(job=manifest["metadata"]["name"], start_time=now)
    building = _building(manifest)
    event = Event("Normal", building.reason, building.message)
    return ImageStep(building, phase="Building", build=build, create=[manifest], event=event)


def _context_missing(blueprint: Blueprint) -> ImageStep:
    name = blueprint.spec.context.config_map.name if blueprint.spec.context else ""
    message = (
        f"there is no ConfigMap {name} in namespace {blueprint.namespace}: create it, labelled "
        'assay.dev/build-context: "true"'
    )
    missing = false(READY, BlueprintReason.CONTEXT_NOT_FOUND, message)
    return ImageStep(missing, retry=CONTEXT_RETRY_SECONDS)


def _of_job(blueprint: Blueprint, job: BuildJob, so_far: Build | None) -> ImageStep:
    """The step for a Job that goes on, waits, or has failed."""
    if job.ended:
        return _failed(job.ended, so_far)
    if holds(job.obj, ConditionType.FAILED):
        failed = find_condition(job.obj, ConditionType.FAILED) or {}
        message = f"the build's Job failed: {failed.get('reason')}: {failed.get('message')}"
        event = Event("Warning", BlueprintReason.BUILD_FAILED, message)
        return ImageStep(false(READY, BlueprintReason.BUILD_FAILED, message), phase="Failed", event=event)
    if cause := job.hold.cause:
        held = false(READY, cause.reason, cause.message)
        told = waits(blueprint, held)
        return ImageStep(held, phase="Pending", event=told, retry=job.hold.look_again)
    return ImageStep(_building(job.obj), phase="Building", retry=job.hold.look_again)


def _building(job: KubeObject) -> NewCondition:
    return false(READY, BlueprintReason.BUILDING, f"Job {job['metadata']['name']} builds the image")


def _failed(ended: Ended, so_far: Build | None) -> ImageStep:
    if build_job.CONTEXT_CHANGED in ended.log:
        message = "the ConfigMap changed while the build started; apply the blueprint again"
        return ImageStep(false(READY, BlueprintReason.CONTEXT_CHANGED, message), phase="Failed")
    message = build_log.failure_message(ended.log)
    news = {"completion_time": ended.finished_at, "failed_step": build_log.failed_step(ended.log)}
    return ImageStep(
        false(READY, BlueprintReason.BUILD_FAILED, message),
        phase="Failed",
        build=(so_far or Build()).model_copy(update=news),
        event=Event("Warning", BlueprintReason.BUILD_FAILED, message),
    )


def _build_so_far(blueprint: Blueprint, content: Content | None) -> Build | None:
    """What the status reports of the build of this content."""
    is_same = content is not None and content.hash == blueprint.status.content_hash
    return blueprint.status.build if is_same else None
