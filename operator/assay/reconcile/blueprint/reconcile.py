"""Blueprint: find the image of this content in the registry, else build it; report digest and configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay.api import conditions
from assay.api.blueprint import BlueprintSpec, BlueprintStatus, Build
from assay.engine.cache import Key
from assay.kube.errors import NotFound
from assay.kube.resources import CONFIG_MAPS
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import apply
from assay.reconcile.common.context import Context
from assay.reconcile.common.decision import Decision, Event
from assay.reconcile.common.objects import set_raw_condition
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.registry.image import ImageNotFound, RegistryUnavailable
from assay.specs import build_job

from . import build_log, in_use

READY = "Ready"
REGISTRY_RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a build's pod ended."""

    digest: str | None
    log: str
    finished_at: datetime | None


async def reconcile(ctx: Context, key: Key) -> float | None:
    """Bring one blueprint nearer to an image."""
    blueprint = ctx.cache.get("Blueprint", key.namespace, key.name)
    needed = in_use.dependants(ctx, blueprint) if blueprint else []
    blueprint = await in_use.guard(ctx, blueprint, needed) if blueprint else None
    if blueprint is None:
        return None
    spec = BlueprintSpec.model_validate(blueprint["spec"])
    status = BlueprintStatus.model_validate(blueprint.get("status") or {})
    if blueprint["metadata"].get("deletionTimestamp"):
        in_use.tell(blueprint, status, needed, ctx.now())
        if not needed:  # others' finalizers keep it
            return await apply(ctx, blueprint, Decision(status), blocked_condition=READY)
    if spec.image:
        decision = await _prebuilt(ctx, blueprint, spec.image, status)
    else:
        decision = await _built(ctx, blueprint, spec, status)
    return await apply(ctx, blueprint, decision, blocked_condition=READY)


async def _prebuilt(
    ctx: Context, blueprint: Mapping[str, Any], image: str, status: BlueprintStatus
) -> Decision:
    if _is_ready(blueprint, status):
        return Decision(status)  # pinned: a tag that moves does not move what runs use
    try:
        status.image = await images.of_reference(ctx, image)
    except ReferenceNotReady as missing:
        return _not_ready(ctx, blueprint, status, missing.reason, missing.message, requeue=missing.retry)
    return _ready(ctx, blueprint, status, "ImagePinned", f"{image} is {status.image.reference}")


async def _built(
    ctx: Context, blueprint: dict[str, Any], spec: BlueprintSpec, status: BlueprintStatus
) -> Decision:
    namespace, name = blueprint["metadata"]["namespace"], blueprint["metadata"]["name"]
    if not ctx.settings.registry.push:
        message = "there is no registry to push to: set settings.registry.push of the Helm chart"
        return _not_ready(ctx, blueprint, status, "RegistryNotConfigured", message)
    context: dict[str, str] | None = None
    if spec.context:
        config_map = spec.context.config_map.name
        try:
            context = build_job.context_digests(await ctx.client.get(CONFIG_MAPS, namespace, config_map))
        except NotFound:
            message = f"there is no ConfigMap {config_map} in namespace {namespace}: create it, labelled "
            message += 'assay.dev/build-context: "true"'
            return _not_ready(
                ctx, blueprint, status, "ContextNotFound", message, requeue=REGISTRY_RETRY_SECONDS
            )
    content = build_job.content(spec, context)
    if status.content_hash != content:
        status.content_hash, status.image, status.build = content, None, None
    elif _is_ready(blueprint, status) or _reason(status) == "BuildFailed":
        return Decision(status)
    job = ctx.cache.get("Job", namespace, build_job.job_name(name, content))
    ended = build_ended(ctx.cache.children("Pod", job["metadata"]["uid"])) if job else None
    if ended and ended.digest is None:
        return _failed(ctx, blueprint, status, ended)
    if ended is None and job and (died := _job_failure(job)):
        return _not_ready(ctx, blueprint, status, "BuildFailed", died, phase="Failed")
    if ended is None and job:
        return _not_ready(ctx, blueprint, status, *_progress(ctx, job), phase="Building")
    return await _find_or_build(ctx, blueprint, spec, status, context, ended)


async def _find_or_build(
    ctx: Context,
    blueprint: dict[str, Any],
    spec: BlueprintSpec,
    status: BlueprintStatus,
    context: Mapping[str, str] | None,
    ended: Ended | None,
) -> Decision:
    registry, content = ctx.settings.registry, status.content_hash or ""
    try:
        found = await ctx.images.resolve(build_job.tag(registry.push, content))
    except RegistryUnavailable as error:
        return _not_ready(
            ctx, blueprint, status, "RegistryUnavailable", str(error), requeue=REGISTRY_RETRY_SECONDS
        )
    except ImageNotFound:
        if ended:
            message = f"the build pushed {ended.digest}, and the registry does not have it"
            return _not_ready(
                ctx, blueprint, status, "ImageNotFound", message, requeue=REGISTRY_RETRY_SECONDS
            )
        return _start_build(ctx, blueprint, spec, status, context)
    status.image = images.described(build_job.digest_reference(registry, found.digest), found)
    status.build = status.build or Build(cached=True)
    if ended:
        status.build.completion_time = ended.finished_at
    return _ready(ctx, blueprint, status, "ImageReady", f"built as {found.digest}")


def _start_build(
    ctx: Context,
    blueprint: dict[str, Any],
    spec: BlueprintSpec,
    status: BlueprintStatus,
    context: Mapping[str, str] | None,
) -> Decision:
    content, uid = status.content_hash or "", blueprint["metadata"]["uid"]
    for other in ctx.cache.find("Job", "content", content):
        if not _is_over(other) and uid not in {
            o["uid"] for o in other["metadata"].get("ownerReferences") or ()
        }:
            where = f"{other['metadata']['namespace']}/{other['metadata']['name']}"
            message = f"Job {where} builds the same content"
            return _not_ready(ctx, blueprint, status, "BuildingElsewhere", message, phase="Building")
    job = build_job.job(blueprint, spec, content, context, ctx.settings)
    status.build = Build(job=job["metadata"]["name"], start_time=ctx.now())
    message = f"Job {job['metadata']['name']} builds the image"
    decision = _not_ready(ctx, blueprint, status, "Building", message, phase="Building")
    decision.create = [job]
    return decision


def build_ended(build_pods: list[dict[str, Any]]) -> Ended | None:
    """How the build ended, once one of its pods has. Pure."""
    for pod in build_pods:
        end = pod_view.view(pod, build_job.CONTAINER).terminated
        if end and end.exit_code == 0:
            return Ended(_digest(end.message), end.message, end.finished_at)
        if end:
            return Ended(None, end.message, end.finished_at)
    return None


def _digest(message: str) -> str | None:
    try:
        return str(json.loads(message)["containerimage.digest"])
    except (ValueError, KeyError, TypeError):
        return None


def _failed(ctx: Context, blueprint: Mapping[str, Any], status: BlueprintStatus, ended: Ended) -> Decision:
    if build_job.CONTEXT_CHANGED in ended.log:
        message = "the ConfigMap changed while the build started; apply the blueprint again"
        return _not_ready(ctx, blueprint, status, "ContextChanged", message, phase="Failed")
    status.build = status.build or Build()
    status.build.completion_time = ended.finished_at
    status.build.failed_step = build_log.failed_step(ended.log)
    message = build_log.failure_message(ended.log)
    decision = _not_ready(ctx, blueprint, status, "BuildFailed", message, phase="Failed")
    decision.event = Event("Warning", "BuildFailed", message)
    return decision


def _progress(ctx: Context, job: Mapping[str, Any]) -> tuple[str, str]:
    for pod in ctx.cache.children("Pod", job["metadata"]["uid"]):
        if trouble := pod_view.view(pod, build_job.CONTAINER).trouble:
            return trouble
    return "Building", f"Job {job['metadata']['name']} builds the image"


def _job_failure(job: Mapping[str, Any]) -> str | None:
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            return f"the build's Job failed: {condition.get('reason')}: {condition.get('message')}"
    return None


def _is_over(job: Mapping[str, Any]) -> bool:
    found = (job.get("status") or {}).get("conditions") or ()
    return any(c["type"] in ("Complete", "Failed") and c["status"] == "True" for c in found)


def _is_ready(blueprint: Mapping[str, Any], status: BlueprintStatus) -> bool:
    ready = conditions.find(status.conditions, READY)
    generation = blueprint["metadata"].get("generation", 1)
    return bool(ready and ready.status == "True" and status.image and ready.observed_generation == generation)


def _reason(status: BlueprintStatus) -> str | None:
    ready = conditions.find(status.conditions, READY)
    return ready.reason if ready else None


def _ready(
    ctx: Context, blueprint: Mapping[str, Any], status: BlueprintStatus, reason: str, message: str
) -> Decision:
    status.phase = "Ready"
    set_raw_condition(blueprint, status, READY, "True", reason, message, ctx.now())
    return Decision(status, event=Event("Normal", reason, message))


def _not_ready(
    ctx: Context,
    blueprint: Mapping[str, Any],
    status: BlueprintStatus,
    reason: str,
    message: str,
    *,
    phase: str = "Pending",
    requeue: float | None = None,
) -> Decision:
    status.phase = phase
    set_raw_condition(blueprint, status, READY, "False", reason, message, ctx.now())
    return Decision(status, requeue=requeue)
