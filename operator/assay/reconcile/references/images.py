"""Which image an environment means: a blueprint's, or one in a registry."""

from __future__ import annotations

from assay.api import conditions
from assay.api.blueprint import Blueprint, BlueprintImage, ImageVariable
from assay.api.condition_types import ConditionType
from assay.api.meta import RESERVED
from assay.api.reasons import ReferenceReason
from assay.clock import monotonic
from assay.reconcile.common.context import Context
from assay.reconcile.common.known_images import KnownImage
from assay.registry.image import ImageConfig, ImageNotFound, Reference, RegistryUnavailable

from .errors import ReferenceNotReady

REGISTRY_RETRY_SECONDS = 30.0
"""After how long to ask a registry again that did not answer, or did not have the image."""
RECENT_SECONDS = 600.0


def of_blueprint(ctx: Context, namespace: str, name: str) -> BlueprintImage:
    """The image that a blueprint has now. ReferenceNotReady: there is no such blueprint, or it has none yet."""
    found = ctx.cache.get("Blueprint", namespace, name)
    if found is None:
        raise ReferenceNotReady(
            ReferenceReason.BLUEPRINT_NOT_FOUND,
            f"there is no Blueprint {name} in namespace {namespace}: create it",
        )
    blueprint = Blueprint.parse(found)
    image, ready = blueprint.status.image, conditions.find(blueprint.status.conditions, ConditionType.READY)
    is_current = ready is not None and ready.observed_generation == blueprint.generation
    if not (ready and is_current and ready.status == "True" and image):
        why = f"{ready.reason}: {ready.message}" if ready else "it has not been reconciled yet"
        raise ReferenceNotReady(ReferenceReason.BLUEPRINT_NOT_READY, f"Blueprint {name} has no image: {why}")
    return image


async def of_reference(ctx: Context, reference: str) -> BlueprintImage:
    """An image in a registry, by the digest that it has now. ReferenceNotReady: the registry does not give it."""
    try:
        config = await ctx.images.resolve(reference)
    except ImageNotFound as error:
        raise ReferenceNotReady(
            ReferenceReason.IMAGE_NOT_FOUND, str(error), REGISTRY_RETRY_SECONDS
        ) from error
    except RegistryUnavailable as error:
        raise ReferenceNotReady(
            ReferenceReason.REGISTRY_UNAVAILABLE, str(error), REGISTRY_RETRY_SECONDS
        ) from error
    return described(pinned(reference, config.digest), config)


async def recent(ctx: Context, reference: str) -> BlueprintImage:
    """The same, at most RECENT_SECONDS old: for what is asked often, since registries limit requests.

    A registry that does not answer changes nothing of what is known.
    """
    known = ctx.known_images.get(reference)
    if known is not None and monotonic() - known.read_at < RECENT_SECONDS:
        return known.image
    try:
        image = await of_reference(ctx, reference)
    except ReferenceNotReady as missing:
        if known is None or missing.reason != ReferenceReason.REGISTRY_UNAVAILABLE:
            raise
        return known.image
    ctx.known_images.put(reference, KnownImage(monotonic(), image))
    return image


def pinned(reference: str, digest: str) -> str:
    """The reference, with a digest in place of its tag."""
    image = Reference.parse(reference)
    return f"{image.host}/{image.repository}@{digest}"


def described(reference: str, config: ImageConfig) -> BlueprintImage:
    """An image, and how its configuration runs it."""
    return BlueprintImage(
        reference=reference,
        user=config.user,
        working_dir=config.working_dir,
        # Names that are ours mean nothing in an image, whatever they are set to there.
        env=[ImageVariable.model_validate(one) for one in config.env if not one["name"].startswith(RESERVED)],
        entrypoint=list(config.entrypoint),
        command=list(config.command),
    )
