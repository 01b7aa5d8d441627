"""What there is of a blueprint's image: its content, its build, and what the registry has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from assay.api import conditions
from assay.api.blueprint import Blueprint
from assay.api.condition_types import ConditionType
from assay.api.reasons import BlueprintReason
from assay.api.unparsed import controller, find_condition, is_controlled_by, is_finished
from assay.kube.errors import NotFound
from assay.kube.resources import CONFIG_MAPS
from assay.kube_object import KubeObject
from assay.reconcile.common import container_output, pod_view, start_events
from assay.reconcile.common.context import Context
from assay.reconcile.common.start_looks import NO_HOLD, Hold, trouble
from assay.registry.image import ImageConfig, ImageNotFound, RegistryUnavailable
from assay.specs import build_job
from assay.specs.build_job import Content

from . import in_use

LOG_LINES = 2000
"""Of a failed build's log: BuildKit repeats the failed step and its Dockerfile lines at the end."""
Answer: TypeAlias = ImageConfig | ImageNotFound | RegistryUnavailable
"""What a registry answered when it was asked for an image."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the pod of a build ended."""

    digest: str | None
    """Of the image that was pushed; None: the build failed."""
    log: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class BuildJob:
    """The Job that builds the content for this blueprint."""

    obj: KubeObject
    ended: Ended | None = None
    hold: Hold = NO_HOLD
    """What keeps its pod from being created or from starting, and when to look again."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a decision about a blueprint needs."""

    needed_by: Sequence[str] = ()
    """What needs the blueprint, as `Kind name`."""
    is_settled: bool = False
    """There is nothing to do for its image, and nothing else was read."""
    content: Content | None = None
    """What is to be built; None if the spec names an image, or if the build context is missing."""
    job: BuildJob | None = None
    elsewhere: KubeObject | None = None
    """An unfinished Job of another blueprint that builds the same content."""
    answer: Answer | None = None
    """None if the registry was not asked: its answer would not matter."""


async def observe(ctx: Context, blueprint: Blueprint, needed_by: Sequence[str]) -> Observed:
    """Read the build context, the build, and the registry where its answer matters."""
    if blueprint.is_deleting and not needed_by:  # only finalizers of others keep it
        return Observed(needed_by, is_settled=True)
    if image := blueprint.spec.image:
        if has_image(blueprint):  # a tag that moves does not change what runs use
            return Observed(needed_by, is_settled=True)
        return Observed(needed_by, answer=await _ask(ctx, image))
    content = await _content(ctx, blueprint)
    if content is None:
        return Observed(needed_by)
    if is_settled(blueprint, content):
        return Observed(needed_by, is_settled=True)
    job, answer = await _job(ctx, blueprint, content), None
    if job is None or (job.ended and job.ended.digest):
        answer = await _ask(ctx, build_job.tag(ctx.settings.registry.push, content.hash))
    elsewhere = _elsewhere(ctx, blueprint, content)
    return Observed(needed_by, content=content, job=job, elsewhere=elsewhere, answer=answer)


def has_image(blueprint: Blueprint) -> bool:
    """Whether the blueprint has the image of its present spec."""
    status = in_use.carried_over(blueprint)
    ready = conditions.find(status.conditions, ConditionType.READY)
    is_current = ready is not None and ready.observed_generation == blueprint.generation
    return bool(ready and ready.status == "True" and is_current and status.image)


def is_settled(blueprint: Blueprint, content: Content) -> bool:
    """Whether the blueprint has the image of this content, or its build has failed."""
    if content.hash != blueprint.status.content_hash:
        return False
    ready = conditions.find(blueprint.status.conditions, ConditionType.READY)
    return has_image(blueprint) or (ready is not None and ready.reason == BlueprintReason.BUILD_FAILED)


async def _content(ctx: Context, blueprint: Blueprint) -> Content | None:
    spec = blueprint.spec
    if not ctx.settings.registry.push:
        return None
    if spec.context is None:
        return build_job.content(spec, {})
    try:
        config_map = await ctx.client.get(CONFIG_MAPS, blueprint.namespace, spec.context.config_map.name)
    except NotFound:
        return None
    return build_job.content(spec, build_job.context_digests(config_map))


async def _job(ctx: Context, blueprint: Blueprint, content: Content) -> BuildJob | None:
    obj = ctx.cache.get("Job", blueprint.namespace, build_job.job_name(blueprint.name, content.hash))
    if obj is None or not is_controlled_by(obj, blueprint.uid):
        return None
    pods = ctx.cache.children("Pod", obj["metadata"]["uid"])
    if ended := build_ended(pods):
        return BuildJob(obj, ended if ended.digest else await _with_log(ctx, pods, ended))
    if is_finished(obj):
        return BuildJob(obj)
    pod = next(iter(pods), None)
    view = pod_view.view(pod, build_job.CONTAINER) if pod else None
    hold = await start_events.hold(ctx, start_events.waiting(pod, obj, None))
    return BuildJob(obj, hold=trouble(view, hold, ctx.now()))


async def _with_log(ctx: Context, pods: Sequence[KubeObject], ended: Ended) -> Ended:
    """A failed build with the end of its log: the pod's own message has 2 KiB of it, less than one long command."""
    failed = [pod for pod in pods if pod_view.view(pod, build_job.CONTAINER).terminated]
    if not failed or build_job.CONTEXT_CHANGED in ended.log:
        return ended
    # The log may be gone with its node, or cannot be read now: the message has its end.
    log = await container_output.read(ctx, failed[0], build_job.CONTAINER, LOG_LINES)
    return replace(ended, log=log) if log.strip() else ended


def build_ended(pods: Sequence[KubeObject]) -> Ended | None:
    """How the build ended; None until one of its pods has."""
    for pod in pods:
        end = pod_view.view(pod, build_job.CONTAINER).terminated
        if end:
            return Ended(_digest(end.message) if end.exit_code == 0 else None, end.message, end.finished_at)
    return None


def _digest(message: str) -> str | None:
    try:
        return str(json.loads(message)["containerimage.digest"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _elsewhere(ctx: Context, blueprint: Blueprint, content: Content) -> KubeObject | None:
    jobs = ctx.cache.find("Job", "content", content.hash)
    others = (job for job in jobs if not is_controlled_by(job, blueprint.uid) and not is_finished(job))
    return next((job for job in others if _builds(ctx, job, content)), None)


def _builds(ctx: Context, job: KubeObject, content: Content) -> bool:
    """Whether a Job is a blueprint's build of this content that goes on.

    A label is no proof, and a build that cannot start, as in a namespace without quota, must not hold up others.
    """
    owner, namespace = controller(job), job["metadata"]["namespace"]
    found = ctx.cache.get("Blueprint", namespace, owner["name"]) if owner else None
    if found is None or not is_controlled_by(job, found["metadata"]["uid"]):
        return False
    if job["metadata"]["name"] != build_job.job_name(found["metadata"]["name"], content.hash):
        return False
    ready = find_condition(found, ConditionType.READY)
    # While the Job is new, the condition may be that of an earlier image.
    return ready is None or ready["status"] == "True" or ready["reason"] == BlueprintReason.BUILDING


async def _ask(ctx: Context, reference: str) -> Answer:
    try:
        return await ctx.images.resolve(reference)
    except (ImageNotFound, RegistryUnavailable) as answer:
        return answer
